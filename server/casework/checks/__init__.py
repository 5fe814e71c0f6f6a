"""Checks: a project's own commands, run confined on exactly one tree, with a record of what was loaded."""

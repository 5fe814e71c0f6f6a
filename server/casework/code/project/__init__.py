"""What can be told of a project from its files: the environment it is run with, and its own commands."""

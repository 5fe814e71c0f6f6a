"""Finds what in a change need not be read line by line: moves, renames, formatting, generated and lock files.

Everything here fails closed: what can't be proven to change nothing stands in the review like any other hunk.
"""

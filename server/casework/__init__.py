"""Casework: the review and hand-over daemon for every editor."""

__version__ = "0.1.0"

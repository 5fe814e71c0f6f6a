"""Casework: the review and hand-over daemon for every editor."""

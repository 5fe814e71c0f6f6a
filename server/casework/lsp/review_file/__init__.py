"""A review as a Markdown file: written by us, edited by a human, read back strictly.

`rendering` writes it, `grammar` reads it, `shelf` keeps it on disk, `submit` turns a save into a verdict.
"""

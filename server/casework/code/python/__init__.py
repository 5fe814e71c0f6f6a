"""Python source, read and never run: what a hunk of it does, what encloses it, and which calls of it stand somewhere.

The seam for other languages: a survey asks `hunks.read_hunk` what may be taken back alone, `calls.harvest` for inputs
and `tests.read_style` how a test is written here. Another language gets a folder beside this one with the same three.
"""

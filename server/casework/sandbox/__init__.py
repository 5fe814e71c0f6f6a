"""Confinement: what stands between a foreign process and the user's machine.

`choose` looks for the best that this machine has, `bubblewrap` is that on Linux, `running` runs a command to its end
within limits, `tree` knows what lives in a box and what it has used. Not here: what a run or a check needs to see (the
core), and whether it may run at all.
"""

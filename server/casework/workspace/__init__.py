"""Git and files: which repository a path is in, what stands, what changed, worktrees, checkpoints, landing, watching.

`repositories.py` keeps the ports; the other modules are its parts, one subject each. Git and watchfiles are used
nowhere else. Not here: the journal, and every decision about what should happen.
"""

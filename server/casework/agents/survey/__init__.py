"""The agent without a model: what did the last changes do that nothing guards?

`perform` speaks for it. `engine` is the walk, over `reading` (the order), `ground` (scratch trees, bounded processes)
and `suite` (the project's own tests); `witness` finds an input on which old and new differ, `proposing` makes a test of
it, `table` is the comment. What runs in the project's own Python lies in `inside`. Not here: git, and whether the
repository is trusted.
"""

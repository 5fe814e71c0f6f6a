"""The agent without a model: what did the last changes do that nothing guards?

`perform` speaks for it; `engine` is the walk: `ground` (scratch trees and bounded processes), `suite` (the project's own
tests), `witness` (an input on which old and new differ), `writing` (the one test), `table` (the comment). What runs in
the project's own Python lies in `inside`. Not here: git, and whether the repository is trusted.
"""

"""Landing as one transaction: plan, prepare, enter, look and recover, undo. The promise stands in `ports/landing.py`.

What is not here: when a landing happens and what is journalled about it (the core), and any other git (the rest of
`workspace`). `lander.GitLander` is the front.
"""

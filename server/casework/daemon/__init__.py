"""The daemon: one instance per user, its socket, sessions, hand-over, idle exit and logs; no business rules.

Public: `casework.daemon.application` (what the application promises) and `casework.daemon.start.run_daemon`. Nothing is
imported here, because what `initialize` waits for must stay small.
"""

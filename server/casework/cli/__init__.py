"""The shell: a client of the daemon's socket like any editor. Imports the wire, never the application."""

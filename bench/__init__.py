"""Measures Casework against the simplest thing that does the same. `make bench` prints the table."""

"""What Casework is about: events, the shapes they fold into, and the rules. No I/O, no clock, no await."""

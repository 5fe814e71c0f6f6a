"""Domain in, wire views out: pure functions that say how things look to every client."""

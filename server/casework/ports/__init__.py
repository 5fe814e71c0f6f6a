"""What the core needs from the world, as Protocols; each method states its promise. No code that does anything."""

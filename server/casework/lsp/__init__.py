"""The language server: guard, sessions, methods and the floor every editor gets. Business rules are in the core."""

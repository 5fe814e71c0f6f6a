"""The messages of `casework/...`: what every client sends and gets, and the source of the TypeScript and Lua types."""

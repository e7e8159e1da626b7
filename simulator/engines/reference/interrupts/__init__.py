"""How a device says that something has come: moderation of its vector, and the way to the handler."""

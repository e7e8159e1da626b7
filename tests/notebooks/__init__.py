"""The notebooks of the course run, say nothing that was not computed, and are built alike."""

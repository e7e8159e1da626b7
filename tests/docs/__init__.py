"""What the documentation says is true, and it can be built."""

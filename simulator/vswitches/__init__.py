"""What carries packets between guests and the wire."""

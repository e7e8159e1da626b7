"""Where packets come from and go to: sources and sinks."""

"""What comes in and goes out: one module per file format, each readable with the standard library and NumPy."""

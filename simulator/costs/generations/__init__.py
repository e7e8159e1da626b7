"""One module per host: ``textbook`` and three real generations. Each has ``build() -> Host``."""

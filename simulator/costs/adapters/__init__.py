"""One module per NIC. Each has ``build() -> Nic``."""

"""Who moves packets: software in invocations, poll mode, hardware engines."""

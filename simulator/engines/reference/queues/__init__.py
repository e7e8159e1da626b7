"""Where packets stand: fifos, descriptor rings, the gates beside them, and both ends at which a worker meets them."""

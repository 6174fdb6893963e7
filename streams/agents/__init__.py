"""Floor 3: the rooms that run in a worker. Each is a thin shell around the pure core."""

"""Floor 2: everything that touches the world outside: Kafka, the clock, settings, processes."""

"""Floor 3: the same decisions on recorded readings, without Kafka."""

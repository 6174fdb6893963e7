"""Floor 1: every decision, as pure functions. The same events always give the same bytes."""

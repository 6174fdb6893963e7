"""Floor 3, beside the worker's rooms: the dead-man's switch, a process that shares no code with what it watches."""

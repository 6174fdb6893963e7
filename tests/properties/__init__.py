"""Properties that hold for every sequence of events, looked for by hypothesis."""

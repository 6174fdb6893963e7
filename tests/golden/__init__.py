"""Golden stories: events in, effects out, as files; equal byte for byte on every engine."""

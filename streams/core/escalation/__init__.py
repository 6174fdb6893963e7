"""Escalation: the life of an alert."""

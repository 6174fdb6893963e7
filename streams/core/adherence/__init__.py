"""Adherence: when readings are expected, and which are missing."""

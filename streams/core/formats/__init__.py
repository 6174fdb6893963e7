"""Formats of other systems and standards, read into our contracts."""

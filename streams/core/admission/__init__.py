"""Admission: what needs memory to decide whether an input counts."""

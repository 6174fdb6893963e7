"""Poison run: bad input among good at full speed, and every single record accounted for."""

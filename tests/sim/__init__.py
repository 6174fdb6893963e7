"""Tests of the simulation: stories that are always the same, and what has to come of them."""

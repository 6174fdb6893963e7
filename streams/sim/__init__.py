"""Simulation: people who do not exist, and what happens to them, as records that can be played anywhere."""

"""Signals: a patient's readings in the order they were measured."""

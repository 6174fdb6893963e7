"""Tests of floor 0: one file per contract."""

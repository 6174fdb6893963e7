"""Tests of floor 1: pure, fast, no mocks."""

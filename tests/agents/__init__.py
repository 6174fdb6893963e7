"""Tests of streams/agents."""

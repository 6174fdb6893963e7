"""Tests of streams.core.learning."""

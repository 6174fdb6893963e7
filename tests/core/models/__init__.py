"""Tests of streams/core/models."""

"""Tests of streams/replay/datasets."""

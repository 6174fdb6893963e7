"""Tests of streams/watchdog."""

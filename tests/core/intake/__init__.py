"""Tests of intake: what bytes, headers and record time show."""

"""Tests of formats of other systems."""

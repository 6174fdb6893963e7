"""Tests of the rules, each a pure function of what is known."""

"""Tests of replay: recorded readings and the same decisions on them."""

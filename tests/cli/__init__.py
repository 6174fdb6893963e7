"""Tests of the command line, as a person at a prompt meets it."""

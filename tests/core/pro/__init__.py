"""Tests of questionnaires: from a filled form to a colour."""

"""Questionnaires: from a filled form to one colour, and to an answer that is decided on the whole patient."""

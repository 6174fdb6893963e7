"""mypy checks each call as one of `dataclasses.replace`: unknown fields and wrong types are found."""

from dataclasses import replace as evolve

__all__ = ["evolve"]

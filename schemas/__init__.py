"""Floor 0: the contracts. What crosses a border between processes is defined here and nowhere else.

May import: the standard library, pydantic, orjson, yaml. Nothing here reads a clock, a socket or randomness.
"""

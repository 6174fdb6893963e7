"""Made: contracts that only our own typed code fills in. Making one checks names; reading one checks everything."""

from typing import Any, ClassVar

import orjson
from pydantic import BaseModel

# The four slots of every pydantic model, past its own `__setattr__`: a third of the time of going through it.
_put_content, _put_names, _put_extra, _put_private = (
    BaseModel.__dict__[slot].__set__
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)


class Made(BaseModel):
    """Base of what we write ourselves: patient events and all that we publish. Immutable, like every contract.

    mypy (with pydantic's plugin) has checked whoever makes one, argument by argument, so its values are not
    validated once more (that was a sixth of a reading's cost). `model_validate` and `model_validate_json`
    validate in full, and tests/schemas/test_made.py reads back what the core makes.
    """

    _empty: ClassVar[dict[str, Any]]
    """Every field in order, with its default; what is required stands as None until it is given."""

    _required: ClassVar[frozenset[str]]
    _all: ClassVar[set[str]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Called by pydantic once the fields are known."""
        super().__pydantic_init_subclass__(**kwargs)
        fields = cls.model_fields
        # A default that must be made anew each time is left to pydantic, as a name that is missing.
        cls._required = frozenset(n for n, field in fields.items() if field.is_required() or field.default_factory)
        cls._all = set(fields)
        cls._empty = {name: None if name in cls._required else field.get_default() for name, field in fields.items()}

    def __init__(self, /, **values: Any) -> None:
        """Take the values as they are. A missing or unknown name is refused, as pydantic would."""
        empty = self._empty
        content = {**empty, **values}
        size = len(empty)
        # Where as many are given as there are, and none is unknown, none is missing.
        if len(content) != size or (len(values) != size and not self._required <= values.keys()):
            super().__init__(**values)
            return
        _put_content(self, content)
        # Nothing ever changes these sets, so all bodies that name every field share one.
        _put_names(self, self._all if len(values) == size else set(values))
        _put_extra(self, None)
        _put_private(self, None)

    # What pydantic looks for to know that validation need not call a constructor.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # a mark on a function


def wire(body: Made, *, sparse: bool = False, **changed: Any) -> bytes:
    """Canonical bytes of a contract: sorted keys, no white space, as `dumps(body.model_dump(mode="json"))`.

    sparse: leave out what is None. changed: these fields with other values.
    """
    content = {**body.__dict__, **changed} if changed else body.__dict__
    if sparse:
        return orjson.dumps(_given(content), default=_sparse, option=orjson.OPT_SORT_KEYS)
    return orjson.dumps(content, default=_whole, option=orjson.OPT_SORT_KEYS)


def _given(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value is not None}


def _whole(part: Made) -> dict[str, Any]:
    return part.__dict__


def _sparse(part: Made) -> dict[str, Any]:
    return _given(part.__dict__)

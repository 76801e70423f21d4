"""NamedTuple for what an installed program imports as it starts: typing.NamedTuple, without the import of typing.

`import typing` brings the regular expressions with it and costs more than loading a BPF program. To a type checker the
two are the same thing; where start-up time does not matter, use typing's.
"""

from __future__ import annotations

__all__ = ["TYPE_CHECKING", "NamedTuple"]

TYPE_CHECKING = False  # what type checkers take for true
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from collections import namedtuple

    _OWN = frozenset({"__module__", "__qualname__", "__annotations__", "__doc__", "__classcell__"})

    class _Meta(type):
        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = list(body.get("__annotations__", ()))
            given = [field for field in fields if field in body]
            if fields[len(fields) - len(given) :] != given:
                raise TypeError(f"{name}: a field without a default follows one with a default")
            made = namedtuple(name, fields, defaults=[body[field] for field in given], module=body["__module__"])
            made.__doc__ = body.get("__doc__")
            made.__annotations__ = body.get("__annotations__", {})
            for key, value in body.items():
                if key not in _OWN and key not in fields:
                    setattr(made, key, value)
            return made

    class NamedTuple(metaclass=_Meta):
        """Base of a class whose annotations name its fields, as with typing.NamedTuple."""

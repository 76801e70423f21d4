"""NamedTuple for what an installed program imports as it starts: typing.NamedTuple, without its costs.

`import typing` brings the regular expressions with it, and typing's named tuples are compiled from text: together that
takes longer than loading a BPF program. To a type checker the two are the same thing; where start-up time does not
matter, use typing's.
"""

from __future__ import annotations

__all__ = ["TYPE_CHECKING", "NamedTuple"]

TYPE_CHECKING = False  # what type checkers take for true
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    from _collections import _tuplegetter  # what collections.namedtuple makes its fields of

    class _Meta(type):
        def __new__(cls, name, bases, body):
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body.pop(field) for field in fields if field in body}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default follows one with a default")
            body |= {field: _tuplegetter(number, "") for number, field in enumerate(fields)}
            body |= {"__slots__": (), "_fields": fields, "__match_args__": fields, "_field_defaults": defaults}
            body |= {key: value for key, value in _METHODS.items() if key not in body}
            return type.__new__(type, name, (tuple,), body)

    class NamedTuple(metaclass=_Meta):
        """Base of a class whose annotations name its fields, as with typing.NamedTuple."""

    def _new(cls, *values, **named):
        fields = cls._fields
        if named or len(values) != len(fields):
            given = dict(zip(fields, values, strict=False))
            twice = named.keys() & given.keys()
            unknown = named.keys() - set(fields)
            made = cls._field_defaults | given | named
            if twice or unknown or len(values) > len(fields) or len(made) != len(fields):
                wrong = sorted(twice | unknown | (set(fields) - made.keys())) or [f"{len(values)} values"]
                raise TypeError(f"{cls.__name__} takes {', '.join(fields)}; wrong: {', '.join(wrong)}")
            values = [made[field] for field in fields]
        return tuple.__new__(cls, values)

    def _shown(self):
        fields = zip(self._fields, self, strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in fields)})"

    _METHODS = {
        "__new__": _new,
        "__repr__": _shown,
        "__getnewargs__": lambda self: tuple(self),  # noqa: PLW0108 — a type is no method
        "_asdict": lambda self: dict(zip(self._fields, self, strict=True)),
        "_replace": lambda self, **named: type(self)(**(self._asdict() | named)),
        "_make": classmethod(lambda cls, values: cls(*values)),
    }

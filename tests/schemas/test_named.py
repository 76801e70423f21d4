"""Our light NamedTuple does what typing's does."""

from __future__ import annotations

import copy
import pickle
import typing
from typing import Any

import pytest
from ebpfhub.schemas.named import NamedTuple


class Light(NamedTuple):
    """One of ours."""

    name: str
    size: int = 4
    more: tuple[int, ...] = ()

    @property
    def double(self) -> int:
        """Twice the size."""
        return 2 * self.size

    @classmethod
    def of(cls, name: str) -> Light:
        """One with defaults."""
        return cls(name)


class Heavy(typing.NamedTuple):
    """One of theirs."""

    name: str
    size: int = 4
    more: tuple[int, ...] = ()


@pytest.mark.parametrize("kind", [Light, Heavy])
def test_fields_and_defaults(kind: Any) -> None:
    made = kind("a", more=(1,))
    assert (made.name, made.size, made.more) == made == ("a", 4, (1,))
    assert repr(made) == f"{kind.__name__}(name='a', size=4, more=(1,))"
    assert made._replace(size=8) == kind("a", 8, (1,)) and isinstance(made._replace(size=8), kind)
    assert made._asdict() == {"name": "a", "size": 4, "more": (1,)}
    assert kind._fields == ("name", "size", "more") and kind._field_defaults == {"size": 4, "more": ()}
    assert kind._make(("b", 1, ())) == kind("b", 1)
    assert hash(made) == hash(("a", 4, (1,)))
    match made:
        case kind(name, size):
            assert (name, size) == ("a", 4)


@pytest.mark.parametrize("kind", [Light, Heavy])
def test_wrong_calls_are_type_errors(kind: Any) -> None:
    wrong: list[tuple[tuple[Any, ...], dict[str, Any]]]
    wrong = [((), {}), (("a", 1, (), 2), {}), (("a",), {"name": "b"}), (("a",), {"nosuch": 1})]
    for arguments, named in wrong:
        with pytest.raises(TypeError):
            kind(*arguments, **named)
    with pytest.raises(AttributeError):
        kind("a").name = "b"
    with pytest.raises((TypeError, ValueError)):
        kind("a")._replace(nosuch=1)


def test_methods_copies_and_pickles() -> None:
    made = Light.of("a")
    assert made.double == 8
    assert copy.deepcopy(made) == copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    assert isinstance(pickle.loads(pickle.dumps(made)), Light)


def test_a_default_before_a_field_without_one_is_refused() -> None:
    with pytest.raises(TypeError, match="without a default"):

        class Wrong(NamedTuple):
            size: int = 4
            name: str  # type: ignore[misc]

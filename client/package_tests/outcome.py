"""What came of one test, and how it is told: to people elsewhere (report.py), to other programs as JSON.

A guest tells its outcomes over a serial port, where a package's commands can write too: they are read as untrusted.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...schemas.package_tests import MAX_EXPECTED, MAX_TEST_NAME_CHARS

MAX_OUTCOME_BYTES = 256 * 1024
MAX_TEXT_CHARS = 4096  # of a sentence
MAX_OUTPUT_CHARS = 8192  # that are kept of the end of what a trigger or program printed
MAX_DIFFERENCES = 64
_MAX_MILLISECONDS = 24 * 3600 * 1000


class State(StrEnum):
    """`lacking`: this kernel lacks what the test needs, and the package says that this is no failure."""

    OK = "ok"
    FAILED = "failed"
    LACKING = "lacking"


class Unmet(NamedTuple):
    """Something expected that did not come: how often it did, the nearest thing as JSON, and what differs in that."""

    expected: str
    came: int
    nearest: str = ""
    differs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {**self._asdict(), "differs": list(self.differs)}


class Outcome(NamedTuple):
    """How a test ended, and after how many `seconds`; `why` it is not ok, and what the trigger and program printed."""

    name: str
    state: State
    seconds: float
    why: str = ""
    unmet: tuple[Unmet, ...] = ()
    trigger_output: str = ""
    program_output: str = ""

    @classmethod
    def parse(cls, raw: bytes, *, where: str = "outcome") -> Outcome:
        """Read an outcome as to_json() has it. Raises: BadInput."""
        fields = Fields(decode_json(raw, limit=MAX_OUTCOME_BYTES, where=where), where)
        state = fields.text("state", limit=16)
        if state not in set(State):
            raise BadInput(f"{state!r} is no state of a test", where=fields.at("state"))
        return cls(
            fields.text("name", limit=MAX_TEST_NAME_CHARS),
            State(state),
            fields.integer("milliseconds", high=_MAX_MILLISECONDS) / 1000,
            fields.text("why", limit=MAX_TEXT_CHARS),
            tuple(_unmet(item) for item in fields.maps("unmet", limit=MAX_EXPECTED)),
            fields.text("trigger_output", limit=MAX_OUTPUT_CHARS),
            fields.text("program_output", limit=MAX_OUTPUT_CHARS),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        made = {"name": self.name, "state": self.state.value, "milliseconds": round(1000 * self.seconds)}
        texts = {name: getattr(self, name) for name in ("why", "trigger_output", "program_output")}
        return made | texts | {"unmet": [item.to_json() for item in self.unmet]}


def _unmet(fields: Fields) -> Unmet:
    return Unmet(
        fields.text("expected", limit=MAX_TEXT_CHARS),
        fields.integer("came"),
        fields.text("nearest", limit=MAX_TEXT_CHARS),
        tuple(fields.texts("differs", count=MAX_DIFFERENCES, limit=MAX_TEXT_CHARS)),
    )

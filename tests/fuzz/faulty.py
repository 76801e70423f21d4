"""Targets that do what none may do, each on one input in a few: for tests that the fuzzer sees it."""

from __future__ import annotations

import ctypes

from ebpfhub.schemas.errors import NotFound

from .target import Target

SEED = b"a valid input with an X in it"


def _has_no_x(data: bytes) -> bool:
    return b"X" not in data


def _raises(data: bytes) -> None:
    if _has_no_x(data):
        raise KeyError(data)


def _grows(data: bytes) -> None:
    if _has_no_x(data):
        bytearray(1 << 30)


def _crashes(data: bytes) -> None:
    if _has_no_x(data):
        ctypes.string_at(1)


def _loops(data: bytes) -> None:
    while _has_no_x(data):
        pass


def _wanders(data: bytes) -> None:
    if _has_no_x(data):
        raise NotFound("another error of the family")


def _seeds() -> list[bytes]:
    return [SEED]


FAULTY: dict[str, Target] = {
    "raises": Target(_raises, _seeds),
    "grows": Target(_grows, _seeds),
    "crashes": Target(_crashes, _seeds),
    "loops": Target(_loops, _seeds),
    "wanders": Target(_wanders, _seeds),
}

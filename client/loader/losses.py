"""Lost records while a program runs: counted now and then, told when there are more, at most every few seconds.

It costs a look at the clock for each batch of records, and an idle program is never woken for it. On the quick path:
imports stay few.
"""

from __future__ import annotations

import time

from ...schemas.named import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_SECONDS = 0.25  # between two counts
TELL_SECONDS = 3.0  # between two tellings
NEVER = float("inf")


class Losses:
    """What `count` gives, told to `tell` as it grows; a Ticker of events.py for what is still to be told."""

    def __init__(
        self, count: Callable[[], int], tell: Callable[[int], object], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._count, self._tell, self._clock = count, tell, clock
        self._told = 0
        self._next = self._quiet_until = 0.0
        self.due = NEVER

    def look(self) -> None:
        """Count if it is time to, and tell if there are more; called after each batch. Raises: what `tell` raises."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + LOOK_SECONDS
        lost = self._count()
        if lost <= self._told:
            self.due = NEVER
        elif now < self._quiet_until:
            self.due = max(self._quiet_until, self._next)
        else:
            self._told = lost
            # once more, for what is lost until then by a program that is quiet afterwards
            self._quiet_until = self.due = now + TELL_SECONDS
            self._tell(lost)

    tick = look

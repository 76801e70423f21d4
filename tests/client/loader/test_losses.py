"""What is lost is told while a program runs: each time more than before, not too often, and no idle program is woken."""

from __future__ import annotations

from itertools import pairwise

from ebpfhub.client.loader.losses import LOOK_SECONDS, NEVER, TELL_SECONDS, Losses
from hypothesis import given
from hypothesis import strategies as st

ROUNDING = 1e-6
STEPS = st.lists(st.tuples(st.floats(0, 2 * TELL_SECONDS), st.integers(0, 3)), max_size=40)


class Run:
    """A run whose clock and count a test moves."""

    def __init__(self) -> None:
        self.now, self.count = 1000.0, 0
        self.told: list[tuple[float, int]] = []
        self.losses = Losses(
            lambda: self.count, lambda lost: self.told.append((self.now, lost)), clock=lambda: self.now
        )

    def step(self, seconds: float, lost: int) -> None:
        """Time passes, records are lost, and a batch comes; on the way it is woken when it asked for that."""
        end = self.now + seconds
        while self.losses.due <= end:
            self.now = self.losses.due
            self.losses.tick()
            assert self.losses.due > self.now, "it would be woken again and again"
        self.now, self.count = end, self.count + lost
        self.losses.look()


@given(STEPS)
def test_tellings_grow_and_are_some_seconds_apart(steps: list[tuple[float, int]]) -> None:
    run = Run()
    for seconds, lost in steps:
        run.step(seconds, lost)
    counts, times = [lost for _, lost in run.told], [time for time, _ in run.told]
    assert counts == sorted(set(counts)) and 0 not in counts
    assert all(after - before > TELL_SECONDS - ROUNDING for before, after in pairwise(times))


@given(STEPS)
def test_in_the_end_all_that_a_batch_brought_to_light_is_told(steps: list[tuple[float, int]]) -> None:
    run = Run()
    for seconds, lost in steps:
        run.step(max(seconds, LOOK_SECONDS), lost)
    for _ in range(2):  # a look for what the last batch brought; then nothing new
        run.step(10 * TELL_SECONDS, 0)
    assert [lost for _, lost in run.told][-1:] == ([run.count] if run.count else [])
    assert run.losses.due == NEVER


def test_the_first_loss_is_told_at_once() -> None:
    run = Run()
    run.losses.look()
    assert run.losses.due == NEVER
    run.step(LOOK_SECONDS, 12)
    assert run.told == [(run.now, 12)]

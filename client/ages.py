"""How old somebody's word on a log may be: fresh, stale, which is said, or expired, which is refused. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from ..schemas.errors import NotTrusted

CLOCK_SECONDS = 600  # that clocks may differ


@dataclass(frozen=True, slots=True)
class Ages:
    """The two limits (seconds), and the time now (Unix seconds)."""

    max_age: int
    expire_age: int
    now: int

    def judge(self, at: int, *, who: str, check: str = "age") -> tuple[str, str]:
        """Evidence on the word that `who` gave at `at`, and a warning when it is stale. Raises: NotTrusted."""
        age = self.now - at
        if age < -CLOCK_SECONDS:
            raise NotTrusted(
                f"{who} vouched for the checkpoint {ago(-age)} in the future",
                check=check,
                todo="Is this machine's clock right?",
            )
        age = max(0, age)
        words = f"{who} vouched for it {ago(age)} ago"
        if age > self.expire_age:
            raise NotTrusted(
                f"{words}; after {ago(self.expire_age)} it is refused",
                check=check,
                todo="Ask a server that is up to date, or import a newer archive.",
            )
        return words, f"stale: {words}; newer releases and withdrawals may exist" if age > self.max_age else ""


def ago(seconds: int) -> str:
    """A length of time for people."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return "1 second" if seconds == 1 else f"{seconds} seconds"

"""What can be done to a repository, in the words of the Distribution's token specification, and what each needs."""

from __future__ import annotations

from enum import StrEnum

from ..accounts.rights import PUBLISHING, READING, Needs


class Action(StrEnum):
    """An action on a repository."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"

    @property
    def needs(self) -> Needs:
        """Role and scope that it needs."""
        return READING if self is Action.PULL else PUBLISHING

"""The table of targets: each parser of untrusted bytes on the way of a package to its run."""

from __future__ import annotations

from .kernel_types import KERNEL_TYPES
from .logins import LOGINS
from .objects import OBJECTS
from .packages import PACKAGES
from .signatures import SIGNATURES
from .target import Target
from .texts import TEXTS

TARGETS: dict[str, Target] = {**OBJECTS, **KERNEL_TYPES, **PACKAGES, **SIGNATURES, **LOGINS, **TEXTS}

"""The list of packages names all that there are, as they describe themselves."""

from __future__ import annotations

import json
from pathlib import Path

import ebpfhub

EXAMPLES = Path(ebpfhub.__path__[0]) / "examples"


def test_every_package_is_listed_with_its_own_description() -> None:
    packages = {path.parent.name: json.loads(path.read_text()) for path in EXAMPLES.glob("*/config.json")}
    listed = (EXAMPLES / "README.md").read_text().splitlines()
    rows = {f"| [{name}]({name}/README.md) | {config['description']} |" for name, config in packages.items()}
    assert rows == {line for line in listed if line.startswith("| [")}
    assert len(rows) >= 25


def test_every_package_says_what_it_is_for_and_what_it_may_be_used_under() -> None:
    for path in EXAMPLES.glob("*/config.json"):
        assert json.loads(path.read_text())["license"], path
        assert (path.parent / "README.md").is_file(), path

"""docs/attacks.md names tests that exist, and every attack that targets list is among them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import ebpfhub
import pytest

from .documents import DOCS

ROOT = Path(ebpfhub.__path__[0])
TEXT = (DOCS / "attacks.md").read_text()
ROWS = [row.strip("|").split(" | ") for row in TEXT.splitlines() if row.startswith("| ") and "::" in row]
LISTED = (
    "changed byte of a blob", "changed manifest", "swapped answer", "older view", "hidden release", "forked log",
    "restored backup", "forged entry", "forced transfer", "tag moved back", "relabelled version", "short-name confusion",
    "forged receipt", "foreign identity", "expired certificate", "revoked signer", "bundle of another package", "zip bomb",
    "path traversal", "links and devices in tars", "huge and endless answers", "slow loris", "replayed order",
)  # fmt: skip


@pytest.mark.parametrize("named", sorted(set(re.findall(r"`([\w/.]+\.py::\w+)`", TEXT))))
def test_named_test_exists(named: str) -> None:
    file, _, name = named.partition("::")
    tree = ast.parse((ROOT / file).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_row_tells_attack_test_and_message() -> None:
    assert len(ROWS) > 50
    for row in ROWS:
        assert len(row) == 3 and all(cell.strip() for cell in row), row


@pytest.mark.parametrize("attack", LISTED)
def test_attack_is_in_the_table(attack: str) -> None:
    assert any(attack in row[0] for row in ROWS)

"""`ecli.toml`'s rules against a real hub: each demand refuses in its own words, and ends what was decided without it."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import ebpfhub.client.library as library
import pytest
from ebpfhub.schemas.errors import NotTrusted

from ..hubs import ADMIN, Ecli
from .machine import refused, with_env

RULE = '[[rule]]\nnames = "hub.test/library/*"\n'


@pytest.fixture
def home(installed: Ecli, tmp_path: Path) -> Ecli:
    """A user with opensnoop installed, to whom a policy is given."""
    return Ecli(Path(shutil.copytree(installed.home, tmp_path / "home")))


def demand(ecli: Ecli, text: str) -> None:
    (ecli.home / "ecli.toml").write_text(RULE + text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('domain = "public"', "signed in the trust domain hub, and the policy demands public"),
        (
            'issuer = "https://accounts.example.org"',
            "its signer is one of http.*/sigstore/oidc, and the policy demands",
        ),
        ('identity = "*@example.net"', rf"signed by {ADMIN}, and the policy demands \*@example.net"),
    ],
)
def test_a_signer_other_than_the_policy_s_is_refused_by_every_command(home: Ecli, text: str, says: str) -> None:
    demand(home, text)
    for words in (("run", "opensnoop"), ("pull", "opensnoop"), ("verify", "opensnoop"), ("inspect", "opensnoop")):
        assert "ecli.toml:1" in refused(home, *words, kind="not-trusted", says=says)
    told = json.loads(home.run("verify", "opensnoop", "--json", expect=4).stdout)
    assert (told["verified"], told["check"]) == (False, "policy")
    with pytest.raises(NotTrusted, match=says):
        library.run("opensnoop", home=home.home, timeout=1)


def test_what_the_policy_demands_stands_in_the_evidence(home: Ecli) -> None:
    demand(home, f'domain = "hub"\nidentity = ["{ADMIN}", "ci@*"]\nmax_age_hours = 1\n')
    checks = {item["name"]: item["evidence"] for item in home.json("verify", "opensnoop")["checks"]}
    assert checks["policy"].endswith("ecli.toml:1")
    home.run("run", "--timeout", "10ms", "opensnoop")


def test_a_package_file_and_a_mirrored_name_are_judged_by_the_same_rules(exported: Path, home: Ecli) -> None:
    demand(home, 'identity = "*@example.net"\n')
    refused(home, "verify", exported, kind="not-trusted", says="signed by")
    refused(home, "run", exported, kind="not-trusted", says="signed by")


def test_a_policy_ends_what_was_decided_before_it(home: Ecli) -> None:
    for _ in range(2):  # the second starts by a plan
        home.run("run", "--timeout", "10ms", "opensnoop")
    demand(home, 'identity = "*@example.net"\n')
    refused(home, "run", "opensnoop", kind="not-trusted", says="signed by")
    (home.home / "ecli.toml").unlink()
    home.run("run", "--timeout", "10ms", "opensnoop")


def test_permissions_are_denied_by_name(home: Ecli) -> None:
    demand(home, 'deny = "observes:files"\n')
    for words in (("run", "opensnoop"), ("pull", "opensnoop"), ("verify", "opensnoop")):
        refused(home, *words, kind="denied", says=r"rule at .*ecli.toml:1 denies what it may do: observes:files")
    told = json.loads(home.run("verify", "opensnoop", "--json", expect=None).stdout)
    assert (told["verified"], told["check"]) == (False, "permissions")
    (home.home / "ecli.toml").write_text('[[rule]]\nnames = "other.test/*/*"\ndeny = "observes:files"\n')
    home.run("run", "--timeout", "10ms", "opensnoop")


def test_what_no_rule_names_is_refused_where_the_policy_says_so(home: Ecli) -> None:
    (home.home / "ecli.toml").write_text('[policy]\nunnamed = false\n\n[[rule]]\nnames = "other.test/*/*"\n')
    refused(
        home, "run", "opensnoop", kind="not-trusted", says="no rule of the policy is for hub.test/library/opensnoop"
    )


def test_the_policy_is_checked_and_shown(home: Ecli) -> None:
    demand(home, f'identity = "{ADMIN}"\nmax_age_hours = 6\n')
    said = home.run("trust", "policy", "check", "opensnoop", "hub.test/other/x").stdout
    assert f"valid: {home.home}/ecli.toml" in said
    assert f"    identity    {ADMIN}" in said
    assert "hub.test/other/x" in said
    assert "  rule        none" in said
    told = home.json("trust", "policy", "check", "opensnoop")
    assert told["names"]["hub.test/library/opensnoop"]["max_age_seconds"] == 6 * 3600
    assert told["max_age_seconds"] == 24 * 3600
    demand(home, 'identty = "x"\n')
    for words in (("trust", "policy", "check"), ("run", "opensnoop"), ("verify", "opensnoop")):
        refused(home, *words, kind="bad-input", says=r"ecli.toml:3: rule\[0\] has the unknown field 'identty'")


def editor(home: Ecli, folder: Path, code: str) -> Ecli:
    """An editor that does to the file what `code` says, to its `text`."""
    script = folder / "editor.py"
    script.write_text(
        f"import sys, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text()\n{code}\npath.write_text(text)\n"
    )
    return with_env(home, EDITOR=f"{sys.executable} {script}", VISUAL="")


def test_editing_begins_with_an_example_and_replaces_only_what_is_valid(home: Ecli, tmp_path: Path) -> None:
    path = home.home / "ecli.toml"
    same = editor(home, tmp_path, "assert '# [[rule]]' in text")
    assert "was not changed" in same.run("trust", "policy", "edit").stdout
    assert not path.exists()
    good = editor(home, tmp_path, "text = text.replace('# max_age_hours = 24 ', 'max_age_hours = 7 ')")
    assert "is your policy now" in good.run("trust", "policy", "edit").stdout
    assert path.stat().st_mode & 0o777 == 0o600
    assert home.json("trust", "policy", "check")["max_age_seconds"] == 7 * 3600
    before = path.read_bytes()
    bad = editor(home, tmp_path, "text += '[[rule]]\\n'")
    said = refused(bad, "trust", "policy", "edit", kind="bad-input", says=r"ecli.toml:\d+: rule\[0\].names")
    assert f"your text is in {path}.refused" in said.replace("\n", " ")
    assert path.read_bytes() == before
    assert path.with_name("ecli.toml.refused").read_bytes().startswith(before)
    for failing in (editor(home, tmp_path, "sys.exit(3)"), with_env(home, EDITOR="/nonexistent", VISUAL="")):
        failing.run("trust", "policy", "edit", expect=None)
        assert path.read_bytes() == before
    assert not list(home.home.glob(".policy-*"))

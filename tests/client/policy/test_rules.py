"""Rules of ecli.toml: which names they are for, what they demand, that they only narrow, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.home import Home
from ebpfhub.client.policy.demands import check_signer
from ebpfhub.client.policy.rule import Rule
from ebpfhub.client.settings import DAY, Settings, load_settings
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.schemas.identity import Identity
from hypothesis import given
from hypothesis import strategies as st

NAME = "hub.test/library/opensnoop"
ANN = Identity("acme", "https://login.test", "ann@example.org")


def loaded(folder: Path, user: str = "", machine: str = "") -> Settings:
    for path, text in ((folder / "user", user), (folder / "machine", machine)):
        path.mkdir(exist_ok=True)
        (path / "ecli.toml").write_text(text)
    return load_settings(Home(folder / "user", folder / "machine"))


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        (NAME, True),
        ("*/*/*", True),
        ("hub.test/library/*", True),
        ("hub.test/lib*/open*", True),
        ("hub.test/library/opensnoo", False),
        ("hub.test/library/opensnoop*", True),
        ("*.test/*/opensnoop", True),
        ("*/opensnoop/*", False),
        ("other.test/library/*", False),
        ("oci://hub.test/library/opensnoop", False),
    ],
)
def test_a_rule_is_for_the_names_that_its_patterns_match(pattern: str, matches: bool) -> None:
    assert Rule("it", (pattern,)).matches(NAME) is matches


@given(st.text(alphabet="ab*/.", max_size=40), st.text(alphabet="ab/.", max_size=200))
def test_no_pattern_crosses_a_slash_or_takes_long(pattern: str, name: str) -> None:
    if Rule("it", (pattern,)).matches(name):
        assert pattern.count("/") == name.count("/")


@pytest.mark.parametrize(
    ("demand", "says"),
    [
        ('domain = "acme"', ""),
        ('domain = "public"', "signed in the trust domain acme, and the policy demands public"),
        ('issuer = "https://login.test"', ""),
        ('issuer = ["https://a.test", "https://b.test"]', "one of https://login.test.*demands https://a.test or https"),
        ('identity = ["bob@example.org", "*@example.org"]', ""),
        ('identity = "bob@*"', "signed by ann@example.org, and the policy demands bob@"),
    ],
)
def test_each_demand_on_the_signer_is_made(tmp_path: Path, demand: str, says: str) -> None:
    settings = loaded(tmp_path, f'\n[[rule]]\nnames = "hub.test/*/*"\n{demand}\n').about(NAME)
    if not says:
        (check,) = check_signer(NAME, ANN, settings)
        assert check.evidence.endswith("ecli.toml:2")
        return
    with pytest.raises(NotTrusted, match=says) as refused:
        check_signer(NAME, ANN, settings)
    assert refused.value.check == "policy"
    assert refused.value.where.endswith("ecli.toml:2")


def test_all_rules_that_match_hold_whoever_wrote_them(tmp_path: Path) -> None:
    user = '[[rule]]\nnames = "*/*/*"\nidentity = "*@example.org"\nmax_age_hours = 2\n'
    machine = '[[rule]]\nnames = "hub.test/*/*"\nidentity = "bob@*"\nexpire_age_days = 3\n'
    settings = loaded(tmp_path, user, machine)
    about = settings.about(NAME)
    assert (about.max_age, about.expire_age) == (7200, 3 * DAY)
    with pytest.raises(NotTrusted, match=r"machine/ecli\.toml:1"):
        check_signer(NAME, ANN, about)
    other = settings.about("other.test/library/x")
    assert (other.max_age, other.expire_age) == (7200, 90 * DAY)
    assert check_signer("other.test/library/x", ANN, other)


def test_a_rule_cannot_lengthen_an_age(tmp_path: Path) -> None:
    text = '[policy]\nmax_age_hours = 1\n[[rule]]\nnames = "*/*/*"\nmax_age_hours = 50\nexpire_age_days = 500\n'
    about = loaded(tmp_path, text).about(NAME)
    assert (about.max_age, about.expire_age) == (3600, 90 * DAY)


def test_a_user_s_rule_allows_nothing_where_the_machine_speaks(tmp_path: Path) -> None:
    user = '[[rule]]\nnames = "*/*/*"\nallow = "changes"\ndeny = "persists"\n'
    alone = loaded(tmp_path, user).about(NAME)
    assert [policy.allow for policy in alone.policies] == [("changes",)]
    machine = '[[rule]]\nnames = "hub.test/*/*"\ndeny = "observes:network"\n'
    both = loaded(tmp_path, user, machine).about(NAME)
    assert [policy.allow for policy in both.policies] == [(), ()]
    assert [policy.deny for policy in both.policies] == [("observes:network",), ("persists",)]


def test_what_no_rule_names_can_be_refused(tmp_path: Path) -> None:
    settings = loaded(tmp_path, '[[rule]]\nnames = "hub.test/library/*"\n', "[policy]\nunnamed = false\n")
    assert check_signer(NAME, ANN, settings.about(NAME))
    with pytest.raises(NotTrusted, match=r"no rule of the policy is for hub\.test/other/x"):
        check_signer("hub.test/other/x", ANN, settings.about("hub.test/other/x"))


def test_without_a_file_nothing_more_is_demanded(tmp_path: Path) -> None:
    settings = load_settings(Home(tmp_path / "user", tmp_path / "machine"))
    assert settings.about(NAME) is settings
    assert check_signer(NAME, ANN, settings) == ()


def test_the_digest_changes_with_everything_that_a_rule_stands_on(tmp_path: Path) -> None:
    text = '[[rule]]\nnames = "*/*/*"\ndomain = "acme"\nquorum = "w.txt"\n'
    (tmp_path / "user").mkdir()
    quorum, root = tmp_path / "user" / "w.txt", tmp_path / "user" / "domains" / "acme.json"
    quorum.write_text("quorum none\n")
    seen = [loaded(tmp_path, text).digest]
    quorum.write_text("# changed\nquorum none\n")
    seen.append(loaded(tmp_path, text).digest)
    root.parent.mkdir()
    root.write_text("{}")
    seen.append(loaded(tmp_path, text).digest)
    root.write_text("{ }")
    seen.append(loaded(tmp_path, text).digest)
    seen.append(loaded(tmp_path, text + "max_age_hours = 1\n").digest)
    assert len(set(seen)) == 5
    assert set(loaded(tmp_path, text).inputs) >= {str(quorum), str(root)}


MISTAKES = [
    ("rule = 1", "ecli.toml:1: rule must be a list"),
    ("[policy]\nunsigned = true\nunnamd = true\n", "ecli.toml:3: policy has the unknown field 'unnamd'"),
    ("[policy]\nmax_age_hours = -1\n", "ecli.toml:2: policy.max_age_hours must be an integer from 0"),
    ("[[rule]]\n", "ecli.toml:1: rule[0].names says for which packages"),
    ('[[rule]]\nnames = "*/*/*"\n\n[[rule]]\nnames = "opensnoop"\n', "ecli.toml:5: rule[1].names 'opensnoop' is no"),
    ('[[rule]]\nnames = "*/*/*"\n[[rule]]\nnames = "a/b/c"\nidentty = "x"\n', "ecli.toml:5: rule[1] has the unknown"),
    ('[[rule]]\nnames = "*/*/*"\nidentity = "*"\n', "ecli.toml:3: rule[0].identity would match anybody"),
    ('[[rule]]\nnames = "*/*/*"\nissuer = []\n', "ecli.toml:3: rule[0].issuer is empty"),
    ('[[rule]]\nnames = "*/*/*"\ndomain = "A B"\n', "ecli.toml:3: rule[0].domain 'A B' is not a trust domain"),
    ('[[rule]]\nnames = "*/*/*"\ndeny = "changs"\n', "ecli.toml:3: rule[0].deny 'changs' is no permission"),
    ('[[rule]]\nnames = "*/*/*"\nquorum = "none.txt"\n', "ecli.toml:3: rule[0].quorum cannot read"),
    ('[[rule]]\nnames = "*/*/*"\nquorum = "bad.txt"\n', "bad.txt:1: 'quorm' is no line of a policy"),
    ("[policy\n", "this is not TOML: "),
]


@pytest.mark.parametrize(("text", "says"), MISTAKES)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "bad.txt").write_text("quorm\n")
    with pytest.raises(BadInput) as refused:
        loaded(tmp_path, text)
    assert says in str(refused.value)

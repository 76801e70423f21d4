"""C2SP tlog-policy files: what they may say, whose cosignatures they ask for, and since when a quorum holds."""

from __future__ import annotations

import pytest
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.signing.notes import COSIGNATURE, ED25519, Checkpoint, Note, SignerKey
from ebpfhub.signing.quorum import MAX_DEFINED, Cosigned, TlogPolicy
from hypothesis import given
from hypothesis import strategies as st

LOG = SignerKey.generate("hub.test")
KEYS = {name: SignerKey.generate(f"{name}.test", COSIGNATURE) for name in ("x1", "x2", "x3", "y1", "y2")}
WITNESSES = "".join(f"witness {name} {key.verifier}\n" for name, key in KEYS.items())
EXAMPLE = f"""# the example of the specification, with fewer witnesses
log {LOG.verifier}

{WITNESSES}
\tgroup X-witnesses 2 x1 x2 x3
group Y-witnesses any y1 y2 \t
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""
BODY = Checkpoint("hub.test", 7, bytes(32)).body


def checkpoint(**times: int) -> Note:
    note = Note.sign(BODY, LOG)
    for name, time in times.items():
        note = note.with_signature(KEYS[name].sign(BODY, time=time))
    return note


def policy(text: str) -> TlogPolicy:
    return TlogPolicy.parse(text.encode(), where="witnesses.txt")


@pytest.mark.parametrize(
    ("times", "since"),
    [
        ({"x1": 100, "x2": 90, "y1": 95}, 90),
        ({"x1": 100, "x2": 90, "x3": 99, "y1": 95}, 95),
        ({"x1": 100, "x3": 99, "y1": 10, "y2": 98}, 98),
    ],
)
def test_a_quorum_holds_since_the_last_that_it_needs_cosigned(times: dict[str, int], since: int) -> None:
    found = policy(EXAMPLE).judge(checkpoint(**times), log=LOG.verifier)
    assert found == Cosigned(len(times), since)


@pytest.mark.parametrize("times", [{}, {"x1": 1, "y1": 1}, {"x1": 1, "x2": 1, "x3": 1}, {"y1": 1, "y2": 1}])
def test_too_few_cosignatures_are_no_quorum(times: dict[str, int]) -> None:
    with pytest.raises(NotTrusted, match=r"lacks the quorum 'X-and-Y': \d of its 5 witnesses") as refused:
        policy(EXAMPLE).judge(checkpoint(**times), log=LOG.verifier)
    assert refused.value.check == "quorum"


def test_a_wrong_cosignature_of_a_known_witness_refuses_the_note() -> None:
    other = Checkpoint("hub.test", 8, bytes(32)).body
    note = checkpoint(x1=1, x2=1, y1=1).with_signature(KEYS["x3"].sign(other, time=1))
    with pytest.raises(NotTrusted, match="signature by x3"):
        policy(EXAMPLE).judge(note, log=LOG.verifier)


def test_a_key_of_the_same_name_that_the_policy_does_not_name_counts_for_nothing() -> None:
    forged = SignerKey.generate("x1.test", COSIGNATURE)
    note = checkpoint(x2=1, y1=1).with_signature(forged.sign(BODY, time=1))
    with pytest.raises(NotTrusted, match="without 'x1', 'x3', 'y2'"):
        policy(EXAMPLE).judge(note, log=LOG.verifier)


def test_a_log_that_the_policy_does_not_name_is_refused() -> None:
    other = SignerKey.generate("hub.test").verifier
    with pytest.raises(NotTrusted, match="none that the policy names"):
        policy(EXAMPLE).judge(checkpoint(x1=1, x2=1, y1=1), log=other)
    assert policy("quorum none\n").judge(checkpoint(), log=other) is None


def test_a_single_witness_is_a_quorum() -> None:
    one = policy(f"witness x1 {KEYS['x1'].verifier} https://x1.test/\nquorum x1\n")
    assert one.judge(checkpoint(x1=5), log=LOG.verifier) == Cosigned(1, 5)


X1, X2 = KEYS["x1"].verifier, KEYS["x2"].verifier
TWICE = SignerKey("again.test", COSIGNATURE, KEYS["x1"].private).verifier
SPELLED = {"X1": X1, "X2": X2, "TWICE": TWICE, "LOG": LOG.verifier}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no quorum line"),
        ("quorum none", "in the middle of a line"),
        ("quorum none\nquorum none\n", "txt:2: is a second quorum line"),
        ("quorum x1\n", "txt:1: 'x1' is not defined"),
        ("group g all x1\nwitness x1 <X1>\nquorum g\n", "txt:1: 'x1' is not defined"),
        ("witness x1 <X1>\nwitness x1 <X2>\nquorum x1\n", "txt:2: the name 'x1' is taken"),
        ("witness none <X1>\nquorum none\n", "the name 'none' is taken"),
        ("witness x1 <X1>\nwitness x2 <TWICE>\nquorum x1\n", "txt:2: names a witness's key a second time"),
        ("witness x1 <X1>\ngroup g 2 x1\nquorum g\n", "not all, any, or a number from 1 to 1"),
        ("witness x1 <X1>\ngroup g 0 x1\nquorum g\n", "not all, any, or a number"),
        ("witness x1 <X1>\ngroup g all x1 x1\nquorum g\n", "is a group's member already"),
        ("witness x1 <X1>\ngroup g any x1\ngroup h any x1\nquorum g\n", "txt:3: 'x1' is a group's member already"),
        ("witness x1 <X1>\ngroup g all\nquorum g\n", "no line of a policy"),
        ("log <LOG>\nlog <LOG>\nquorum none\n", "log's key a second time"),
        ("log <X1>\nquorum none\n", "is not a log's key"),
        ("witness x1 <LOG>\nquorum x1\n", "is not a cosigner's key"),
        ("witness x1 nonsense\nquorum x1\n", "txt:1: "),
        ("witnes x1\nquorum none\n", "txt:1: 'witnes x1' is no line of a policy"),
        ("quorum\u00a0none\n", "no line of a policy"),
        ("quorum none\r\n", "control characters"),
        ("#" * 70_000 + "\nquorum none\n", "more than"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, says: str) -> None:
    for name, key in SPELLED.items():
        text = text.replace(f"<{name}>", str(key))
    with pytest.raises(BadInput) as refused:
        policy(text)
    assert says in str(refused.value)


def test_as_many_as_the_specification_recommends_are_taken() -> None:
    keys = [SignerKey.generate(f"w{index}.test", COSIGNATURE).verifier for index in range(32)]
    lines = [f"log {SignerKey.generate(f'log{index}.test', ED25519).verifier}\n" for index in range(32)]
    lines += [f"witness w{index} {key}\n" for index, key in enumerate(keys)]
    lines += [f"group g{index} all w{index}\n" for index in range(32)]
    assert len(policy("".join(lines) + "quorum g31\n").groups) == 32
    more = [f"group h{index} any {f'h{index - 1}' if index else 'w0'}\n" for index in range(MAX_DEFINED + 1)]
    with pytest.raises(BadInput, match="is more than the 64"):
        policy(f"witness w0 {keys[0]}\n" + "".join(more) + "quorum none\n")


def test_names_are_bytes_that_need_not_be_text() -> None:
    raw = f"witness \udcff\udcfe {X1}\nquorum \udcff\udcfe\n".encode("utf-8", "surrogateescape")
    made = TlogPolicy.parse(raw, where="it")
    assert made.judge(checkpoint(x1=3), log=LOG.verifier) == Cosigned(1, 3)
    with pytest.raises(BadInput):
        TlogPolicy.parse(b"witness x \xff+00000000+BA==\nquorum x\n", where="it")


WORD = st.sampled_from(["log", "witness", "group", "quorum", "none", "any", "all", "1", "2", "x1", "g", str(X1), "#"])


@given(st.lists(st.lists(WORD | st.text(max_size=8), max_size=6).map(" ".join), max_size=12).map("\n".join))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    try:
        made = TlogPolicy.parse(text.encode("utf-8", "surrogatepass"), where="it")
    except BadInput:
        return
    assert made.quorum == "none" or made.quorum in made.witnesses or made.quorum in made.groups

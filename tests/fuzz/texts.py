"""Targets that read names, expressions and what this machine tells: references, filters, frames, plans, logs."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ebpfhub.client.frames import Kind, pack, read_frame, unpack, write_frame
from ebpfhub.client.hub_api.answers import ChangesAnswer, Facets, SearchAnswer
from ebpfhub.client.hub_api.problem import accept
from ebpfhub.client.hub_api.reading import read_answer
from ebpfhub.client.hub_api.requests import MAX_ANSWER_BYTES
from ebpfhub.client.output.filter import bound_filter, check_filter
from ebpfhub.client.output.filter_syntax import parse_filter
from ebpfhub.client.output.selection import Selection
from ebpfhub.client.plan import Plan, find_plan, keep_plan
from ebpfhub.client.verifier.explanation import explain_log
from ebpfhub.client.verifier.shown import facts_of, lines_of
from ebpfhub.federation.transport import Response
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.codec import decode_json
from ebpfhub.schemas.errors import BadInput, HubError
from ebpfhub.schemas.reference import Reference
from ebpfhub.signing.notes import COSIGNATURE, SignerKey
from ebpfhub.signing.quorum import TlogPolicy

from .target import Target

_WORDS = ("run", "opensnoop")
_FAR = 1 << 40  # seconds: no plan of a test ends
_U32 = CType("integer", 4)
_EVENT = CType(
    "struct",
    64,
    "event",
    members=(
        Member("pid", 0, _U32),
        Member("ret", 4, CType("integer", 4, signed=True), show="errno"),
        Member("duration", 8, CType("integer", 8), show="duration"),
        Member("comm", 16, CType("string", 16)),
        Member("sig", 32, _U32, show="signal"),
        Member("ip", 36, _U32, show="ip"),
        Member("ok", 40, CType("boolean", 1)),
        Member("mood", 44, CType("enum", 4, "mood", values=(("CALM", 0), ("ANGRY", 7)))),
        Member("ratio", 52, CType("float", 8)),
    ),
)
_FILTERS = (
    "duration > 10ms and (comm == 'sshd' or not comm ~ '/usr/*') and ret == ENOENT",
    "pid != 0x7 && !(ok || mood = ANGRY) and 7 <= pid and ip == '10.0.0.1' or sig == SIGKILL",
    'ratio >= -1.5 or comm !~ "[a-z]?" and duration < 1.5s and pid',
)
_REFERENCES = (
    "opensnoop",
    "tools/open-snoop:1.2.3",
    "hub.example.org/tools/opensnoop:latest",
    f"hub.example.org/tools/opensnoop:v1@sha256:{'0123456789abcdef' * 4}",
)


def _reference(data: bytes) -> None:
    made = Reference.parse(data.decode("utf-8", "surrogateescape"))
    assert Reference.parse(str(made)) == made


def _filter(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    parse_filter(text)
    selection = _selection()
    check_filter(text, [selection])
    keep = bound_filter(text, selection)
    rows, _ = selection.decoder.rows([bytes(64), b"\xff" * 64, bytes(range(64))])
    for row in rows:
        keep(row)


@cache
def _selection() -> Selection:
    return Selection(_EVENT, label="event")


def _frames(data: bytes) -> None:
    source = io.BytesIO(data)
    while (frame := read_frame(source)) is not None:
        with contextlib.suppress(BadInput):  # a text is no list
            assert pack(unpack(frame.body)) == frame.body


def _plan(data: bytes) -> None:
    """A damaged plan is none. What whoever may write plans puts into them is as trusted as this code."""
    place = _kept()
    place.write_bytes(data)
    found = find_plan(str(place.parent.parent), _WORDS)
    if found is None:
        raise BadInput("there is no plan")
    assert found in _plans()


@cache
def _kept() -> Path:
    """The file in which a plan for _WORDS lies, in a home that is gone with this process."""
    home = _home()
    keep_plan(home.name, _WORDS, _plans()[0], inputs=(), until=_FAR)
    (place,) = Path(home.name, "plans").iterdir()
    return place


@cache
def _home() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-")


def _plans() -> tuple[Plan, ...]:
    event = ("struct", 8, "event", False, 0, None, (("pid", 0, ("integer", 4, "int"), "", ""),), ())
    plain = Plan((), "opensnoop", "/usr/bin/x", "0" * 64, (), (), (), "table", None, None, "", False)
    full = Plan(
        ("ok  signature",), "opensnoop", "/usr/bin/x", "ab" * 32, ((".rodata", 4, b"\1\0\0\0"),), (("events", "ringbuf", event),),
        (("opened", ("eth0", "", "", "", "", -1, "", 0, 0, 0)),), "json", 7, 1.5, "/tmp/types.btf", True,
    )  # fmt: skip
    return plain, full


def _plan_seeds() -> list[bytes]:
    return list(_written_plans())


def _written_plans() -> Iterator[bytes]:
    for plan in _plans():
        with tempfile.TemporaryDirectory(prefix="ebpfhub-fuzz-") as home:
            keep_plan(home, _WORDS, plan, inputs=("/usr/bin/env", "/no/such/file"), until=_FAR)
            (place,) = Path(home, "plans").iterdir()
            yield place.read_bytes()


def _verifier_log(data: bytes) -> None:
    """No log is refused: who gets one has a rejected program already."""
    found = explain_log(data.decode("utf-8", "replace"), program="enter", section="xdp", source=None)
    assert all(line.isprintable() for line in lines_of(found))
    json.dumps(facts_of(found))
    if found.cause is None:
        raise BadInput("nothing is known of it")


def _logs() -> list[bytes]:
    """What kernels say: each way in which a line can look, and the words of each cause that fit one."""
    return [
        b"0: R1=ctx() R10=fp0\n; u64 *count = lookup(&key); @ demo.bpf.c:18\n"
        b"6: (85) call bpf_map_lookup_elem#1    ; R0=map_value_or_null(id=1,map=counts,ks=4,vs=8)\n"
        b"7: (79) r1 = *(u64 *)(r0 +0)\nR0 invalid mem access 'map_value_or_null'\nprocessed 7 insns\n",
        b"10: (55) if r0 != 0x0 goto pc+3 14: R0=1 R6=ringbuf_mem(ref_obj_id=2,sz=8) refs=2\n15: (95) exit\n"
        b"Unreleased reference id=2 alloc_insn=10\n",
        b"1: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [5] struct a.b (0:0 @ offset 0)\n",
        b"from 9 to 17: frame1: R0_w=inv(id=0,umax_value=4,var_off=(0x0; 0x7)) R10=fp0\n17: (05) goto pc-4\n"
        b"infinite loop detected at insn 17\ncur state: R1=0\n",
    ]


def _frame_seeds() -> list[bytes]:
    records = pack([b"record one", b"", b"\0" * 64])
    frames = [
        write_frame(Kind.STARTED, 3, b""),
        write_frame(Kind.RECORDS, 1, records),
        write_frame(Kind.LOOKED, 0, pack([b"key", b"value"])),
        write_frame(Kind.TEXT, 0, "täxt".encode()),
        write_frame(Kind.FAILED, 0, pack([b"bad-input", b"what", b"where", b"todo"])),
        write_frame(Kind.ENDED, 9, b""),
    ]
    return [*frames, b"".join(frames)]


def _tlog_policy(data: bytes) -> None:
    made = TlogPolicy.parse(data, where="policy")
    assert made.quorum == "none" or made.quorum in made.witnesses or made.quorum in made.groups


def _tlog_policies() -> list[bytes]:
    keys = [SignerKey.generate(f"w{index}.test", COSIGNATURE).verifier for index in range(3)]
    log = SignerKey.generate("hub.test").verifier
    lines = [f"witness w{index} {key} https://w{index}.test/\n" for index, key in enumerate(keys)]
    groups = "# two of three\ngroup some 2 w0 w1\n\tgroup every all some w2\ngroup one any every\nquorum one\n"
    return [f"log {log}\n{''.join(lines)}{groups}".encode(), b"quorum none\n"]


def _hub_answer(data: bytes) -> None:
    """An answer of a hub's API, of any kind; a refusal of a hub is an error of ours, whatever it holds."""
    document = decode_json(data, limit=MAX_ANSWER_BYTES)
    if isinstance(document, dict) and "kind" in document:
        try:
            accept(Response(400, {}, data), 200, where="hub")
        except HubError as error:
            str(error).encode()
        return
    read_answer(SearchAnswer if "total" in str(document)[:4096] else ChangesAnswer, document, "hub")


def _hub_answers() -> list[bytes]:
    facets = {name: [{"value": "files", "packages": 1}] for name in Facets.__dataclass_fields__}
    version = dict.fromkeys(("version", "publisher", "issuer", "digest", "state"), "x") | {
        "released": 1,
        "log_index": 2,
    }
    change = {"aspect": "option", "name": "--pid", "before": None, "after": "s32"}
    return [
        json.dumps(item).encode()
        for item in (
            {"results": [], "total": 0, "exact": True, "facets": facets, "corrected": "", "next": None},
            {"old": version, "new": version, "changes": [change]},
            {"kind": "not-trusted", "detail": "no", "todo": "ask", "check": "index"},
        )
    ]


TEXTS: dict[str, Target] = {
    "reference": Target(_reference, lambda: [text.encode() for text in _REFERENCES]),
    "filter": Target(_filter, lambda: [text.encode() for text in _FILTERS]),
    "frames": Target(_frames, _frame_seeds),
    "plan": Target(_plan, _plan_seeds),
    "tlog-policy": Target(_tlog_policy, _tlog_policies),
    "verifier-log": Target(_verifier_log, _logs),
    "hub-answer": Target(_hub_answer, _hub_answers),
}

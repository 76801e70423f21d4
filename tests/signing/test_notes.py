"""C2SP signed notes, checkpoints and cosignatures, against what the specifications and other programs published."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.signing.notes import COSIGNATURE, ED25519, MAX_SIGNATURES, Checkpoint, Note, SignerKey, VerifierKey
from hypothesis import given
from hypothesis import strategies as st

# c2sp.org/signed-note, the specification's example
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# golang.org/x/mod/sumdb/note, the documentation's example with its private key
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SEED = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_BODY = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
TESSERA_KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
BODY = Checkpoint("hub.example.org", 7, bytes(32)).body


def test_specifications_example_verifies() -> None:
    key = VerifierKey.parse(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    note = Note.parse(EXAMPLE_NOTE)
    note.verify(key)
    assert str(note) == EXAMPLE_NOTE
    with pytest.raises(NotTrusted):
        Note.parse(EXAMPLE_NOTE.replace("example m", "examplE m")).verify(key)


def test_note_is_signed_byte_for_byte_as_go_signs_it() -> None:
    private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(GO_SEED)[1:])
    key = SignerKey("PeterNeumann", ED25519, private)
    assert str(key.verifier) == GO_KEY
    assert str(Note.sign(GO_BODY, key)) == GO_BODY + "\n" + GO_LINE


def test_tesseras_checkpoints_verify(vectors: Path) -> None:
    key = VerifierKey.parse(TESSERA_KEY)
    for size in range(16):
        path = vectors / "tessera-log" / "log" / f"checkpoint.{size}"
        if size == 0 or path.exists():
            note = Note.parse(path.read_text())
            note.verify(key)
            checkpoint = Checkpoint.parse(note.body)
            assert (checkpoint.origin, checkpoint.size, checkpoint.body) == (key.name, size, note.body)
            with pytest.raises(NotTrusted):
                Note.parse(path.read_text().replace(f"\n{size}\n", f"\n{size + 1}\n", 1)).verify(key)


@pytest.mark.parametrize("case", ["cosigned", "multiple-cosigs", "origin-not-first", "two-sigs-cosigned"])
def test_rekors_cosigned_checkpoints_are_read(vectors: Path, case: str) -> None:
    folder = vectors / "sigstore-conformance" / "bundle-verify" / f"rekor2-checkpoint-{case}"
    bundle = json.loads((folder / "bundle.sigstore.json").read_text())
    root = json.loads((folder / "trusted_root.json").read_text())
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    text = entry["inclusionProof"]["checkpoint"]["envelope"]
    note = Note.parse(text)
    assert str(note) == text
    checkpoint = Checkpoint.parse(note.body)
    assert checkpoint.size == int(entry["inclusionProof"]["treeSize"])
    assert base64.b64encode(checkpoint.root).decode() == entry["inclusionProof"]["rootHash"]
    verified = 0
    for log in root["tlogs"]:
        spki = base64.b64decode(log["publicKey"]["rawBytes"])
        if len(spki) == 44:  # an Ed25519 key
            key = VerifierKey(checkpoint.origin, ED25519, spki[12:])
            if any(item.key_id == key.id for item in note.signatures):
                note.verify(key)
                verified += 1
    assert verified == 1


@pytest.mark.parametrize("case", ["missing-origin", "missing-size", "missing-root-hash"])
def test_rekors_broken_checkpoints_are_refused(vectors: Path, case: str) -> None:
    folder = vectors / "sigstore-conformance" / "bundle-verify" / f"rekor2-checkpoint-{case}_fail"
    bundle = json.loads((folder / "bundle.sigstore.json").read_text())
    text = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"]
    with pytest.raises(BadInput):
        Checkpoint.parse(Note.parse(text).body)


def test_cosignature_states_its_time() -> None:
    log, witness = SignerKey.generate("hub.example.org"), SignerKey.generate("witness.example.org", COSIGNATURE)
    note = Note.parse(str(Note.sign(BODY, log, witness, time=1_750_000_000)))
    note.verify(log.verifier)
    assert note.cosigned_at(witness.verifier) == 1_750_000_000
    other = SignerKey.generate("witness.example.org", COSIGNATURE)
    assert note.cosigned_at(other.verifier) is None


def test_cosignature_is_over_the_specified_message() -> None:
    # tlog-cosignature: "cosignature/v1", the time, then the whole note body
    witness = SignerKey.generate("witness.example.org", COSIGNATURE)
    signature = Note.sign(BODY, witness, time=5).signatures[0]
    message = b"cosignature/v1\ntime 5\n" + BODY.encode()
    assert signature.raw == (5).to_bytes(8, "big") + witness.private.sign(message)


def test_cosignature_with_another_time_is_refused() -> None:
    witness = SignerKey.generate("witness.example.org", COSIGNATURE)
    raw = bytearray(base64.b64decode(str(Note.sign(BODY, witness, time=5)).split(" ")[-1]))
    raw[11] ^= 1  # the last byte of the time, behind the key's four
    forged = f"{BODY}\n\u2014 witness.example.org {base64.b64encode(raw).decode()}\n"
    with pytest.raises(NotTrusted) as caught:
        Note.parse(forged).cosigned_at(witness.verifier)
    assert caught.value.check == "cosignature"


def test_plain_signature_is_no_cosignature_nor_the_reverse() -> None:
    plain = SignerKey.generate("hub.example.org")
    cosigner = SignerKey("hub.example.org", COSIGNATURE, plain.private)
    assert plain.verifier.id != cosigner.verifier.id
    assert plain.verifier.fingerprint != cosigner.verifier.fingerprint
    assert Note.sign(BODY, plain).cosigned_at(cosigner.verifier) is None
    with pytest.raises(NotTrusted, match="not signed by"):
        Note.sign(BODY, cosigner).verify(plain.verifier)


def test_signature_under_a_trusted_key_id_by_another_key_is_refused() -> None:
    right, wrong = SignerKey.generate("hub.example.org"), SignerKey.generate("hub.example.org")
    raw = right.verifier.id + wrong.private.sign(BODY.encode())
    forged = f"{BODY}\n\u2014 hub.example.org {base64.b64encode(raw).decode()}\n"
    with pytest.raises(NotTrusted, match="is wrong"):
        Note.parse(forged).verify(right.verifier)


def test_one_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    key = SignerKey.generate("hub.example.org")
    wrong = base64.b64encode(key.verifier.id + bytes(64)).decode()
    note = Note.parse(f"{Note.sign(BODY, key)}\u2014 hub.example.org {wrong}\n")
    with pytest.raises(NotTrusted):
        note.verify(key.verifier)


def test_signature_of_an_unknown_type_is_passed_over() -> None:
    key = SignerKey.generate("hub.example.org")
    unknown = base64.b64encode(b"\x01\x02\x03\x04" + bytes(2420)).decode()  # as long as ML-DSA-44's
    Note.parse(f"{Note.sign(BODY, key)}\u2014 pq.example.org {unknown}\n").verify(key.verifier)


def test_newer_cosignature_replaces_the_older() -> None:
    log, witness = SignerKey.generate("hub.example.org"), SignerKey.generate("witness.example.org", COSIGNATURE)
    note = Note.sign(BODY, log, witness, time=5).with_signature(witness.sign(BODY, time=9))
    assert len(note.signatures) == 2
    assert Note.parse(str(note)).cosigned_at(witness.verifier) == 9
    note.verify(log.verifier)


LINE = "\u2014 a " + base64.b64encode(bytes(68)).decode() + "\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "body\n",
        "body\n\n",
        "body" + LINE,
        "body\n" + LINE,
        "body\n\n" + LINE.rstrip("\n"),
        "body\n\n" + LINE + "\n",
        "body\n\n" + LINE + "junk\n",
        "body\n\n" + LINE.replace("\u2014", "-"),
        "body\n\n" + LINE.replace(" a ", "  "),
        "body\n\n" + LINE.replace(" a ", " a+b "),
        "body\n\n" + LINE.replace(" a ", " a b "),
        "body\n\n" + LINE.replace(" a ", " a\u00a0b "),
        "body\n\n" + LINE.replace("=\n", "= \n"),
        "body\n\n" + LINE.replace("AA=", "AB="),
        "body\n\n\u2014 a AAAA\n",
        "body\n\n\u2014 a !!!!\n",
        "bo\tdy\n\n" + LINE,
        "bo\rdy\n\n" + LINE,
        "bo\x00dy\n\n" + LINE,
        "bo\ud800dy\n\n" + LINE,
        "body\n\n" + LINE * (MAX_SIGNATURES + 1),
        "x" * 65536 + "\n\n" + LINE,
    ],
)
def test_other_text_is_no_note(text: str) -> None:
    with pytest.raises(BadInput):
        Note.parse(text)


def test_blank_lines_of_the_body_belong_to_the_body() -> None:
    assert Note.parse("a\n\nb\n\n" + LINE).body == "a\n\nb\n"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "a\n1\n",
        "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        *(
            f"a\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"
            for size in ("", "-1", "+1", "01", "1e3", "x", "\u0661", " 1")
        ),
        *(f"a\n{size}\n{base64.b64encode(bytes(32)).decode()}\n" for size in (2**63, 10**19 - 1, "9" * 5000)),
        "a\n1\n" + base64.b64encode(bytes(31)).decode() + "\n",
        "a\n1\n" + base64.b64encode(bytes(32)).decode(),
        "a\n1\n" + base64.b64encode(bytes(32)).decode() + "\nextension\n",
        "a\n1\n" + base64.b64encode(bytes(32)).decode().replace("A=", "B=") + "\n",
        "a\n1\n" + base64.b64encode(bytes(32)).decode().rstrip("=") + "\n",
    ],
    ids=lambda body: body[:20],
)
def test_other_text_is_no_checkpoint(body: str) -> None:
    with pytest.raises(BadInput):
        Checkpoint.parse(body)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b+c",
        EXAMPLE_KEY.replace("530d903a", "530d903b"),
        EXAMPLE_KEY.replace("530d903a", "530D903A"),
        EXAMPLE_KEY.replace("foo", "fop"),
        EXAMPLE_KEY[:-4],
        EXAMPLE_KEY + "\n",
        EXAMPLE_KEY + "====",
        " " + EXAMPLE_KEY,
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    ],
)
def test_other_text_is_no_verifier_key(text: str) -> None:
    with pytest.raises(BadInput):
        VerifierKey.parse(text)


@given(st.text(max_size=200) | st.text("ab\n\u2014 +=A0", max_size=80))
def test_arbitrary_text_is_read_or_refused(text: str) -> None:
    for parse in (Note.parse, Checkpoint.parse, VerifierKey.parse, SignerKey.parse):
        try:
            parse(text)
        except BadInput:
            continue


def test_private_key_is_stored_and_never_shown() -> None:
    key = SignerKey.generate("hub.example.org", COSIGNATURE)
    assert SignerKey.parse(key.dump()).verifier == key.verifier
    seed = key.dump().split("+", 2)[2].strip()
    assert seed not in repr(key)
    with pytest.raises(BadInput) as caught:
        SignerKey.parse(key.dump().replace("+4+", "+9+"))
    assert seed not in str(caught.value)

"""The authority's keys: separate, kept and read back, refused when they do not belong together."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from ebpfhub.schemas.errors import BadInput
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.trust import trusted_root

PRIVATE = {"root", "intermediate", "timestamp-root", "timestamp", "transparency", "token", "rekor"}


def test_files_read_back_as_the_same_authority(keys: AuthorityKeys) -> None:
    files = keys.to_files()
    again = AuthorityKeys.from_files(files)
    assert again.to_files() == files and trusted_root(again) == trusted_root(keys)


def test_private_keys_are_all_different_and_apart_from_public_files(keys: AuthorityKeys) -> None:
    files = keys.to_files()
    private = {name: data for name, data in files.items() if name.endswith(".key")}
    assert {name.removesuffix(".key") for name in private} == PRIVATE
    assert len(set(private.values())) == len(PRIVATE)
    assert not any(b"PRIVATE" in data for name, data in files.items() if name not in private)


def test_keys_do_not_show_in_their_printed_form(keys: AuthorityKeys) -> None:
    text = repr(keys)
    secret = keys.log.dump().strip().split("+", 2)[2]  # base64 has a + of its own
    assert len(secret) == 44 and secret not in text and "PRIVATE KEY" not in text


def test_authority_serves_without_the_keys_of_its_roots(keys: AuthorityKeys) -> None:
    files = keys.to_files()
    del files["root.key"], files["timestamp-root.key"]
    assert AuthorityKeys.from_files(files).root.key is None


@pytest.mark.parametrize("name", ["authority.json", "intermediate.key", "intermediate.pem", "rekor.key", "token.key"])
def test_missing_or_damaged_file_is_named(keys: AuthorityKeys, name: str) -> None:
    files = keys.to_files()
    without = {key: value for key, value in files.items() if key != name}
    for broken in (without, files | {name: b"junk"}, files | {name: b"x" * 20_000}):
        with pytest.raises(BadInput) as refused:
            AuthorityKeys.from_files(broken)
        assert name in refused.value.where


@pytest.mark.parametrize("name", ["intermediate.key", "intermediate.pem", "root.pem", "timestamp.pem", "timestamp.key"])
def test_files_of_two_authorities_do_not_mix(keys: AuthorityKeys, now: datetime, name: str) -> None:
    other = AuthorityKeys.generate(keys.origin, keys.issuer, now).to_files()
    with pytest.raises(BadInput):
        AuthorityKeys.from_files(keys.to_files() | {name: other[name]})


def test_log_key_of_another_origin_is_refused(keys: AuthorityKeys, now: datetime) -> None:
    other = AuthorityKeys.generate("other.example.org", keys.issuer, now).to_files()
    with pytest.raises(BadInput, match=r"rekor\.key"):
        AuthorityKeys.from_files(keys.to_files() | {"rekor.key": other["rekor.key"]})


@pytest.mark.parametrize(
    "issuer", ["", "http://hub.example.org/oidc", "https://hub.example.org", "https://a/b c", "x" * 600]
)
def test_issuer_that_no_client_could_use_is_refused(now: datetime, issuer: str) -> None:
    with pytest.raises(BadInput):
        AuthorityKeys.generate("hub.example.org", issuer, now)


def test_origin_of_any_length_makes_an_authority(now: datetime) -> None:
    origin = "a" * 60 + "." + "b" * 60 + ".example.org"
    assert AuthorityKeys.generate(origin, "https://hub.example.org/oidc", now).origin == origin


def test_certificates_of_the_authority_live_ten_years_and_are_for_their_purpose_only(
    keys: AuthorityKeys, now: datetime
) -> None:
    for issuer in (keys.root, keys.intermediate, keys.timestamp_root, keys.timestamp):
        life = issuer.certificate.not_valid_after_utc - issuer.certificate.not_valid_before_utc
        assert timedelta(days=3650) <= life <= timedelta(days=3653)
        assert issuer.certificate.not_valid_before_utc <= now
    usage = keys.timestamp.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
    limits = keys.intermediate.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert limits.critical and limits.value == x509.BasicConstraints(ca=True, path_length=0)


def test_trusted_root_is_the_same_wherever_the_hub_listens(keys: AuthorityKeys) -> None:
    root = json.loads(trusted_root(keys))
    assert root["tlogs"][0]["baseUrl"] == "https://rekor.hub.example.org"
    assert keys.log.name in root["tlogs"][0]["baseUrl"]
    assert len(root["timestampAuthorities"][0]["certChain"]["certificates"]) == 2
    assert len(root["certificateAuthorities"][0]["certChain"]["certificates"]) == 2
    starts = [root["tlogs"][0]["publicKey"], root["ctlogs"][0]["publicKey"], root["certificateAuthorities"][0]]
    assert all(item["validFor"]["start"] == "2026-11-22T12:30:15Z" for item in starts)

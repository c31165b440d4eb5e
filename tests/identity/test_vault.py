"""The vault: ids for ever, tokens by version, ciphertexts that open nowhere else."""

from __future__ import annotations

import base64
import hmac
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import RingfenceError
from graph.model import EntityKind
from graph.sealing import Sealer, Sealers
from identity.key_file import Keys
from identity.vault import KEPT_CIPHERS, Unopenable, Vault, VaultError, VaultSealer, _derive, _Keyed

KEYS = Keys(bytes(range(32)), (bytes(range(32, 64)),))
VAULT = Vault(KEYS, Path("keys.json"))
SEALER = VAULT.sealer("rural-bank")

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def test_it_is_what_the_graph_asks_for():
    sealer: Sealer = SEALER
    sealers: Sealers = VAULT.sealer
    assert sealers("rural-bank") is sealer


@given(st.binary(min_size=1, max_size=64), st.binary(max_size=300))
def test_the_keyed_hash_is_hmac_sha256(key: bytes, message: bytes):
    assert _Keyed(key)(message) == hmac.digest(key, message, "sha256")


@given(texts)
def test_an_id_is_the_kind_and_24_letters_of_the_keyed_hash_of_kind_and_key(key: str):
    digest = hmac.digest(_derive(KEYS.root, "entity id", "rural-bank"), b"mer\0" + key.encode(), "sha256")
    assert SEALER.entity_id(EntityKind.MERCHANT, key) == "mer_" + base64.b32encode(digest[:15]).decode().lower()


def test_ids_are_the_same_for_ever():
    assert SEALER.entity_id(EntityKind.MERCHANT, "M-7") == "mer_ksq6z33fmpekjyvsct63czv3"
    assert SEALER.fact_id("core", "f-1") == "fac_h4sahedxexghbqrutmumikee"


def test_ids_differ_by_kind_key_and_institution():
    other = VAULT.sealer("city-bank")
    ids = {sealer.entity_id(kind, key) for sealer in (SEALER, other) for kind in EntityKind for key in ("a", "b")}
    assert len(ids) == 2 * len(EntityKind) * 2
    assert SEALER.fact_id("a", "b") != other.fact_id("a", "b")


def test_a_fact_of_a_source_named_like_a_kind_shares_no_letters_with_an_entity():
    assert SEALER.fact_id("mer", "x")[4:] != SEALER.entity_id(EntityKind.MERCHANT, "x")[4:]


def test_no_two_sources_and_ids_run_together():
    assert SEALER.fact_id("a", "bc") != SEALER.fact_id("ab", "c")


def test_ids_outlive_the_rotation_of_the_token_key_and_tokens_do_not():
    rotated = Vault(Keys(KEYS.root, (*KEYS.tokens, os.urandom(32))), Path("keys.json")).sealer("rural-bank")
    assert rotated.entity_id(EntityKind.PHONE, "+8613800138000") == SEALER.entity_id(EntityKind.PHONE, "+8613800138000")
    before, after = SEALER.token(EntityKind.PHONE, "+8613800138000"), rotated.token(EntityKind.PHONE, "+8613800138000")
    assert (before.version, after.version) == (1, 2)
    assert before.digest != after.digest and len(before.digest) == 32
    subject = SEALER.new_subject_key()
    assert rotated.open(subject, "per_1", "name", SEALER.seal(subject, "per_1", "name", "Zhang San")) == "Zhang San"


def test_a_token_is_of_kind_and_institution():
    tokens = {
        SEALER.token(EntityKind.PHONE, "1").digest,
        SEALER.token(EntityKind.EMAIL, "1").digest,
        VAULT.sealer("city-bank").token(EntityKind.PHONE, "1").digest,
    }
    assert len(tokens) == 3


def test_content_is_hashed_under_a_key():
    assert len(SEALER.content_hash(b"said")) == 16
    assert SEALER.content_hash(b"said") != VAULT.sealer("city-bank").content_hash(b"said")


@given(texts, texts)
def test_what_was_sealed_opens(value: str, field: str):
    key = SEALER.new_subject_key()
    sealed = SEALER.seal(key, "per_1", field, value)
    assert SEALER.open(key, "per_1", field, sealed) == value
    if len(value.encode()) > 4:
        assert value.encode() not in sealed


def test_the_same_value_is_sealed_differently_each_time():
    key = SEALER.new_subject_key()
    assert len({SEALER.seal(key, "per_1", "name", "Zhang San") for _ in range(50)}) == 50
    assert len({SEALER.new_subject_key() for _ in range(50)}) == 50


def test_a_ciphertext_opens_nowhere_else():
    key, other_key = SEALER.new_subject_key(), SEALER.new_subject_key()
    sealed = SEALER.seal(key, "per_1", "name", "Zhang San")
    other = VAULT.sealer("city-bank")
    for sealer, subject_key, subject, field in (
        (SEALER, other_key, "per_1", "name"),
        (SEALER, key, "per_2", "name"),
        (SEALER, key, "per_1", "born_on"),
        (other, key, "per_1", "name"),
        (other, other.new_subject_key(), "per_1", "name"),
    ):
        with pytest.raises(Unopenable):
            sealer.open(subject_key, subject, field, sealed)


def test_a_subject_key_of_another_institution_seals_nothing():
    with pytest.raises(Unopenable):
        SEALER.seal(VAULT.sealer("city-bank").new_subject_key(), "per_1", "name", "x")


@given(st.binary(max_size=80))
def test_whatever_is_opened_is_a_value_or_an_error_of_ours(damaged: bytes):
    key = SEALER.new_subject_key()
    with pytest.raises(RingfenceError):
        SEALER.open(key, "per_1", "name", damaged)
    with pytest.raises(RingfenceError):
        SEALER.open(damaged, "per_1", "name", SEALER.seal(key, "per_1", "name", "x"))


def test_every_byte_of_a_ciphertext_counts():
    key = SEALER.new_subject_key()
    sealed = SEALER.seal(key, "per_1", "name", "Zhang San")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
        with pytest.raises(Unopenable):
            SEALER.open(key, "per_1", "name", changed)


def test_a_sealer_that_has_forgotten_a_cipher_unwraps_its_key_again():
    key = SEALER.new_subject_key()
    sealed = SEALER.seal(key, "per_1", "name", "Zhang San")
    fresh = Vault(KEYS, Path("keys.json")).sealer("rural-bank")
    assert fresh.open(key, "per_1", "name", sealed) == "Zhang San"


def test_what_a_sealer_keeps_is_bounded():
    sealer = VaultSealer(KEYS, "bounded")
    for number in range(3 * KEPT_CIPHERS):
        sealer.new_subject_key()
        sealer.entity_id(EntityKind.PERSON, str(number))
    assert len(sealer._ciphers._young) + len(sealer._ciphers._old) <= 2 * KEPT_CIPHERS
    assert len(sealer._ids._young) + len(sealer._ids._old) <= 2 * sealer._ids._size


def test_threads_may_share_a_sealer():
    sealer = VaultSealer(KEYS, "shared")

    def work(number: int) -> bool:
        key = sealer.new_subject_key()
        sealed = [sealer.seal(key, f"per_{number}", "name", f"value {each}") for each in range(50)]
        return all(sealer.open(key, f"per_{number}", "name", each) == f"value {place}" for place, each in enumerate(sealed))

    with ThreadPoolExecutor(8) as executor:
        assert all(executor.map(work, range(64)))


def test_the_check_value_tells_key_files_apart(tmp_path: Path):
    vault = Vault.open(tmp_path / "keys.json")
    kept = vault.check_value()
    Vault.open(tmp_path / "keys.json").verify(kept)
    (tmp_path / "keys.json").unlink()
    exchanged = Vault.open(tmp_path / "keys.json")
    with pytest.raises(VaultError, match="not the one that this data was written with"):
        exchanged.verify(kept)
    with pytest.raises(VaultError):
        exchanged.verify(vault.check_value("rural-bank"), "rural-bank")
    with pytest.raises(VaultError):
        exchanged.verify(b"")


def test_a_key_is_of_one_purpose_and_one_institution():
    keys = [
        VAULT.key("session"), VAULT.key("link"), VAULT.key("session", "rural-bank"), VAULT.key("session", "city-bank"),
        VAULT.audit_key("rural-bank"), VAULT.audit_key("city-bank"), VAULT.key("audit", "rural-bank"),
        VAULT.check_value("rural-bank"), VAULT.check_value(),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert len(VAULT.key("session")) == 32


def test_bytes_are_sealed_for_an_institution_and_a_purpose():
    sealed = VAULT.seal_bytes("rural-bank", "decide again", b"\0\xffapplication")
    assert VAULT.open_bytes("rural-bank", "decide again", sealed) == b"\0\xffapplication"
    assert b"application" not in sealed
    for institution, purpose in (("city-bank", "decide again"), ("rural-bank", "webhook")):
        with pytest.raises(Unopenable):
            VAULT.open_bytes(institution, purpose, sealed)

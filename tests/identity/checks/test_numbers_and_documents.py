"""Checks of numbers, documents, faces and lists: what passes, what fails, what is left open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from identity.checks import CHECKS
from identity.checks.document_expiry import last_day_of
from identity.checks.document_fields import compare_fields
from identity.model import (
    Declared,
    DocumentReading,
    FaceReading,
    IdentityFile,
    ListMatch,
    LivenessReading,
    Outcome,
    ReadField,
)

TODAY = date(2026, 11, 24)
CARD = Declared(
    name="张三丰", born_on=date(1949, 12, 31), document_kind="IDENTITY_CARD", document_country="CN", document_number="11010519491231002X"
)
PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def ask(code: str, **of):
    return CHECKS[code].run(IdentityFile(TODAY, "CN", **of))


def read(**fields: str):
    return DocumentReading("RESIDENT_ID", {name: ReadField(text, 0.95) for name, text in fields.items()})


def test_an_identity_number_is_held_to_its_country_and_the_declared_birthday():
    assert ask("IDENTITY_NUMBER", declared=CARD).outcome is PASS
    other = ask("IDENTITY_NUMBER", declared=replace(CARD, born_on=date(1949, 12, 30)))
    assert (other.outcome, "another date of birth" in other.sentence) == (FAIL, True)
    wrong = ask("IDENTITY_NUMBER", declared=replace(CARD, document_number="110105194912310021"))
    assert (wrong.outcome, "110105194912" in wrong.sentence) == (FAIL, False)
    assert ask("IDENTITY_NUMBER", declared=replace(CARD, document_number="320594194912310020"[:17] + "0")).outcome in {FAIL, OPEN}
    assert ask("IDENTITY_NUMBER", declared=replace(CARD, document_country="ZZ")).outcome is OPEN


def test_a_registration_number_is_a_licences():
    licence = Declared(document_kind="BUSINESS_LICENCE", document_number="91110000600037341L")
    assert ask("REGISTRATION_NUMBER", declared=licence).outcome is PASS
    assert ask("REGISTRATION_NUMBER", declared=replace(licence, document_number="91110000600037342L")).outcome is FAIL
    assert ask("REGISTRATION_NUMBER", declared=CARD).outcome is OPEN


@pytest.mark.parametrize(
    ("phone", "outcome"),
    [
        ("13800138000", PASS),
        ("+86 138 0013 8000", PASS),
        ("+44 7911 123456", PASS),
        ("1380013800", FAIL),
        ("hello", FAIL),
        ("+999 1", FAIL),
        ("+86 10086", FAIL),
        ("", OPEN),
        ("+1 800 555 0199", OPEN),
    ],
)
def test_a_phone_number_is_one_of_its_countrys_plan(phone, outcome):
    assert ask("PHONE", declared=Declared(phone=phone)).outcome is outcome


def test_an_accounts_number_holds_its_check():
    assert ask("BANK_ACCOUNT", declared=Declared(account="4111111111111111")).outcome is PASS
    assert ask("BANK_ACCOUNT", declared=Declared(account="4111111111111112")).outcome is FAIL
    assert ask("BANK_ACCOUNT", declared=Declared(account="621700123")).outcome is OPEN


@pytest.mark.parametrize(
    ("holder", "outcome"),
    [("張三豐", PASS), ("ZHANG SANFENG", PASS), ("Sanfeng Zhang", PASS), ("李四", FAIL), ("Wang Wei", FAIL), (None, OPEN)],
)
def test_the_account_is_in_the_owners_name_in_any_script(holder, outcome):
    assert ask("ACCOUNT_HOLDER", declared=Declared(name="张三丰", account_holder=holder)).outcome is outcome


def test_a_document_that_expired_fails_and_one_without_end_passes():
    for until, outcome in ((date(2026, 11, 23), FAIL), (date(2026, 11, 24), PASS), (date(2026, 12, 1), PASS), (None, OPEN)):
        assert ask("DOCUMENT_EXPIRY", declared=Declared(document_valid_until=until)).outcome is outcome
    assert ask("DOCUMENT_EXPIRY", document=read(valid_until="长期")).outcome is PASS
    assert ask("DOCUMENT_EXPIRY", document=read(valid_until="2006.03.01-2026.03.01")).outcome is FAIL


def test_the_last_day_of_a_text_is_found():
    assert last_day_of("2016.03.01-2036.03.01") == date(2036, 3, 1)
    assert last_day_of("有效期至2036年3月1日") == date(2036, 3, 1)
    assert last_day_of("2036.13.41") is None


def test_fields_agree_across_scripts_and_numbers_are_mended_by_their_check_digit():
    document = read(name="張三豐", number="1101O519491231002X", born_on="1949年12月31日")
    found = ask("DOCUMENT_FIELDS", declared=CARD, document=document)
    assert (found.outcome, found.measured) == (PASS, 1.0)
    number = next(field for field in compare_fields(IdentityFile(TODAY, "CN", declared=CARD, document=document)) if field.field == "number")
    assert number.agrees and number.repaired


def test_a_number_that_no_check_digit_speaks_for_is_not_mended():
    declared = Declared(document_kind="RESIDENCE_PERMIT", document_country="CN", document_number="H12345601")
    found = ask("DOCUMENT_FIELDS", declared=declared, document=read(number="H123456O1"))
    assert found.outcome is FAIL


def test_a_difference_that_was_hard_to_read_is_left_to_people():
    faint = DocumentReading("RESIDENT_ID", {"name": ReadField("李四", 0.4)})
    sharp = DocumentReading("RESIDENT_ID", {"name": ReadField("李四", 0.99)})
    assert ask("DOCUMENT_FIELDS", declared=CARD, document=faint).outcome is OPEN
    found = ask("DOCUMENT_FIELDS", declared=CARD, document=sharp)
    assert (found.outcome, "李四" in found.sentence) == (FAIL, False)


ZONE = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"


def test_a_zone_that_holds_passes_and_one_that_does_not_fails_when_it_was_easy_to_read():
    file = IdentityFile(date(2012, 1, 1), "CN", document=read(mrz=ZONE))
    check = CHECKS["MACHINE_READABLE_ZONE"].run
    assert check(file).outcome is PASS
    broken = ZONE.replace("L898902C36", "L898972C36")
    assert check(replace(file, document=read(mrz=broken))).outcome is FAIL
    faint = DocumentReading("PASSPORT", {"mrz": ReadField(broken, 0.5)})
    assert check(replace(file, document=faint)).outcome is OPEN
    assert check(replace(file, declared=Declared(born_on=date(1974, 8, 13)))).outcome is FAIL
    fields = compare_fields(replace(file, declared=Declared(name="Anna Maria Eriksson", document_number="L898902C3")))
    assert [field.agrees for field in fields] == [True, True]


def test_faces_are_held_to_the_calibrated_threshold_with_its_rate():
    one, near, far = ((0.0, 0.0), (0.3, 0.0), (0.9, 0.0))
    for other, outcome in ((near, PASS), ((0.55, 0.0), OPEN), (far, FAIL)):
        found = ask("FACE_ON_DOCUMENT", document_face=FaceReading(1, one), face=FaceReading(1, other))
        assert (found.outcome, found.threshold, found.false_match_rate) == (outcome, 0.5, 0.0004)
    assert ask("FACE_ON_DOCUMENT", document_face=FaceReading(1, one), face=FaceReading(2, one)).outcome is OPEN
    assert ask("FACE_ON_DOCUMENT", document_face=FaceReading(0), face=FaceReading(1, one)).outcome is OPEN


def test_liveness_is_a_signal_for_review_and_says_so():
    found = ask("LIVENESS", liveness=LivenessReading(("BLINK", "TURN_LEFT"), (True, True), 12, same_face=True))
    assert (found.outcome, "signal for review" in found.sentence) == (PASS, True)


def test_a_judgement_of_people_is_honoured_in_both_directions():
    match = ListMatch("UN", "k", "n", 0.95, "s")
    assert ask("WATCHLIST", list_matches=(match,)).outcome is OPEN
    assert ask("WATCHLIST", list_matches=(replace(match, judged=False),)).outcome is PASS
    assert ask("WATCHLIST", list_matches=(replace(match, judged=True),)).outcome is FAIL
    assert ask("WATCHLIST", list_matches=(replace(match, score=0.5),)).outcome is PASS
    assert ask("WATCHLIST", list_matches=()).outcome is PASS


def test_a_contact_code_passes_fails_or_waits():
    assert [ask("CONTACT_CODE", contact_reached=reached).outcome for reached in (True, False, None)] == [PASS, FAIL, OPEN]

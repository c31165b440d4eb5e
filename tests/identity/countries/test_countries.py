"""Numbers of all countries: examples of their authorities, and any text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.countries import COUNTRIES, kinds_of, read_number
from identity.countries.kinds import Sex

TODAY = date(2026, 11, 24)

SOUND = [
    ("HK", "A123456(3)", "HK_IDENTITY_CARD"),
    ("HK", "AB987654(3)", "HK_IDENTITY_CARD"),
    ("MO", "1234567(8)", "MO_IDENTITY_CARD"),
    ("TW", "A123456789", "TW_IDENTITY_CARD"),
    ("TW", "A800000014", "TW_RESIDENT_CERTIFICATE"),
    ("TW", "AC01234567", "TW_RESIDENT_CERTIFICATE"),
    ("TW", "00501503", "TW_BUSINESS_NUMBER"),
    ("SG", "S1234567D", "SG_NRIC"),
    ("SG", "F1234567N", "SG_NRIC"),
    ("SG", "197401143C", "SG_UEN"),
    ("IN", "2341 2341 2346", "IN_AADHAAR"),
    ("IN", "ACUPA7085R", "IN_PAN"),
    ("IN", "27AAPFU0939F1ZV", "IN_GSTIN"),
    ("ID", "3171011708450001", "ID_NIK"),
    ("ID", "01.312.166.0-091.000", "ID_NPWP"),
    ("PH", "123-456-789-000", "PH_TIN"),
    ("VN", "001085012345", "VN_CITIZEN"),
    ("VN", "0100233488", "VN_TAX_NUMBER"),
    ("TH", "3100600445635", "TH_CITIZEN"),
    ("TH", "0994000617721", "TH_JURISTIC_PERSON"),
    ("MY", "770305-02-1234", "MY_NRIC"),
    ("BR", "390.533.447-05", "BR_CPF"),
    ("BR", "12.ABC.345/01DE-35", "BR_CNPJ"),
    ("MX", "BOXW310820HNERXN09", "MX_CURP"),
    ("MX", "GODE561231GR8", "MX_RFC"),
    ("NG", "12345678901", "NG_NIN"),
    ("KE", "P051365947M", "KE_PIN"),
    ("ZA", "7503305044089", "ZA_ID"),
    ("PK", "34201-0891231-8", "PK_CNIC"),
    ("BD", "19851234567890123", "BD_NATIONAL_ID"),
    ("KR", "971013-9019902", "KR_RESIDENT"),
    ("KR", "116-82-00276", "KR_BUSINESS"),
]

UNSOUND = [
    ("HK", "A123456(4)", "check character"),
    ("MO", "2234567(8)", "1 or 5 or 7"),
    ("TW", "A123456788", "check character"),
    ("TW", "A323456789", "character 2"),
    ("SG", "S1234567E", "check character"),
    ("IN", "234123412347", "check digit"),
    ("ID", "9971011708450001", "regency"),
    ("ID", "3171013202450001", "no calendar"),
    ("VN", "999085012345", "province"),
    ("TH", "3100600445636", "check digit"),
    ("MY", "771305-02-1234", "no calendar"),
    ("BR", "390.533.447-06", "check digit"),
    ("MX", "BOXW310820HNERXN08", "check digit"),
    ("ZA", "7503305044088", "check digit"),
    ("KR", "640717-1055555", "check digit"),
    ("BD", "18001234567890123", "nobody was born"),
]


@pytest.mark.parametrize(("country", "number", "code"), SOUND)
def test_a_sound_number_is_known_for_what_it_is(country, number, code):
    found = read_number(number, country, None, TODAY)
    assert found is not None and found.valid, found
    assert found.kind.code == code


@pytest.mark.parametrize(("country", "number", "why"), UNSOUND)
def test_an_unsound_number_says_why(country, number, why):
    kinds = [kind.read(number, TODAY) for kind in kinds_of(country, "IDENTITY_CARD")] + [
        kind.read(number, TODAY) for kind in kinds_of(country, "RESIDENCE_PERMIT")
    ]
    assert kinds and not any(found.valid for found in kinds)
    assert any(why in found.sentence for found in kinds), [found.sentence for found in kinds]


@pytest.mark.parametrize(
    ("country", "number", "born", "sex"),
    [
        ("ID", "3171015708450001", date(1945, 8, 17), Sex.FEMALE),
        ("MY", "770305021235", date(1977, 3, 5), Sex.MALE),
        ("MX", "BOXW310820HNERXN09", date(1931, 8, 20), Sex.MALE),
        ("ZA", "7503305044089", date(1975, 3, 30), Sex.MALE),
        ("TW", "A123456789", None, Sex.MALE),
        ("PK", "3420108912318", None, Sex.FEMALE),
        ("VN", "001185012345", None, Sex.FEMALE),
        ("KR", "9710139019902", date(1897, 10, 13), Sex.MALE),
    ],
)
def test_numbers_say_birthday_and_sex_where_they_hold_them(country, number, born, sex):
    found = read_number(number, country, None, TODAY)
    assert found is not None and (found.meaning.born_on, found.meaning.sex) == (born, sex)


def test_every_kind_has_a_code_of_its_own_and_a_document_of_the_graph():
    codes = [kind.code for kinds in COUNTRIES.values() for kind in kinds]
    assert len(codes) == len(set(codes))
    documents = {kind.document for kinds in COUNTRIES.values() for kind in kinds}
    assert documents <= {"IDENTITY_CARD", "PASSPORT", "RESIDENCE_PERMIT", "BUSINESS_LICENCE", "TAX_NUMBER"}


def test_an_unknown_country_is_not_guessed():
    assert read_number("1", "XX", None, TODAY) is None


@given(st.sampled_from(sorted(COUNTRIES)), st.text(max_size=80) | st.from_regex(r"[0-9A-Z]{6,20}", fullmatch=True))
def test_any_text_gets_a_sentence_that_does_not_show_it(country, text):
    for kind in COUNTRIES[country]:
        found = kind.read(text, TODAY)
        assert found.sentence.endswith(".") and len(found.sentence) < 400
        assert len(found.number) < 8 or found.number not in found.sentence

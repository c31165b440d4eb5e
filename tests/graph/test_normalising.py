"""Normal forms: each is its own normal form, and what is no value is refused by name."""

from __future__ import annotations

import importlib.resources
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graph import normalising
from graph.normalising import address, check_text, country, document_number, email, ip_address, phone

FORMS = {each.__name__: each for each in (phone, email, ip_address, country, document_number, address)}


@pytest.mark.parametrize("name", FORMS)
@given(value=st.text(max_size=40) | st.from_regex(r"\+[0-9 ().-]{6,20}") | st.emails() | st.ip_addresses().map(str))
@example(value="Ａ１　北京路５号")
@example(value="ßŉǰΐ")
@example(value="İ")
def test_a_normal_form_is_its_own(name: str, value: str):
    normalise = FORMS[name]
    try:
        normal = normalise(value)
    except ValueError:
        return
    if len(normal) <= 200:  # folding case may lengthen a text beyond what is taken
        try:
            again = normalise(normal)
        except ValueError as error:
            if "characters, and has" not in str(error):
                raise
        else:
            assert again == normal


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+8613800138000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("+1 (415) 555.2671", "+14155552671"),
        ("+2904567", "+2904567"),
    ],
)
def test_a_phone_is_written_in_e164(written: str, normal: str):
    assert phone(written) == normal


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("13800138000", "no country code"),
        ("008613800138000", "no country code"),
        ("+0861380013", "no phone number"),
        ("+861", "no phone number"),
        ("+8613800138000123", "no phone number"),
        ("+86138x0138000", "no phone number"),
        ("+44 (0)20 7946 0958", "not dialled"),
        ("＋8613800138000", "no country code"),
        ("+86１３８00138000", "no phone number"),
        ("", "fill it in"),
        ("+8613800138000\n", "control character"),
    ],
)
def test_what_is_no_phone_is_refused_by_name(written: str, why: str):
    with pytest.raises(ValueError, match=why):
        phone(written)


def test_only_the_domain_of_an_e_mail_is_folded():
    assert email("Wang.Wei+shop@Example.COM") == "Wang.Wei+shop@example.com"
    assert email("王@例子.中国") == "王@例子.中国"


@pytest.mark.parametrize(
    "written", ["", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b..c", "a@b.c.", "a@-b.c", '"a"@b.c', "a@b@", "a@[1.2.3.4]", "a@b_c.d."]
)
def test_what_is_no_e_mail_is_refused(written: str):
    with pytest.raises(ValueError):
        email(written)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:0DB8:0:0:0:0:0:7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::ffff:cb00:7107", "203.0.113.7"),
        ("::", "::"),
    ],
)
def test_an_ip_address_is_written_in_its_shortest_form(written: str, normal: str):
    assert ip_address(written) == normal


@pytest.mark.parametrize(
    "written", ["", "1.2.3", "1.2.3.4/24", "01.2.3.4", "256.1.1.1", "fe80::1%eth0", "[::1]", "1.2.3.4:80", "::1::", "localhost"]
)
def test_what_is_no_ip_address_is_refused(written: str):
    with pytest.raises(ValueError):
        ip_address(written)


def test_spaces_hyphens_and_case_of_a_document_number_do_not_matter():
    assert document_number("110101 1990-0307 123x") == document_number("11010119900307123X") == "11010119900307123X"
    with pytest.raises(ValueError, match="nothing but"):
        document_number(" - ")


def test_spaces_full_width_forms_and_case_of_an_address_do_not_matter():
    assert address("北京路５号　Ａ座") == address("北京路 5号 a座") == "北京路5号a座"
    assert address("Straße 1") == address("STRASSE 1")


def test_nothing_else_of_an_address_is_changed():
    assert address("\u00e9") != address("e\u0301"), "composed and decomposed letters stay apart"
    assert address("ﾊﾝ") == "ﾊﾝ", "half-width forms are no full-width forms"
    assert address("①") == "①"


def test_an_address_of_spaces_is_none():
    with pytest.raises(ValueError, match="nothing but spaces"):
        address(" 　")


def test_countries_are_those_of_iso_3166():
    table = (importlib.resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    assert {line[:2] for line in table.splitlines() if line and not line.startswith("#")} == normalising.COUNTRIES


@pytest.mark.parametrize("written", ["cn", "ZZ", "CHN", "", "C", "ＣＮ"])
def test_what_is_no_country_is_refused(written: str):
    with pytest.raises(ValueError, match="no country of ISO 3166-1"):
        country(written)


@given(st.characters())
def test_text_is_refused_for_controls_and_half_characters_and_for_nothing_else(letter: str):
    category = unicodedata.category(letter)
    if category in ("Cc", "Cs"):
        with pytest.raises(ValueError, match="control character" if category == "Cc" else "lone surrogate"):
            check_text(f"a{letter}b", 64)
    else:
        check_text(f"a{letter}b", 64)


@pytest.mark.parametrize("letter", ["\0", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\ud800"])
def test_each_of_the_letters_that_break_things_is_refused(letter: str):
    with pytest.raises(ValueError):
        check_text(letter, 64)


def test_the_bound_is_in_the_message():
    for text in ("", "x" * 65):
        with pytest.raises(ValueError, match=f"1 to 64 characters, and has {len(text)}"):
            check_text(text, 64)
    check_text("𠮷" * 64, 64)  # counted in characters, not in bytes


@pytest.mark.parametrize("normalise", FORMS.values())
def test_no_message_repeats_the_value(normalise: Callable[[str], str]):
    with pytest.raises(ValueError) as error:
        normalise("secret-value\n")
    assert "secret" not in str(error.value)

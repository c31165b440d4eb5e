"""Entries read from FollowTheMoney JSON Lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.lists import entries
from identity.lists.entries import Entry, ListError, Read, entry_of, read_entries
from identity.names.forms import NameKind


def line(**changes: object) -> bytes:
    person = {
        "id": "NK-1",
        "schema": "Person",
        "caption": "Maria OSETROVA",
        "properties": {
            "name": ["Мария Осетрова", "Maria OSETROVA"],
            "alias": ["Zakharova"],
            "birthDate": ["1988-01-07"],
            "country": ["ru"],
        },
    }
    return json.dumps(person | changes).encode()


def test_a_person_keeps_names_topics_dates_and_countries():
    found = entry_of(
        line(properties={"name": ["A B"], "topics": ["sanction"], "birthDate": ["1988", "1988-01-07"], "nationality": ["RU", "Russia"]})
    )
    assert found == Entry(
        "NK-1", NameKind.PERSON, "Maria OSETROVA", ("A B",), topics=("sanction",), born=("1988", "1988-01-07"), countries=("RU",)
    )


def test_a_first_and_a_last_name_alone_make_a_name():
    found = entry_of(line(caption=None, properties={"firstName": ["Maria"], "lastName": ["Osetrova"]}))
    assert isinstance(found, Entry) and found.name == "Maria Osetrova"


@pytest.mark.parametrize("schema", ["Address", "Payment", "Sanction", "Vessel"])
def test_what_is_neither_person_nor_firm_is_passed_over(schema):
    assert entry_of(line(schema=schema)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (line(id=7), "`id`"),
        (line(id="x" * 201), "`id`"),
        (line(schema=None), "no `schema`"),
        (line(properties=[]), "`properties`"),
        (b" " * 1_000_001, "longer than"),
    ],
)
def test_a_line_that_is_no_entity_says_why(text, why):
    found = entry_of(text)
    assert isinstance(found, str) and why in found


def test_bad_lines_are_reported_with_their_numbers_and_the_rest_is_read():
    read = Read()
    found = list(read_entries([line(), b"{", b"\n", line(id="NK-2"), line(id="NK-2"), line(schema="Address")], read))
    assert [entry.key for entry in found] == ["NK-1", "NK-2"]
    assert (read.entries, read.bad, read.repeated, read.passed_over) == (2, 1, 1, 1)
    assert read.reported is not None and [bad.number for bad in read.reported] == [2]


def test_reports_are_bounded_and_the_others_counted():
    read = Read()
    assert list(read_entries([b"{"] * 100, read)) == []
    assert (read.bad, len(read.reported or ())) == (100, entries.MOST_REPORTED)


def test_a_list_of_too_many_entries_is_refused():
    with pytest.raises(ListError, match="line 3 is one more"):
        list(read_entries([line(id=str(number)) for number in range(4)], Read(), 2))


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    )
)
def test_any_properties_are_read_or_reported(properties):
    entry_of(line(properties=properties))
    found = entry_of(line(properties={"name": properties, "birthDate": properties, "country": properties}))
    assert isinstance(found, Entry) and found.name == "Maria OSETROVA"

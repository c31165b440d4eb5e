"""Columns' texts as values: exact, or refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.importing import reading_values as reading

NAIVE = datetime(1970, 1, 1, 8)  # noqa: DTZ001 - as Parquet gives moments without a zone


@given(st.integers(0, 10**15), st.integers(0, 6))
def test_amounts_are_exact(minor: int, decimals: int):
    written = f"{Decimal(minor).scaleb(-decimals):f}"
    assert reading.minor_units(decimals)(written) == minor


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        ("12.5", 1250),
        ("12", 1200),
        ("0.10", 10),
        (".5", 50),
        ("-3.25", -325),
        ("1.5E3", 150_000),
        (" 7.00 ", 700),
        (0.29, 29),
        (Decimal("8.07"), 807),
        (5, 500),
        ("60668354.0", 6066835400),
        ("12.500", 1250),
    ],
)
def test_amounts_of_the_major_unit_become_minor_units(value: object, minor: int):
    assert reading.minor_units(2)(value) == minor


@pytest.mark.parametrize("value", ["12.345", "1,200.00", "abc", "", "NaN", "Infinity", "1e400", "1" * 41, "٣", "0x10", "1_000", [1], True])
def test_what_is_no_exact_amount_is_refused(value: object):
    with pytest.raises(ValueError):
        reading.minor_units(2)(value)


def test_whole_numbers_are_whole():
    assert reading.whole("90") == reading.whole("90.0") == reading.whole(90) == reading.whole(90.0) == 90
    for wrong in ("9.5", "x", "9" * 41, None):
        with pytest.raises(ValueError):
            reading.whole(wrong)


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "x", "1,5", ""])
def test_numbers_are_finite(value: str):
    with pytest.raises(ValueError):
        reading.number(value)


def test_truth_is_told_in_few_words():
    assert [reading.boolean(each) for each in ("true", "FALSE", "1", "no", True)] == [True, False, True, False, True]
    with pytest.raises(ValueError, match="neither true nor false"):
        reading.boolean("maybe")


@pytest.mark.parametrize(
    ("form", "zone", "value", "instant"),
    [
        ("iso", "UTC", "1970-01-01T00:00:01Z", 1000),
        ("iso", "UTC", "1970-01-01 00:00:00.25", 250),
        ("iso", "UTC", "1970-01-01T08:00:00+08:00", 0),
        ("iso", "Asia/Shanghai", "1970-01-01 08:00:00", 0),
        ("iso", "Asia/Shanghai", "1970-01-01T00:00:00Z", 0),
        ("iso", "UTC", "1969-12-31T23:59:59.999", -1),
        ("epoch_ms", "UTC", "1636994977131", 1636994977131),
        ("epoch_s", "UTC", "1636994977", 1636994977000),
        ("epoch_s", "UTC", 1636994977.5, 1636994977500),
        ("%d.%m.%Y %H:%M", "Europe/Berlin", "23.11.2026 09:30", 1795422600000),
        ("%Y-%m-%dT%H:%M:%S%z", "UTC", "1970-01-01T01:00:00+0100", 0),
        ("iso", "UTC", datetime(1970, 1, 1, 8, tzinfo=timezone(timedelta(hours=8))), 0),
        ("iso", "Asia/Shanghai", NAIVE, 0),
    ],
)
def test_moments_are_milliseconds(form: str, zone: str, value: object, instant: int):
    assert reading.moment(form, zone)(value) == instant


def test_of_two_equal_times_the_earlier_is_meant():
    berlin = reading.moment("iso", "Europe/Berlin")
    assert berlin("2026-10-25 02:30:00") == int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("form", ["iso", "epoch_ms", "epoch_s", "%d.%m.%Y"])
@given(st.text(max_size=45) | st.none() | st.lists(st.integers(), max_size=2) | st.integers() | st.floats())
def test_any_value_is_a_moment_and_a_day_or_refused(form: str, value: object):
    for read in (reading.moment(form, "Asia/Shanghai"), reading.day(form)):
        found: object = ""
        try:
            found = read(value)
        except ValueError as error:
            found = str(error)
        assert isinstance(found, (int, str))


@pytest.mark.parametrize(
    ("form", "value", "day"),
    [
        ("iso", "1991-12-21 00:00:00", "1991-12-21"),
        ("iso", "1991-12-21", "1991-12-21"),
        ("%d/%m/%Y", "21/12/1991", "1991-12-21"),
        ("epoch_ms", "597196800000", "1988-12-04"),
        ("iso", date(1991, 12, 21), "1991-12-21"),
        ("iso", NAIVE, "1970-01-01"),
    ],
)
def test_days_are_of_the_calendar(form: str, value: object, day: str):
    assert reading.day(form)(value) == day


def test_texts_are_taken_as_json_writes_them():
    assert [reading.text(each) for each in ("a", 7, 2.5, True, Decimal("1.10"), date(2026, 1, 2))] == [
        "a",
        "7",
        "2.5",
        "true",
        "1.10",
        "2026-01-02",
    ]
    wrong: object
    for wrong in ({}, [], b"x"):
        with pytest.raises(ValueError, match="map one of its fields"):
            reading.text(wrong)

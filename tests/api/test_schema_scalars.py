"""Scalars are read strictly and written one way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from api.schema import scalars
from api.schema.scalars import read_day, read_long, read_milliseconds, read_moment, read_probability, write_milliseconds, write_moment

FIRST = -62_135_596_800_000
LAST = 253_402_300_799_999


@given(st.integers(FIRST, LAST))
def test_a_moment_is_read_as_it_was_written(instant):
    assert read_moment(write_moment(instant)) == instant


@given(st.integers(FIRST, LAST))
def test_a_moment_is_written_as_rfc_3339_in_utc_with_milliseconds(instant):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)
    assert write_moment(instant) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-23T08:30:00Z", "2026-11-23T08:30:00.000Z"),
        ("2026-11-23t08:30:00.1z", "2026-11-23T08:30:00.100Z"),
        ("2026-11-23T16:30:00.123456789+08:00", "2026-11-23T08:30:00.123Z"),
        ("2026-11-22T20:00:00-12:30", "2026-11-23T08:30:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
    ],
)
def test_other_offsets_and_precisions_are_converted(text, same):
    assert write_moment(read_moment(text)) == same


@pytest.mark.parametrize(
    "wrong",
    ["2026-11-23", "2026-11-23T08:30Z", "2026-11-23T08:30:00", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T08:30:00+24:00",
     "2026-11-23T08:30:60Z", "2026-11-23 08:30:00Z", "", "Z" * 50, 1_700_000_000_000, 1.5, True, None, [], "٢٠٢٦-11-23T08:30:00Z"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(wrong):
    with pytest.raises(GraphQLError):
        read_moment(wrong)


@given(st.text())
def test_any_text_is_a_moment_or_refused(text):
    try:
        instant = read_moment(text)
    except GraphQLError:
        return
    assert read_moment(write_moment(instant)) == instant


@pytest.mark.parametrize(
    "wrong", ["2026-02-30", "20261123", "2026-W47-1", "2026-11-3", "2026-11-23T00:00:00Z", 20261123, None, "２０２６-11-23"]
)
def test_what_is_no_day_is_refused(wrong):
    with pytest.raises(GraphQLError):
        read_day(wrong)


def test_a_day_stays_as_it_is():
    assert read_day("2024-02-29") == "2024-02-29"


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_long_is_read_from_digits_and_from_a_json_integer(number):
    assert read_long(str(number)) == number
    assert read_long(number) == number


@pytest.mark.parametrize(
    "wrong", [2**63, -(2**63) - 1, str(2**63), "1" * 5_000, "1.0", 1.0, "1e3", "+1", " 1", "1_000", "٣", "", True, None, float("nan")]
)
def test_what_does_not_fit_64_bits_or_is_no_integer_is_refused(wrong):
    with pytest.raises(GraphQLError):
        read_long(wrong)


def test_a_long_is_written_as_digits():
    write = scalars.SCALARS[scalars.Long].serialize
    assert write is not None and write(9_007_199_254_740_993) == "9007199254740993"


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), float("inf"), "0.5", True, None])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(GraphQLError):
        read_probability(wrong)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "1", False, None, 10**400])
def test_what_is_no_span_of_time_is_refused(wrong):
    with pytest.raises(GraphQLError):
        read_milliseconds(wrong)


@given(st.floats(0, 1e12))
def test_a_span_has_at_most_three_decimals(span):
    text = json.dumps(write_milliseconds(span))
    assert len(text.partition(".")[2]) <= 3


@pytest.mark.parametrize(("scalar", "right", "wrongs"), [
    (scalars.CurrencyCode, "CNY", ["cny", "CN", "CNYY", "C1Y", "", 156, "ＣＮＹ"]),
    (scalars.CountryCode, "CN", ["cn", "CHN", "C1", "", 86, "ＣＮ"]),
])  # fmt: skip
def test_codes_are_capital_letters_of_one_length(scalar, right, wrongs):
    read = scalars.SCALARS[scalar].parse_value
    assert read is not None and read(right) == right
    for wrong in wrongs:
        with pytest.raises(GraphQLError):
            read(wrong)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), None, [], {}])
def test_a_signal_is_never_written_as_what_json_has_not(wrong):
    with pytest.raises(ValueError):
        scalars.write_scalar(wrong)

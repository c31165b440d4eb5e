from __future__ import annotations

from graph.currencies import MINOR_DIGITS


def test_every_code_is_three_capital_letters_and_stands_once() -> None:
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in MINOR_DIGITS)
    assert len(MINOR_DIGITS) == 165


def test_minor_units_are_those_of_the_standard() -> None:
    assert [MINOR_DIGITS[code] for code in ("CNY", "EUR", "INR", "JPY", "KRW", "KWD", "TND", "CLF")] == [2, 2, 2, 0, 0, 3, 3, 4]


def test_what_is_no_money_of_today_is_no_currency() -> None:
    metals_and_tests, withdrawn, never = {"XAU", "XXX", "XTS", "XDR"}, {"DEM", "HRK", "BGN", "ANG"}, {"RMB", "BTC", "ABC", "cny", ""}
    assert not (metals_and_tests | withdrawn | never) & MINOR_DIGITS.keys()

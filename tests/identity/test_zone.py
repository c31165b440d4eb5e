"""The machine-readable zone: the specimens of Doc 9303, and what cameras do to them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.zone import check_digit, mend, read_zone

TODAY = date(2012, 1, 1)
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"


@pytest.mark.parametrize(("text", "format_", "number"), [(TD3, "TD3", "L898902C3"), (TD2, "TD2", "D23145890"), (TD1, "TD1", "D23145890")])
def test_the_specimens_hold_and_say_who_it_is(text, format_, number):
    zone = read_zone(text, TODAY)
    assert (zone.format, zone.flaws, zone.number, zone.mended) == (format_, (), number, 0)
    assert (zone.surname, zone.given_names, zone.sex, zone.issuer, zone.nationality) == ("ERIKSSON", "ANNA MARIA", "F", "UTO", "UTO")
    assert (zone.born_on, zone.expires_on) == (date(1974, 8, 12), date(2012, 4, 15))


def test_a_long_number_of_a_card_goes_on_in_the_optional_data():
    first = "I<UTOD23145890<" + "7349<<<<<<<<<<<"
    assert check_digit("D23145890<734") == "9"
    second = "7408122F1204159UTO<<<<<<<<<<<"
    composite = check_digit(first[5:30] + second[0:7] + second[8:15] + second[18:29])
    zone = read_zone("\n".join((first, second + composite, "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")), TODAY)
    assert (zone.number, zone.flaws) == ("D23145890734", ())


def test_letters_among_digits_are_mended_where_the_check_digit_then_holds():
    zone = read_zone(TD3.replace("7408122F1204159", "74O8I22FI2O4159"), TODAY)
    assert (zone.flaws, zone.born_on, zone.mended) == ((), date(1974, 8, 12), 4)
    zone = read_zone(TD3.replace("L898902C36", "L8989O2C36"), TODAY)
    assert (zone.number, zone.mended, zone.flaws) == ("L898902C3", 1, ())


def test_a_digit_that_no_camera_mistakes_so_is_a_flaw():
    zone = read_zone(TD3.replace("L898902C36", "L898972C36"), TODAY)
    assert "check digit of its number" in zone.flaws[0]
    assert any("all fields" in flaw for flaw in zone.flaws)


def test_a_mending_is_made_only_where_it_alone_holds():
    assert mend("AOB", check_digit("A0B"), digits=False) == ("A0B", check_digit("A0B"))
    # O for 0 adds 24 times the weight to the sum: the 1st and the 4th place have one weight, so both mendings hold, and neither is made.
    assert check_digit("OBC0") == check_digit("0BCO")
    assert mend("OBCO", check_digit("OBC0"), digits=False) is None
    assert mend("8S", check_digit("85"), digits=False) is None, "other pairs are mended among digits alone"


@pytest.mark.parametrize("place", range(44))
def test_every_wrong_sign_of_the_second_line_is_seen_or_mended(place):
    first, second = TD3.split("\n")
    other = "7" if second[place] != "7" else "4"
    zone = read_zone(f"{first}\n{second[:place]}{other}{second[place + 1 :]}", TODAY)
    if 10 <= place < 13 or place == 20:  # nationality and sex have no check digit
        return
    assert zone.flaws != () or zone.mended > 0


def test_impossible_dates_and_no_surname_are_flaws():
    line = "L898902C36UTO7413322F1204159ZE184226B<<<<<10"
    assert read_zone("P<UTO<<ANNA<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n" + line, TODAY).flaws != ()
    body = "741332"
    zone = read_zone(TD3.replace("7408122", body + check_digit(body)), TODAY)
    assert any("no calendar" in flaw for flaw in zone.flaws)


def test_a_run_without_line_ends_and_lost_fillers_are_read():
    assert read_zone(TD3.replace("\n", ""), TODAY).flaws == ()
    first, second = TD3.split("\n")
    assert read_zone(f"{first[:-4]}\n{second}", TODAY).flaws == ()
    assert read_zone(f" {first.lower()} \n\n{second}\n", TODAY).flaws == ()


@given(st.text(max_size=500) | st.text("ABCO01<5S8B \n", max_size=140), st.dates())
def test_any_text_on_any_day_is_answered(text, on):
    zone = read_zone(text, on)
    assert zone.format in {None, "TD1", "TD2", "TD3"}


@given(st.lists(st.text("ABCO01<5S8B9", min_size=44, max_size=44), min_size=2, max_size=2), st.dates())
def test_no_arbitrary_zone_breaks_the_reader(lines, on):
    assert read_zone("\n".join(lines), on).format == "TD3"

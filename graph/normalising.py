"""What makes two values one: each function gives the normal form of a value, or raises `ValueError` with what is wrong and what to do.

Every normal form is its own normal form. Nothing is normalised but what semantics 11 names: phones, e-mail domains, IP addresses,
document numbers and addresses of places. Messages never repeat the value, which may be personal.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Final

LONGEST_KEY: Final = 64
"""Characters of a key, of a fact's id, of a document's number."""

LONGEST_ADDRESS: Final = 200
LONGEST_EMAIL: Final = 254
"""RFC 5321, 4.5.3.1.3, less the brackets."""

LONGEST_PHONE: Final = 32
"""Characters as written; 7 to 15 of them are digits (E.164)."""

_COUNTRIES: Final = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH "
    "CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN "
    "GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI "
    "LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM "
    "PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD "
    "TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES: Final = frozenset(_COUNTRIES.split())
"""ISO 3166-1 two-letter codes."""

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_MARKS: Final = str.maketrans("", "", " -().")
_LOCAL: Final = re.compile(r'[^\s@"(),:;<>\[\]\\]{1,64}')
_LABEL: Final = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_DOCUMENT_MARKS: Final = str.maketrans("", "", "-\u2010\u2011")
_WIDE: Final = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF01, 0xFFE7)
                if unicodedata.decomposition(chr(code)).startswith("<wide>")}  # fmt: skip
"""Full-width forms to ordinary ones."""


def check_text(value: str, longest: int) -> None:
    """Raise `ValueError` unless the text has 1 to `longest` characters, none of them a control character or half of a pair."""
    if not 0 < len(value) <= longest:
        raise ValueError(
            f"must have 1 to {longest} characters, and has {len(value)}: {'shorten it' if value else 'fill it in or leave it out'}"
        )
    if value.isprintable():
        return  # quick: what is printable is neither; the searches below decide for the rest
    if _SURROGATE.search(value):
        raise ValueError("holds a lone surrogate, which is no character: send whole characters in UTF-8")
    if _CONTROL.search(value):
        raise ValueError("holds a control character (Unicode category Cc; line breaks and tabs are such): take it out")


def phone(value: str) -> str:
    """`+8613800138000` from a number as written; spaces, hyphens, dots and brackets do not matter (ITU-T E.164)."""
    check_text(value, LONGEST_PHONE)
    if "(0)" in value:
        raise ValueError("holds (0), which is not dialled after a country code: leave it out")
    normal = value.translate(_PHONE_MARKS)
    if not normal.startswith("+"):
        raise ValueError("has no country code: write it like +8613800138000, with + and the country's code first")
    if not _PHONE.fullmatch(normal):
        raise ValueError("is no phone number: after + come 7 to 15 digits, the first not 0 (E.164), like +8613800138000")
    return normal


def email(value: str) -> str:
    """The address with its domain in lower case; the part before the @ is kept as it is (RFC 5321, 2.4)."""
    check_text(value, LONGEST_EMAIL)
    local, _, domain = value.rpartition("@")
    domain = domain.lower()
    labels = domain.split(".")
    if not _LOCAL.fullmatch(local) or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("is no e-mail address: write it like wang@example.com, without spaces, quotes or brackets")
    return f"{local}@{domain}"


def ip_address(value: str) -> str:
    """The address in its shortest form (RFC 5952); an IPv4 address written inside IPv6 (`::ffff:1.2.3.4`) is the IPv4 address."""
    check_text(value, LONGEST_KEY)
    try:
        if ":" not in value:
            return str(ipaddress.IPv4Address(value))
        # A zone is of one machine alone; the slash makes it as wrong as anything else that is no address.
        address = ipaddress.IPv6Address(value.replace("%", "/"))
    except ValueError:
        raise ValueError("is no IP address: write IPv4 like 203.0.113.7 or IPv6 like 2001:db8::7, without port, zone or prefix") from None
    return str(address.ipv4_mapped or address)


def country(value: str) -> str:
    """The two-letter code itself, when it is one of ISO 3166-1."""
    if value not in COUNTRIES:
        raise ValueError("is no country of ISO 3166-1: give its two capital letters, like CN")
    return value


def document_number(value: str) -> str:
    """The number in capitals without spaces and hyphens."""
    check_text(value, LONGEST_KEY)
    normal = "".join(value.translate(_DOCUMENT_MARKS).split()).upper()
    if not normal:
        raise ValueError("holds nothing but spaces and hyphens: give the number as printed")
    return normal


def document_key(kind: str, issued_by: str, number: str) -> str:
    """`IDENTITY_CARD:CN:11010119900307123X`: kind, country and normal number."""
    return f"{kind}:{issued_by}:{number}"


def address(value: str) -> str:
    """The address without spaces, full-width forms made ordinary, case folded: two places with the same are one."""
    check_text(value, LONGEST_ADDRESS)
    normal = "".join(value.translate(_WIDE).casefold().split())
    if not normal:
        raise ValueError("holds nothing but spaces: give the address as written locally")
    return normal


def place_key(in_country: str, normal_address: str) -> str:
    """`CN:normal address`."""
    return f"{in_country}:{normal_address}"

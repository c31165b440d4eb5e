"""Masked labels: what anybody may see of a personal value, and never enough to know it.

`label` gives an entity's from its kind and key; `name_label` a person's from the name. Both are total: any text gives a label.
"""

from __future__ import annotations

import unicodedata

from graph.model import EntityKind

STARS = "****"


def label(kind: EntityKind, key: str) -> str:
    """Label of an entity by its key or normalised value (see `graph.normalising`); keys of the institution's own are no secret to it."""
    match kind:
        case EntityKind.PHONE:
            return _phone(key)
        case EntityKind.EMAIL:
            return _email(key)
        case EntityKind.IP_ADDRESS:
            return _ip_address(key)
        case EntityKind.PLACE:
            return _place(key)
        case EntityKind.DOCUMENT:
            return _tail(key.rsplit(":", 1)[-1])
        case EntityKind.ACCOUNT | EntityKind.DEVICE | EntityKind.FACE:
            return _tail(key)
        case _:
            return key


def name_label(name: str) -> str:
    """`Zhang *` for `Zhang San`, `张**` for `张小明`, `B***` for a single word: the first part, never the whole."""
    words = name.split()
    if not words:
        return STARS
    first = words[0]
    if _is_cjk(first[0]):
        rest = sum(map(len, words)) - 1
        return first[0] + "*" * min(max(rest, 1), 3)
    if len(words) > 1:
        return f"{first[:20]} *"
    return first[0] + "***"


def _tail(value: str) -> str:
    """`****1234`: at most the last four characters, and at most a third of all."""
    shown = min(4, len(value) // 3)
    return STARS + (value[-shown:] if shown else "")


def _phone(value: str) -> str:
    """`138****8000` in China, `+44****0958` elsewhere; at most the last four, and two of a short number."""
    if value.startswith("+86") and len(value) == 14:
        return f"{value[3:6]}{STARS}{value[-4:]}"
    return value[:3] + STARS + (value[-4:] if len(value) >= 11 else value[-2:])


def _email(value: str) -> str:
    """`z***@example.com`; of a single letter before the @ nothing is shown."""
    local, _, domain = value.rpartition("@")
    return f"{local[0] if len(local) > 1 else ''}***@{domain}" if local else STARS


def _ip_address(value: str) -> str:
    """`203.0.*.*`, and `2001:db8:*` for IPv6."""
    groups, octets = value.split(":"), value.split(".")
    if len(groups) > 2:
        return ":".join(group for group in groups[:2] if group) + ":*"
    return f"{octets[0]}.{octets[1]}.*.*" if len(octets) == 4 else STARS


def _place(value: str) -> str:
    """`浙江***, CN`: the first letters, digits hidden, and the country."""
    in_country, _, address = value.partition(":")
    shown = 2 if address and _is_cjk(address[0]) else min(3, len(address) // 3)
    start = "".join("*" if letter.isdigit() else letter for letter in address[:shown])
    return f"{start}***, {in_country}"


def _is_cjk(letter: str) -> bool:
    """Whether a letter is of a script whose names are written without spaces, the family name first."""
    return unicodedata.name(letter, "").startswith(("CJK", "HANGUL", "HIRAGANA", "KATAKANA"))

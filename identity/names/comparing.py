"""How alike two names are, from 0 to 1, and why.

Words are paired, each with the one that it is nearest to (optimal string alignment distance, a phonetic key, initials). What counts is
the share of weight that is paired. A word that one name has and the other lacks is an absence and costs little: people leave out
patronymics. Words that both have and that differ are a conflict and cost more than they weigh: brothers share all but one. Typing
slips that move spaces are seen by comparing the names written together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from identity.names.chinese import syllables
from identity.names.forms import Name, NameKind
from identity.names.words import GENERIC, NICKNAMES, PARTICLES

CONFLICT: Final = 1.2
"""What a weight of differing words costs, in matched weight."""

ABSENCE: Final = 0.25
"""What a weight of words costs that the other name lacks."""

SLIP: Final = 1.3
"""What one wrong letter costs, in letters of the word."""

TOGETHER_SLIP: Final = 1.6
"""Likewise in names written together."""

NEAREST: Final = 0.55
"""Words that are less alike than this are different words."""

SOUND: Final = 0.88
"""How alike words are that only sound alike."""

INITIAL: Final = 0.8
"""How alike an initial is to a word that begins with it."""

PINYIN: Final = 0.97
"""A name in Chinese characters against its pinyin, which other characters share."""

HOMOPHONE: Final = 0.4
"""How alike two Chinese characters of one reading are: a slip of input methods, but most often another person."""

ALONE: Final = 0.92
"""A name of one word says less than one of two."""

Weigh = Callable[[str], float]
"""How much a word weighs, 0 to 1: rare words more."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are, 0 to 1, and why: the rest of a sentence."""

    score: float
    why: str


DIFFERENT: Final = Likeness(0.0, "no part of the names agrees")


def likeness(one: Name, other: Name, weigh: Weigh | None = None) -> Likeness:
    """How alike two names are, whichever way round; `weigh` knows which words are rare."""
    measure = weight_of if weigh is None else weigh
    if one.han and other.han:
        return _by_characters(one, other)
    best = DIFFERENT
    for mine in one.forms:
        for theirs in other.forms:
            found = _by_words(mine, theirs, measure, one.kind)
            best = found if found.score > best.score else best
    if one.han or other.han:
        return Likeness(best.score * PINYIN, f"compared in pinyin, {best.why}")
    return best


def weight_of(word: str) -> float:
    """How much a word weighs without knowing a list: particles little, words of many firms half."""
    if word in PARTICLES:
        return 0.25
    if len(word) == 1:
        return 0.3
    return 0.6 if word in GENERIC else 1.0


def _by_characters(one: Name, other: Name) -> Likeness:
    """Two names in Chinese characters, in whichever order."""
    found = [
        _characters(mine, theirs, one.kind) for mine in (one.han, one.turned) if mine for theirs in (other.han, other.turned) if theirs
    ]
    return max(found, key=lambda near: near.score)


def _characters(mine: str, theirs: str, kind: NameKind) -> Likeness:
    """Each character counts, one of the same sound a little."""
    if mine == theirs:
        return Likeness(1.0, "the characters agree")
    distance = OSA.distance(mine, theirs)
    longest = max(len(mine), len(theirs))
    share = 1.0 - distance / longest
    if kind is NameKind.PERSON:
        if len(mine) == len(theirs):
            homophones = sum(a != b and _one_sound(a, b) for a, b in zip(mine, theirs, strict=True))
            share += HOMOPHONE * homophones / longest
        return Likeness(share, f"{distance} of {longest} characters differ")
    return Likeness(max(0.0, 1.0 - 1.3 * distance / longest), f"{distance} of {longest} characters differ")


def _one_sound(one: str, other: str) -> bool:
    return syllables(one)[0] == syllables(other)[0]


def _by_words(mine: tuple[str, ...], theirs: tuple[str, ...], weigh: Weigh, kind: NameKind) -> Likeness:
    """The better of comparing word by word and comparing what is written together."""
    if not mine or not theirs:
        return DIFFERENT
    paired = _paired(mine, theirs, weigh, kind)
    if paired.score >= 0.97:
        return paired
    together = _together(mine, theirs)
    return together if together.score > paired.score else paired


def _paired(mine: tuple[str, ...], theirs: tuple[str, ...], weigh: Weigh, kind: NameKind) -> Likeness:
    alike = sorted(
        (
            (found, -abs(a - b), a, b)
            for a, word in enumerate(mine)
            for b, their in enumerate(theirs)
            if (found := words_alike(word, their, kind)) >= NEAREST
        ),
        reverse=True,
    )
    taken, given = set[int](), set[int]()
    matched = paired = 0.0
    agreeing = near = 0
    for found, _, a, b in alike:
        if a in taken or b in given:
            continue
        taken.add(a)
        given.add(b)
        weight = (weigh(mine[a]) + weigh(theirs[b])) / 2
        matched += weight * found
        paired += weight
        agreeing += found == 1.0
        near += found < 1.0
    if not taken:
        return DIFFERENT
    left = [word for place, word in enumerate(mine) if place not in taken]
    missed = [word for place, word in enumerate(theirs) if place not in given]
    # A name said twice (`Shoigu Shoigu Sergey`) is no absence.
    left = [word for word in left if word not in theirs]
    missed = [word for word in missed if word not in mine]
    mine_left, theirs_left = sum(map(weigh, left)), sum(map(weigh, missed))
    conflict = min(mine_left, theirs_left)
    score = matched / (paired + CONFLICT * conflict + ABSENCE * (abs(mine_left - theirs_left)))
    if len(mine) == 1 or len(theirs) == 1:
        score *= ALONE if len(mine) != len(theirs) else 1.0
    return Likeness(score, _why(agreeing, near, left, missed, conflict))


def _why(agreeing: int, near: int, left: list[str], missed: list[str], conflict: float) -> str:
    parts = [f"{agreeing} {'word agrees' if agreeing == 1 else 'words agree'}"] if agreeing else []
    parts += [f"{near} {'is' if near == 1 else 'are'} spelled alike"] if near else []
    if conflict > 0:
        parts.append(f"{max(len(left), len(missed))} differ{'s' if max(len(left), len(missed)) == 1 else ''}")
    elif left or missed:
        count = len(left) + len(missed)
        parts.append(f"{count} {'stands' if count == 1 else 'stand'} in one name alone")
    return ", ".join(parts)


def _together(mine: tuple[str, ...], theirs: tuple[str, ...]) -> Likeness:
    """Names written without spaces, in both orders that people use: spaces that moved, words run together or apart."""
    my_text, their_text = "".join(mine), "".join(theirs)
    longest = max(len(my_text), len(their_text))
    if my_text != their_text and (longest < 5 or abs(len(my_text) - len(their_text)) > longest // 3):
        return DIFFERENT
    if [sign for sign in my_text if sign.isdigit()] != [sign for sign in their_text if sign.isdigit()]:
        return DIFFERENT  # another number is another thing, not a slip
    orders = {my_text, "".join(sorted(mine))}
    if len(mine) > 1:
        orders |= {"".join((*mine[1:], mine[0])), "".join((mine[-1], *mine[:-1]))}
    theirs_sorted = "".join(sorted(theirs))
    limit = max(1, longest // 5)
    distance = min(
        min(OSA.distance(text, their_text, score_cutoff=limit) for text in orders),
        OSA.distance("".join(sorted(mine)), theirs_sorted, score_cutoff=limit),
    )
    if distance > limit:
        return DIFFERENT
    letters = "letter differs" if distance == 1 else "letters differ"
    score = 0.98 - TOGETHER_SLIP * distance / longest
    return Likeness(
        max(0.0, score), f"written together {distance} of {longest} {letters}" if distance else "they agree but for their spaces"
    )


@lru_cache(maxsize=200_000)
def words_alike(one: str, other: str, kind: NameKind = NameKind.PERSON) -> float:
    """How alike two words are, 0 to 1."""
    if one == other:
        return 1.0
    if one.isdigit() or other.isdigit():
        return 0.0
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    if len(short) == 1:
        return INITIAL if kind is NameKind.PERSON and long.startswith(short) else 0.0
    if kind is NameKind.PERSON and NICKNAMES.get(one, one) == NICKNAMES.get(other, other):
        return 0.95
    distance = OSA.distance(one, other)
    spelled = 1.0 - SLIP * distance / len(long)
    if len(short) >= 4 and distance <= 2 + len(long) // 4 and len(sound(one)) >= 2 and sound(one) == sound(other):
        spelled = max(spelled, SOUND)
    return max(0.0, spelled)


_SOUNDS: Final = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        ("shch|sch|sh|tch|zh", "S"),
        ("ch|ts|tz|c(?=[ei])", "C"),
        ("ph", "f"),
        ("kh|gh|ck|q|x", "k"),
        ("th|dh|d", "t"),
        ("c|g", "k"),
        ("w|v|b", "v"),
        ("z", "s"),
        ("j|y", "i"),
        ("h", ""),
    )
)
_VOWELS: Final = re.compile("[aeiou]+")
_DOUBLE: Final = re.compile(r"(.)\1+")


@lru_cache(maxsize=200_000)
def sound(word: str) -> str:
    """The consonants that one hears, the first vowel as `a`: `muhammad`, `mohamed` and `mehmet` are one."""
    heard = word
    for pattern, sign in _SOUNDS:
        heard = pattern.sub(sign, heard)
    head = "a" if heard[:1] in {"a", "e", "i", "o", "u"} else ""
    heard = head + _VOWELS.sub("", heard)
    return _DOUBLE.sub(r"\1", heard)

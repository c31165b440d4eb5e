"""A name taken apart: words in Latin letters in one or more forms, and its Chinese characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from identity.names.chinese import firm_form, is_han, is_surname, person_forms, simplified
from identity.names.scripts import latin
from identity.names.words import MIXED, SAME, SLIPS, SWAPS, TITLES, without_han_form, without_legal_form

LONGEST_NAME: Final = 300
"""Characters of a name that are looked at."""

MOST_TOKENS: Final = 14
"""Words of a name that are looked at."""

QUOTES: Final = re.compile("['\u2018\u2019\u201b\u02bb\u02bc`\u00b4\u05f3\u2032\u02be\u02bf]")
DOTTED: Final = re.compile(r"\b(?:[^\W\d_]\.[ ]?){1,5}[^\W\d_]\b\.?")
WORD: Final = re.compile(r"[^\W_]+")
NUMBER: Final = re.compile(r"(\d+)")


class NameKind(StrEnum):
    """Whose name it is: persons have titles and surnames, firms legal forms."""

    PERSON = "PERSON"
    FIRM = "FIRM"


@dataclass(frozen=True, slots=True)
class Name:
    """One name as it is compared: `forms` hold its words in Latin letters, `han` its Chinese characters, if any."""

    kind: NameKind
    text: str
    forms: tuple[tuple[str, ...], ...]
    han: str = ""
    turned: str = ""
    """The characters in the other order, where it cannot be told which of them are the surname."""

    @staticmethod
    def of(text: str, kind: NameKind) -> Name:
        """A name taken apart; what is longer than `LONGEST_NAME` is cut, and a text without a letter has one form without words."""
        return _taken_apart(text[:LONGEST_NAME], kind)


@lru_cache(maxsize=4_096)
def _taken_apart(text: str, kind: NameKind) -> Name:
    han = simplified(text)
    if han:
        return _chinese(text, kind, han) if kind is NameKind.FIRM else _chinese_person(text, han)
    return Name(kind, text, (_words(text, kind),))


def _chinese(text: str, kind: NameKind, han: str) -> Name:
    """A firm's name with Chinese characters: those in English words and pinyin, and what else there is behind them."""
    own = without_han_form(han)
    return Name(kind, text, ((*firm_form(own), *_other_words(text, kind)),), own)


def _chinese_person(text: str, han: str) -> Name:
    """A person's name with Chinese characters, in pinyin; `小明 王` is 王小明 said the other way round, and `利 许` may be either."""
    groups = [found for group in text.split() if (found := simplified(group))]
    forms, turned = person_forms(han), ""
    if len(groups) > 1 and is_surname(groups[-1]):
        turned = groups[-1] + "".join(groups[:-1])
        forms = (*forms, *person_forms(turned))
        if not is_surname(groups[0]):
            han, turned = turned, ""
    other = _other_words(text, NameKind.PERSON)
    return Name(NameKind.PERSON, text, (*forms, other) if other else forms, han, turned)


def _other_words(text: str, kind: NameKind) -> tuple[str, ...]:
    return _words("".join(" " if is_han(sign) else sign for sign in text), kind)


def _words(text: str, kind: NameKind) -> tuple[str, ...]:
    """The words of a name in Latin letters, without accents, titles or legal form."""
    folded = QUOTES.sub("", unicodedata.normalize("NFKC", text)).casefold()
    folded = folded.replace("&", " and ")
    if kind is NameKind.FIRM:
        folded = DOTTED.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", folded)
    bare = "".join(sign for sign in unicodedata.normalize("NFD", folded) if not _is_accent(sign))
    bare = unicodedata.normalize("NFC", bare)
    words = [SAME.get(word, word) for word in (latin(found) for found in WORD.findall(bare)) if word][:MOST_TOKENS]
    if kind is NameKind.FIRM:
        return without_legal_form(tuple(part for word in words for part in NUMBER.split(word) if part))
    words = [word.translate(SWAPS) if MIXED.fullmatch(word) else word for word in words]
    persons = [word for word in words if word not in TITLES]
    # A firm's form behind a person's name is a slip of whoever entered it.
    while len(persons) > 1 and persons[-1] in SLIPS:
        persons.pop()
    return tuple(persons or words)


def _is_accent(sign: str) -> bool:
    """Accents of Latin, Greek and Cyrillic and the vowel points of Hebrew and Arabic; signs of Indic scripts and kana are letters."""
    return "\u0300" <= sign <= "\u036f" or "\u0591" <= sign <= "\u05c7" or "\u064b" <= sign <= "\u0655" or sign == "\u0670"

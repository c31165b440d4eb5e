"""Words of names that are not the name: legal forms, titles, particles; and what is short for what."""

from __future__ import annotations

import re
from typing import Final

LEGAL_FORMS: Final[tuple[str, ...]] = (
    "limited liability company", "limited liability partnership", "public limited company", "private limited company", "joint stock company",
    "open joint stock company", "closed joint stock company", "public joint stock company", "sociedad anonima", "societe anonyme",
    "sociedad de responsabilidad limitada", "societatea cu raspundere limitata", "gesellschaft mit beschrankter haftung", "aktiengesellschaft",
    "obshchestvo s ogranichennoy otvetstvennostyu", "aktsionernoe obshchestvo", "naamloze vennootschap", "besloten vennootschap", "company limited",
    "co ltd", "pte ltd", "pvt ltd", "pty ltd", "private limited", "sdn bhd", "sp z o o", "s r o", "s p a", "s a r l", "s r l", "s a", "n v", "b v", "a s",
    "l l c", "p l c", "n a", "de c v", "s a de c v", "g m b h", "incorporated", "corporation", "limited", "company", "inc", "corp", "ltd", "llc", "llp", "lp",
    "plc", "co", "gmbh", "ag", "akg", "kg", "se", "sa", "sas", "sarl", "srl", "spa", "nv", "bv", "ab", "as", "asa", "oy", "oyj", "jsc", "ojsc", "cjsc", "pjsc",
    "ooo", "oao", "zao", "pao", "ao", "ano", "too", "doo", "ad", "ood", "eood", "kft", "zrt", "sro", "spzoo", "pte", "pty", "pvt", "bhd", "sdn", "tbk", "pt",
    "kk", "kabushiki kaisha", "na", "lc", "gruppe", "gbr", "ev",
)  # fmt: skip
"""As tokens, without dots and accents; the longest that fits is taken off."""

HAN_LEGAL_FORMS: Final = (
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "有限公司",
    "株式会社",
    "总公司",
    "分公司",
    "公司",
    "企业",
    "厂",
    "商行",
    "店",
)
"""Likewise in Chinese characters, at the end of a name."""

SLIPS: Final = frozenset({"llc", "ltd", "inc", "gmbh", "limited", "ooo", "plc"})
"""Legal forms that are nobody's name: what people enter behind one by mistake. Others are names, too: `Na`, `An`, `Ag`."""

TITLES: Final = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "prof",
        "professor",
        "sir",
        "dame",
        "lord",
        "lady",
        "herr",
        "frau",
        "hr",
        "sheikh",
        "shaikh",
        "shaykh",
        "haji",
        "hajji",
        "hadji",
        "mullah",
        "maulavi",
        "mawlawi",
        "mawlana",
        "maulana",
        "qari",
        "hafiz",
        "sayyed",
        "sayed",
        "syed",
        "sheik",
        "general",
        "gen",
        "colonel",
        "col",
        "major",
        "capt",
        "captain",
        "president",
        "prasident",
        "minister",
        "senator",
        "judge",
        "ayatollah",
        "imam",
        "ing",
        "ustad",
        "al-haj",
        "alhaj",
    ]
)
"""Titles of persons: they neither make nor break a match."""

PARTICLES: Final = frozenset(
    [
        "al",
        "el",
        "ul",
        "ur",
        "bin",
        "ben",
        "ibn",
        "bint",
        "abu",
        "abd",
        "abdul",
        "abdel",
        "de",
        "da",
        "do",
        "dos",
        "das",
        "di",
        "del",
        "della",
        "der",
        "den",
        "van",
        "von",
        "zu",
        "la",
        "le",
        "les",
        "y",
        "e",
        "ou",
        "o",
        "mc",
        "mac",
        "na",
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "ould",
        "wa",
        "the",
        "of",
        "and",
        "for",
        "und",
        "der",
        "die",
        "das",
        "et",
    ]
)
"""Parts that many names share: they weigh little."""

GENERIC: Final = frozenset(
    [
        "company",
        "bank",
        "group",
        "holding",
        "holdings",
        "trading",
        "international",
        "industries",
        "industry",
        "industrial",
        "corporation",
        "services",
        "service",
        "systems",
        "solutions",
        "global",
        "technology",
        "technologies",
        "investment",
        "investments",
        "trade",
        "export",
        "import",
        "general",
        "enterprise",
        "enterprises",
        "development",
        "national",
        "first",
        "government",
        "organization",
        "association",
        "foundation",
        "center",
        "centre",
        "institute",
        "university",
        "china",
        "state",
    ]
)
"""Words of many firms' names: they weigh less than a firm's own."""

SAME: Final = {
    "organisation": "organization", "labour": "labor", "centre": "center", "intl": "international", "intrntl": "international", "bros": "brothers",
    "mfg": "manufacturing", "tech": "technology", "technologies": "technology", "industries": "industry", "holdings": "holding", "mohd": "mohammad",
    "md": "mohammad", "muhd": "mohammad", "st": "saint", "forty": "40", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "seven": "7", "eight": "8", "nine": "9", "ten": "10",
}  # fmt: skip
"""One spelling for words with several."""

NICKNAMES: Final = {
    "ben": "benjamin", "barry": "barack", "bill": "william", "will": "william", "bob": "robert", "rob": "robert", "dick": "richard", "jim": "james",
    "joe": "joseph", "jack": "john", "juan": "john", "mike": "michael", "misha": "mikhail", "sasha": "aleksandr", "tony": "anthony", "tom": "thomas", "kate": "katherine",
    "liz": "elizabeth", "peggy": "margaret", "ted": "edward", "dave": "david", "dan": "daniel", "sam": "samuel", "alex": "alexander", "volodya": "vladimir",
}  # fmt: skip
"""Short forms of given names."""

_FORMS: Final = frozenset(LEGAL_FORMS)
_LONGEST_FORM: Final = max(len(form.split()) for form in LEGAL_FORMS)


def without_legal_form(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """A firm's name without legal forms at its ends; the whole of it when nothing would be left."""
    left = tokens
    while True:
        sizes = range(min(_LONGEST_FORM, len(left) - 1), 0, -1)
        cut = next((left[:-size] for size in sizes if " ".join(left[-size:]) in _FORMS), None)
        if cut is None:
            cut = next((left[size:] for size in sizes if size > 0 and " ".join(left[:size]) in _FORMS), None)
        if cut is None:
            break
        left = cut
    while len(left) > 1 and left[0] == "the":
        left = left[1:]
    return left


def without_han_form(text: str) -> str:
    """A firm's Chinese name without its legal form and the branch in brackets."""
    for form in HAN_LEGAL_FORMS:
        if text.endswith(form) and len(text) > len(form) + 1:
            return text[: -len(form)]
    return text


SWAPS: Final = str.maketrans("013459@$", "oieasgas")
"""Digits that stand for letters."""

MIXED: Final = re.compile(r"(?=.*[a-z])(?=.*[0-9@$])[a-z0-9@$]{4,}")

"""Other alphabets in Latin letters, letter by letter: what a clerk would write, without accents and without vowels that are not written.

Cyrillic follows BGN/PCGN loosely, Greek ELOT 743, Armenian, Georgian and Hebrew the national systems, Arabic and Persian the consonants with
the long vowels, Hangul Revised Romanization, kana Hepburn, Devanagari Hunterian. Comparison forgives what systems differ in, so one
spelling each suffices.
"""

from __future__ import annotations

from typing import Final


def _pairs(text: str) -> dict[str, str]:
    """`а a б b` as a table; a hyphen stands for nothing."""
    parts = text.split()
    return {sign: "" if latin == "-" else latin for sign, latin in zip(parts[::2], parts[1::2], strict=True)}


CYRILLIC: Final = _pairs(
    "а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts ч ch ш sh щ shch ъ - ы y ь - э e ю yu я ya "
    "і i ї yi є ye ґ g ў u ј j љ lj њ nj ћ c ђ dj џ dz ѓ g ќ k ѕ dz қ k ң n ғ g ү u ұ u һ h ө o ә a ӣ i ӯ u ҳ h ҷ j"
)
GREEK: Final = _pairs("α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o")
ARMENIAN: Final = _pairs(
    "ա a բ b գ g դ d ե e զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ ch մ m յ y ն n շ sh ո o չ ch պ p ջ j ռ r ս s վ v տ t ր r ց ts ւ v "
    "փ p ք k օ o ֆ f և ev"
)
GEORGIAN: Final = _pairs(
    "ა a ბ b გ g დ d ე e ვ v ზ z თ t ი i კ k ლ l მ m ნ n ო o პ p ჟ zh რ r ს s ტ t უ u ფ p ქ k ღ gh ყ q შ sh ჩ ch ც ts ძ dz წ ts ჭ ch ხ kh ჯ j ჰ h"
)
HEBREW: Final = _pairs("א a ב b ג g ד d ה h ו u ז z ח h ט t י i כ k ך k ל l מ m ם m נ n ן n ס s ע a פ p ף f צ ts ץ ts ק k ר r ש sh ת t")
ARABIC: Final = _pairs(
    "ا a أ a إ i آ a ٱ a ء - ب b ت t ث th ج j ح h خ kh د d ذ dh ر r ز z س s ش sh ص s ض d ط t ظ z ع a غ gh ف f ق q ك k ک k ل l م m ن n ه h ة a و u ؤ u "
    "ي i ی i ى a ئ i پ p چ ch ژ zh گ g ں n ے e ۀ e ہ h ھ h ٹ t ڈ d ڑ r ٔ - ـ -"
)
DEVANAGARI: Final = _pairs(
    "अ a आ a इ i ई i उ u ऊ u ऋ ri ए e ऐ ai ओ o औ au क ka ख kha ग ga घ gha ङ na च cha छ chha ज ja झ jha ञ na ट ta ठ tha ड da ढ dha ण na त ta थ tha द da "
    "ध dha न na प pa फ pha ब ba भ bha म ma य ya र ra ल la व va श sha ष sha स sa ह ha"
)
VOWEL_SIGNS: Final = _pairs("ा a ि i ी i ु u ू u ृ ri े e ै ai ो o ौ au")
KANA: Final = _pairs(
    "ア a イ i ウ u エ e オ o カ ka キ ki ク ku ケ ke コ ko サ sa シ shi ス su セ se ソ so タ ta チ chi ツ tsu テ te ト to ナ na ニ ni ヌ nu ネ ne ノ no "
    "ハ ha ヒ hi フ fu ヘ he ホ ho マ ma ミ mi ム mu メ me モ mo ヤ ya ユ yu ヨ yo ラ ra リ ri ル ru レ re ロ ro ワ wa ヲ o ン n ガ ga ギ gi グ gu ゲ ge ゴ go "
    "ザ za ジ ji ズ zu ゼ ze ゾ zo ダ da ヂ ji ヅ zu デ de ド do バ ba ビ bi ブ bu ベ be ボ bo パ pa ピ pi プ pu ペ pe ポ po ヴ vu ー - ッ -"
)
SMALL_KANA: Final = _pairs("ャ ya ュ yu ョ yo ァ a ィ i ゥ u ェ e ォ o")

LATIN: Final = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŋ": "n",
        "ə": "a",
        "ʻ": "",
        "ʼ": "",
    }
)
LETTERS: Final = {**CYRILLIC, **GREEK, **ARMENIAN, **GEORGIAN, **HEBREW, **ARABIC}

_LEADS: Final = ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "-", "j", "jj", "ch", "k", "t", "p", "h"]
_VOWELS: Final = [
    "a",
    "ae",
    "ya",
    "yae",
    "eo",
    "e",
    "yeo",
    "ye",
    "o",
    "wa",
    "wae",
    "oe",
    "yo",
    "u",
    "wo",
    "we",
    "wi",
    "yu",
    "eu",
    "ui",
    "i",
]
_TAILS: Final = [
    "-",
    "k",
    "k",
    "k",
    "n",
    "n",
    "n",
    "t",
    "l",
    "k",
    "m",
    "l",
    "l",
    "l",
    "p",
    "l",
    "m",
    "p",
    "p",
    "t",
    "t",
    "ng",
    "t",
    "t",
    "k",
    "t",
    "p",
    "t",
]


def latin(token: str) -> str:
    """A lower-case token without accents in Latin letters; letters of alphabets that we do not know stay as they are."""
    if token.isascii():
        return token
    token = token.translate(LATIN)
    written = list[str]()
    for place, sign in enumerate(token):
        if sign in LETTERS:
            written.append(LETTERS[sign])
        elif "가" <= sign <= "힣":
            written.append(_hangul(ord(sign) - 0xAC00))
        elif "ぁ" <= sign <= "ヺ" or sign == "ー":
            _kana(sign, written)
        elif "ऀ" <= sign <= "ॿ":
            _devanagari(sign, place == len(token) - 1, written)
        else:
            written.append(sign)
    return "".join(written)


def _hangul(syllable: int) -> str:
    lead, rest = divmod(syllable, 588)
    vowel, tail = divmod(rest, 28)
    return (_LEADS[lead] + _VOWELS[vowel] + _TAILS[tail]).replace("-", "")


def _kana(sign: str, written: list[str]) -> None:
    sign = chr(ord(sign) + 0x60) if "ぁ" <= sign <= "ゖ" else sign
    if sign in SMALL_KANA:
        if written and written[-1]:
            stem = written.pop()[:-1]
            small = SMALL_KANA[sign]
            written.append(stem + (small[-1] if stem.endswith(("sh", "ch", "j")) else small))
        else:
            written.append(SMALL_KANA[sign])
    else:
        written.append(KANA.get(sign, ""))


def _devanagari(sign: str, last: bool, written: list[str]) -> None:
    """A vowel sign takes the place of the consonant's own `a`; so does the virama, and the end of a word."""
    if sign in VOWEL_SIGNS or sign == "्":
        if written and written[-1].endswith("a"):
            written[-1] = written[-1][:-1]
        written.append(VOWEL_SIGNS.get(sign, ""))
    elif sign in "ंँ":
        written.append("n")
    else:
        sound = DEVANAGARI.get(sign, "")
        written.append(sound[:-1] if last and len(sound) > 1 else sound)

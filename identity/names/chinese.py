"""Chinese characters in names: one script for both, the readings of surnames, and what firms' words mean in English.

Traditional becomes simplified character by character (opencc): phrases of ordinary prose would spoil names. Pinyin is without tones and
`ü` is `u`; a surname is read as surnames are (单 is Shan, 曾 Zeng), with its other reading as a second form.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, product
from typing import Final

from opencc import OpenCC
from pypinyin import Style, pinyin

MOST_READINGS: Final = 9
"""Forms in pinyin of one name."""

LONGEST_PERSON: Final = 4
"""Characters of a person's name; what is longer is read as a foreign name or a firm."""

SURNAMES: Final[dict[str, tuple[str, ...]]] = {
    "单": ("shan", "dan"), "曾": ("zeng",), "仇": ("qiu",), "解": ("xie",), "查": ("zha",), "区": ("ou",), "朴": ("piao", "pu", "park"),
    "任": ("ren",), "华": ("hua",), "盖": ("ge", "gai"), "缪": ("miao",), "翟": ("zhai", "di"), "乐": ("yue", "le"), "尉": ("wei",),
    "员": ("yun",), "贠": ("yun",), "黑": ("he", "hei"), "秘": ("bi", "mi"), "种": ("chong", "zhong"), "折": ("she",), "祭": ("zhai", "ji"),
    "繁": ("po", "fan"), "句": ("gou",), "冼": ("xian",), "洗": ("xian",), "召": ("shao",), "覃": ("qin", "tan"), "隗": ("wei", "kui"),
    "逄": ("pang",), "佴": ("nai",), "重": ("chong",), "晟": ("cheng",), "乜": ("nie",), "幺": ("yao",), "璩": ("qu",), "钭": ("tou",),
    "郇": ("xun", "huan"), "郗": ("xi", "chi"), "都": ("du",), "宁": ("ning",), "哈": ("ha",), "车": ("che",), "沈": ("shen",), "石": ("shi",),
    "长": ("chang", "zhang"), "纪": ("ji",), "葛": ("ge",), "那": ("na",), "强": ("qiang",), "臧": ("zang",), "牟": ("mou", "mu"),
    "尹": ("yin",), "柏": ("bai", "bo"), "薄": ("bo",), "吕": ("lu", "lv", "lyu"), "率": ("shuai",), "应": ("ying",), "干": ("gan",),
    "於": ("yu",), "阚": ("kan",), "郝": ("hao",), "俞": ("yu",), "费": ("fei", "bi"), "宓": ("mi", "fu"), "台": ("tai",), "谌": ("chen", "shen"),
    "万俟": ("moqi",), "尉迟": ("yuchi",), "单于": ("chanyu",), "长孙": ("zhangsun",), "令狐": ("linghu",), "澹台": ("tantai",),
    "皇甫": ("huangfu",), "欧阳": ("ouyang",), "司马": ("sima",), "上官": ("shangguan",), "诸葛": ("zhuge",), "司徒": ("situ",),
    "夏侯": ("xiahou",), "东方": ("dongfang",), "公孙": ("gongsun",), "慕容": ("murong",), "端木": ("duanmu",), "宇文": ("yuwen",),
    "轩辕": ("xuanyuan",), "呼延": ("huyan",), "鲜于": ("xianyu",), "闻人": ("wenren",), "南宫": ("nangong",), "申屠": ("shentu",),
    "独孤": ("dugu",), "赫连": ("helian",), "钟离": ("zhongli",), "拓跋": ("tuoba",), "百里": ("baili",), "西门": ("ximen",),
}  # fmt: skip
"""Surnames that are read otherwise than the same character elsewhere, and those of two characters."""

VARIANTS: Final = str.maketrans("峯裏羣綫着牀鷄脇鉅爲啓麪敎衞牆", "峰里群线著床鸡胁巨为启面教卫墙")
"""Characters that opencc's table leaves beside the common form."""

FIRM_WORDS: Final = {
    "科技": "technology", "技术": "technology", "贸易": "trading", "商贸": "trading", "国际": "international", "集团": "group", "控股": "holdings",
    "银行": "bank", "投资": "investment", "实业": "industrial", "工业": "industry", "进出口": "import export", "工程": "engineering",
    "建设": "construction", "建筑": "construction", "石油": "petroleum", "天然气": "gas", "电子": "electronics", "电力": "electric power",
    "通信": "communications", "信息": "information", "软件": "software", "网络": "network", "医药": "pharmaceutical", "药业": "pharmaceutical",
    "生物": "biological", "化工": "chemical", "化学": "chemical", "钢铁": "steel", "机械": "machinery", "汽车": "automobile", "航运": "shipping",
    "海运": "shipping", "物流": "logistics", "运输": "transport", "航空": "aviation", "食品": "food", "餐饮": "catering", "能源": "energy",
    "矿业": "mining", "保险": "insurance", "证券": "securities", "基金": "fund", "农业": "agriculture", "文化": "culture", "传媒": "media",
    "酒店": "hotel", "房地产": "real estate", "置业": "property", "服务": "service", "管理": "management", "咨询": "consulting", "中国": "china",
    "中华": "china", "香港": "hong kong", "澳门": "macau", "台湾": "taiwan", "大学": "university", "研究所": "institute", "研究院": "institute",
    "基金会": "foundation", "协会": "association", "人民": "people", "股份": "", "设备": "equipment", "材料": "materials", "发展": "development",
}  # fmt: skip
"""Words of firms' names, in English: the rest of a name is written in pinyin."""


def is_han(sign: str) -> bool:
    """Whether this is a Chinese character."""
    return "\u4e00" <= sign <= "\u9fff" or "\u3400" <= sign <= "\u4dbf" or "\U00020000" <= sign <= "\U0003134f"


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=40_000)
def _simplified(sign: str) -> str:
    return str(_converter().convert(sign))[:1] or sign


def simplified(text: str) -> str:
    """The Chinese characters of a text, and no others, in simplified script."""
    return "".join(_simplified(sign.translate(VARIANTS)) for sign in text if is_han(sign))


@lru_cache(maxsize=40_000)
def syllables(sign: str) -> tuple[str, ...]:
    """Readings of one character, the commonest first, at most three."""
    found = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    readings = [reading.replace("ü", "u") for reading in (found[0] if found else [])]
    return tuple(dict.fromkeys(readings))[:3] or ("",)


def surname_of(text: str) -> str:
    """The surname at the beginning of a Chinese name."""
    return text[:2] if text[:2] in SURNAMES and len(text) > 2 else text[:1]


def is_surname(text: str) -> bool:
    """Whether this may be a surname by its length: one character, or one of the known surnames of two."""
    return len(text) == 1 or text in SURNAMES


@lru_cache(maxsize=20_000)
def person_forms(text: str) -> tuple[tuple[str, ...], ...]:
    """Forms in pinyin of a person's simplified name: surname and given name, at most `MOST_READINGS`."""
    if len(text) > LONGEST_PERSON + 1:
        return (("".join(syllables(sign)[0] for sign in text),),)
    surname, given = surname_of(text), text[len(surname_of(text)) :]
    # Programs that do not know surnames write them as ordinary words (Ceng for 曾): that comes last.
    first = tuple(dict.fromkeys((*SURNAMES.get(surname, ()), "".join(syllables(sign)[0] for sign in surname))))
    combined = [("".join(parts)) for parts in islice(product(*(syllables(sign) for sign in given)), MOST_READINGS)]
    if not given:
        return tuple((reading,) for reading in first)
    return tuple(islice(((reading, rest) for rest in combined for reading in first), MOST_READINGS))


@lru_cache(maxsize=20_000)
def firm_form(text: str) -> tuple[str, ...]:
    """A firm's simplified name, without its legal form, in English words and pinyin."""
    words, rest, place = list[str](), "", 0
    while place < len(text):
        word = next((text[place : place + size] for size in (3, 2) if text[place : place + size] in FIRM_WORDS), None)
        if word is None:
            rest += syllables(text[place])[0]
            place += 1
            continue
        words += [rest] if rest else []
        rest = ""
        words += FIRM_WORDS[word].split()
        place += len(word)
    return tuple(words + ([rest] if rest else []))

"""Made-up people, shops, places and numbers that look like those of a Chinese town. All are drawn; none is a real one's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡林郭何高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁"
    "沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷龙黎史陶贺顾毛郝龚邵万钱严覃武"
)
GIVEN: Final = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂兰玉萍红梅建华国庆志春海燕晓东亮文斌波辉鹏飞宁欣怡子涵梓轩雨泽佳琪浩然思远俊豪雪莹婷慧琳"
)

TRADES: Final[tuple[tuple[str, str, tuple[str, ...], int], ...]] = (
    ("5812", "餐馆", ("牛肉面", "小炒", "饺子馆", "酸菜鱼", "烧烤", "麻辣烫"), 2_600),
    ("5814", "小吃", ("包子铺", "煎饼", "奶茶", "豆浆油条", "凉皮"), 1_300),
    ("5411", "超市", ("便民超市", "生鲜超市", "粮油店", "水果店"), 3_200),
    ("5499", "食品", ("烟酒店", "茶叶行", "干货铺", "卤味"), 5_800),
    ("5691", "服装", ("服装店", "童装", "鞋店", "内衣店"), 9_800),
    ("5251", "五金", ("五金店", "灯具", "水暖", "建材"), 7_600),
    ("7230", "理发", ("理发店", "美发沙龙", "造型"), 4_500),
    ("7538", "修车", ("汽修", "洗车行", "轮胎店"), 14_000),
    ("5912", "药店", ("药房", "大药房"), 5_200),
    ("5943", "文具", ("文具店", "打印社", "书店"), 1_900),
    ("5992", "花店", ("花店", "鲜花坊"), 6_400),
    ("4121", "出行", ("电动车行", "修车铺"), 4_000),
)
"""Category code, its Chinese name, words of trading names, usual receipt in fen."""

STREETS: Final[tuple[str, ...]] = (
    "文一西路",
    "文二路",
    "天目山路",
    "莫干山路",
    "古墩路",
    "丰潭路",
    "余杭塘路",
    "学院路",
    "教工路",
    "益乐路",
    "石祥路",
    "沈半路",
    "上塘路",
    "绍兴路",
    "东新路",
    "香积寺路",
    "体育场路",
    "环城北路",
    "凤起路",
    "庆春路",
    "解放路",
    "清泰街",
    "望江路",
    "复兴路",
    "江南大道",
    "滨盛路",
    "长河路",
    "西兴路",
    "市心路",
    "人民路",
    "通惠路",
    "建设一路",
)
DISTRICTS: Final = (
    ("西湖区", 30.27, 120.09, "330106"),
    ("拱墅区", 30.32, 120.14, "330105"),
    ("上城区", 30.24, 120.18, "330102"),
    ("滨江区", 30.20, 120.21, "330108"),
    ("余杭区", 30.29, 119.99, "330110"),
    ("萧山区", 30.16, 120.26, "330109"),
)
BANKS: Final = ("工商银行", "建设银行", "农业银行", "中国银行", "邮储银行", "招商银行", "杭州银行", "联合农商银行")
PHONE_MODELS: Final = ("HUAWEI nova 12", "Redmi Note 13", "OPPO A3", "vivo Y100", "HONOR X50", "iPhone 13", "Xiaomi 14", "realme V50")

_LICENCE_DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LICENCE_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class Address:
    """A place as written locally, in degrees north and east."""

    text: str
    latitude: float
    longitude: float
    region: str
    """First six digits of identity numbers given out there."""


def person_name(source: Random) -> str:
    """Surname and one or two characters."""
    given = source.choice(GIVEN) + (source.choice(GIVEN) if source.random() < 0.68 else "")
    return source.choice(SURNAMES) + given


def shop_name(source: Random, owner: str, words: tuple[str, ...]) -> str:
    """What stands over the door: the owner's surname, a lucky word or the street's corner, and the trade."""
    style = source.random()
    if style < 0.45:
        return f"{owner[0]}{source.choice(('记', '氏', '家', '姐', '哥', '大妈'))}{source.choice(words)}"
    if style < 0.85:
        return f"{source.choice('福顺鑫旺祥和兴隆瑞喜')}{source.choice('源盛达来利泰丰满')}{source.choice(words)}"
    return f"{source.choice(('老街', '转角', '巷口', '城西', '大学路', '运河边'))}{source.choice(words)}"


def address(source: Random) -> Address:
    """A street number in one of the town's districts."""
    district, latitude, longitude, region = source.choice(DISTRICTS)
    text = f"浙江省杭州市{district}{source.choice(STREETS)}{source.randint(1, 680)}号"
    if source.random() < 0.5:
        text += f"{source.randint(1, 18)}幢{source.randint(1, 3)}单元{source.randint(101, 1803)}室"
    return Address(text, round(latitude + source.gauss(0, 0.02), 5), round(longitude + source.gauss(0, 0.02), 5), region)


def born_on(source: Random) -> date:
    """A birthday of somebody between 21 and 62 at the end of 2026."""
    return date(2005, 12, 31) - timedelta(days=int(41 * 365.25 * source.random()))


def identity_card(source: Random, region: str, birthday: date) -> str:
    """Eighteen digits with a right check digit (GB 11643: ISO 7064 MOD 11-2)."""
    head = f"{region}{birthday:%Y%m%d}{source.randint(1, 998):03d}"
    return head + "10X98765432"[sum(int(d) * w for d, w in zip(head, _CARD_WEIGHTS, strict=True)) % 11]


def business_licence(source: Random, region: str) -> str:
    """A unified social credit code of an own-account trader, with a right check character (GB 32100: modulo 31)."""
    head = f"92{region}MA" + "".join(source.choice(_LICENCE_DIGITS) for _ in range(7))
    total = sum(_LICENCE_DIGITS.index(c) * w for c, w in zip(head, _LICENCE_WEIGHTS, strict=True))
    return head + _LICENCE_DIGITS[(31 - total % 31) % 31]


def bank_card(number: int) -> str:
    """A nineteen-digit card number with a right Luhn digit, another one for each number below 10^9."""
    head = f"621700{scrambled(number, 10**9) * 1_000 + number % 997:012d}"
    digits = [int(d) for d in reversed(head)]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * d, 10)) for d in digits[0::2])
    return f"{head}{-total % 10}"


def phone_number(number: int) -> str:
    """A mobile number, another one for each number below 10^8."""
    return f"+861{('38', '59', '77', '86')[number % 4]}{scrambled(number, 10**8):08d}"


def scrambled(number: int, modulus: int) -> int:
    """Another number below `modulus` (a power of ten) for each number below it, so that keys do not tell who was made after whom."""
    assert 0 <= number < modulus, "the numbers below the modulus are permuted"
    return (number * 73_856_093 + 19_349_663) % modulus

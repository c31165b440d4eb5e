"""The resident identity card of China: the front (who), the back (who issued it, until when).

Layout by GA 448: on the front name, sex with ethnicity, birth, address, and the number below; on the back the issuer and the validity.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from identity.model import ReadField
from identity.reading.digits import AS_DIGIT, resident_birth, resident_number, resident_valid
from identity.reading.layout import labelled
from identity.reading.lines import Line, box_around, joined, piece, same_row

FRONT_LABELS: Final = {"姓名": "name", "性别": "sex", "民族": "ethnicity", "出生": "born_on", "住址": "address", "公民身份号码": "number"}
BACK_LABELS: Final = {"签发机关": "issuer", "有效期限": "valid"}

ETHNICITIES: Final = (
    "汉", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜", "满", "侗", "瑶", "白",
    "土家", "哈尼", "哈萨克", "傣", "黎", "傈僳", "佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇",
    "柯尔克孜", "土", "达斡尔", "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米", "塔吉克", "怒",
    "乌孜别克", "俄罗斯", "鄂温克", "德昂", "保安", "裕固", "京", "塔塔尔", "独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺",
)  # fmt: skip
"""The 56 ethnicities that the card can name (GB/T 3304)."""

DATE: Final = re.compile(r"([12]\d{3})\D{0,3}?(\d{1,2})\D{1,3}(\d{1,2})")


def read_front(lines: Sequence[Line]) -> dict[str, ReadField]:
    """The fields of a front; what was not found is absent. Dates are ISO 8601, sex is 男 or 女. Lines must be upright."""
    parts = labelled(_sex_apart(lines), FRONT_LABELS)
    fields: dict[str, ReadField] = {}
    for name, values in _by_place(lines).items():
        parts.setdefault(name, values)
    born = _born(parts.get("born_on", ()))
    number = _number(lines, born)
    if number is not None:
        fields["number"] = number
        parts = {name: [line for line in values if not _holds(line, number)] for name, values in parts.items()}
    valid = number is not None and resident_valid(number.text)
    _put(fields, "name", parts.get("name", ()), lambda text: re.sub(r"[^\u3400-\u9fff·]", "", text))
    _put(fields, "address", parts.get("address", ()), lambda text: re.sub(r"\s", "", text))
    _put(fields, "ethnicity", parts.get("ethnicity", ()), _ethnicity)
    _put(fields, "sex", parts.get("sex", ()), lambda text: next((word for word in "男女" if word in text), ""))
    if born is not None:
        _put(fields, "born_on", parts.get("born_on", ()), lambda _: born.isoformat())
    if valid and number is not None:
        _from_number(fields, number)
    return fields


def _by_place(lines: Sequence[Line]) -> dict[str, list[Line]]:
    """The values by where they stand around the date of birth, for labels too pale to be read: the standard fixes their order.

    Above the date is the row of sex and ethnicity, above that the name; the address is what stands between it and the number.
    """
    dates = [line for line in lines if DATE.search(line.text) and "日" in line.text]
    numbers = [line for line in lines if sum(character.isdigit() for character in line.text) >= 14]
    if len(dates) != 1 or not numbers:
        return {}
    day, floor = dates[0], max(numbers, key=lambda line: line.middle)
    height, text = day.height, DATE.search(day.text)
    assert text is not None
    start = piece(day, text.start(), len(day.text)).left
    parts: dict[str, list[Line]] = {"born_on": [day]}
    sex = _row_above(lines, day)
    if sex:
        parts["sex"] = [line for line in sex if re.search("[男女]", line.text)]
        parts["ethnicity"] = [_from(line, r"^.*?民族?|^.*?族") for line in sex if re.search(r"[民族].", line.text)][:1]
        named = [line for line in _row_above(lines, sex[0]) if abs(line.right - start) < 8 * height]
        parts["name"] = [_from(line, r"^\s*姓?\s*名?\s*") for line in named if len(line.text) > 1][-1:]
    parts["address"] = [
        line
        for line in lines
        if 0.6 * height < line.middle - day.middle and floor.middle - line.middle > 1.2 * height and abs(line.left - start) < 1.5 * height
    ]
    return {name: values for name, values in parts.items() if values}


def _row_above(lines: Sequence[Line], line: Line) -> list[Line]:
    """The nearest row above a line, from left to right; empty when the next one is too far to belong to it."""
    above = [other for other in lines if 0.6 * line.height < line.middle - other.middle < 3.3 * line.height]
    nearest = max(above, key=lambda other: other.middle, default=None)
    return sorted((other for other in above if nearest is not None and same_row(nearest, other)), key=lambda other: other.left)


def _from(line: Line, label: str) -> Line:
    """A line without the label that it begins with."""
    hit = re.match(label, line.text)
    return line if hit is None else piece(line, hit.end(), len(line.text))


def _from_number(fields: dict[str, ReadField], number: ReadField) -> None:
    """Fill in sex and birth, where the print could not be read, from a number whose check digit is true."""
    if "sex" not in fields:
        fields["sex"] = ReadField("男" if int(number.text[16]) % 2 else "女", number.confidence, number.box, repaired=True)
    born = resident_birth(number.text)
    if "born_on" not in fields and born is not None:
        fields["born_on"] = ReadField(born.isoformat(), number.confidence, number.box, repaired=True)


def read_back(lines: Sequence[Line]) -> dict[str, ReadField]:
    """Issuer, `valid_from` and `valid_until` (ISO 8601, or 长期 where the card never expires). Lines must be upright."""
    parts = labelled(lines, BACK_LABELS)
    fields: dict[str, ReadField] = {}
    _put(fields, "issuer", parts.get("issuer", ()), lambda text: re.sub(r"[^\u3400-\u9fff]", "", text))
    values = parts.get("valid") or [line for line in lines if re.search(r"\d{4}\.?\d{2}\.?\d{2}\D", line.text)][:1]
    text, confidence = joined(values)
    dates = [made for made in map(_day, re.findall(r"[12]\d{3}[.,\s]*\d{2}[.,\s]*\d{2}", text)) if made]
    box = box_around(values)
    if dates:
        fields["valid_from"] = ReadField(dates[0].isoformat(), confidence, box)
    if "长期" in text:
        fields["valid_until"] = ReadField("长期", confidence, box)
    elif len(dates) > 1:
        fields["valid_until"] = ReadField(dates[1].isoformat(), confidence, box)
    return fields


def _day(text: str) -> date | None:
    digits = re.sub(r"\D", "", text)
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _sex_apart(lines: Sequence[Line]) -> list[Line]:
    """The lines with sex and ethnicity, which share a row, cut apart where they were read as one."""
    parts: list[Line] = []
    for line in lines:
        cut = line.text.find("民族")
        if cut > 0 and re.match(r"\s*(性|别|男|女)", line.text):
            parts += [piece(line, 0, cut), piece(line, cut, len(line.text))]
        else:
            parts.append(line)
    return parts


def _put(fields: dict[str, ReadField], name: str, values: Sequence[Line], clean: object) -> None:
    """Keep a field whose text is not empty once cleaned."""
    text, confidence = joined(values)
    assert callable(clean)
    text = clean(text)
    if text:
        fields[name] = ReadField(text, confidence, box_around(values))


def _ethnicity(text: str) -> str:
    """The ethnicity that a text names, or the only one that differs from it by one character of several; as read otherwise."""
    bare = re.sub(r"[^\u3400-\u9fff]", "", text).removesuffix("族")
    if bare in ETHNICITIES or not bare:
        return bare
    near = [word for word in ETHNICITIES if len(word) == len(bare) > 1 and sum(a != b for a, b in zip(word, bare, strict=True)) == 1]
    if len(near) == 1:
        return near[0]
    longest = sorted(ETHNICITIES, key=len, reverse=True)
    return next((word for word in longest if bare.startswith(word)), next((word for word in longest if bare.endswith(word)), bare))


def _born(values: Sequence[Line]) -> date | None:
    """The day of birth as printed."""
    text = joined(values)[0].translate(AS_DIGIT)
    hit = DATE.search(text)
    if hit is None:
        return None
    try:
        return date(*(int(part) for part in hit.groups()))
    except ValueError:
        return None


def _number(lines: Sequence[Line], born: date | None) -> ReadField | None:
    """The card's number, wherever it stands; one that passes its check digit first."""
    found = []
    for line in lines:
        text = re.sub(r"^\D*号码", "", line.text)
        hit = resident_number(text, born)
        if hit is not None:
            start = len(line.text) - len(text)
            own = piece(line, start, len(line.text))
            found.append(ReadField(hit[0], line.confidence, box_around([own]), hit[1]))
    return max(found, key=lambda field: (resident_valid(field.text), field.confidence), default=None)


def _holds(line: Line, number: ReadField) -> bool:
    """Whether a line is the number's own, which no other field may claim."""
    return sum(character.isdigit() for character in line.text) >= 14 and box_around([line]) == number.box

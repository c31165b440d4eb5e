"""Labels and values by geometry, on pages set by hand: no reader, no image."""

from __future__ import annotations

import math

import pytest

from identity.model import ReadField
from identity.reading.document import document_fields
from identity.reading.licence import one_apart, scope_text
from identity.reading.lines import Line, box_around, piece, tilt, upright


def at(text: str, left: float, top: float, height: float = 30, confidence: float = 0.99) -> Line:
    width = sum(height * (0.55 if ord(character) < 0x2000 else 1) for character in text)
    return Line(text, confidence, ((left, top), (left + width, top), (left + width, top + height), (left, top + height)))


def turned(lines: list[Line], degrees: float) -> list[Line]:
    angle = math.radians(degrees)

    def point(x: float, y: float) -> tuple[float, float]:
        return x * math.cos(angle) - y * math.sin(angle) + 400, x * math.sin(angle) + y * math.cos(angle) + 400

    return [Line(line.text, line.confidence, tuple(point(x, y) for x, y in line.corners)) for line in lines]  # type: ignore[arg-type]


def texts(fields: dict[str, ReadField]) -> dict[str, str]:
    return {name: field.text for name, field in fields.items()}


FRONT = [
    at("姓名", 50, 60),
    at("艾力·买买提", 150, 55, 40),
    at("性别", 50, 140),
    at("女", 150, 140),
    at("民族", 260, 140),
    at("维吾尔", 350, 140),
    at("出生", 50, 220),
    at("1998年4月7日", 150, 220),
    at("住址", 50, 300),
    at("湖北省武汉市武昌区民族路7", 150, 300),
    at("32号3栋2单元1028室", 150, 340),
    at("公民身份号码", 50, 540),
    at("420106199804073452", 340, 535, 40),
]
FRONT_SAYS = {
    "name": "艾力·买买提",
    "sex": "女",
    "ethnicity": "维吾尔",
    "born_on": "1998-04-07",
    "address": "湖北省武汉市武昌区民族路732号3栋2单元1028室",
    "number": "420106199804073452",
}
COMPANY = [
    at("营业执照", 500, 40, 80),
    at("统一社会信用代码", 60, 150),
    at("91350100M000100Y43", 60, 190),
    at("名", 60, 300),
    at("称", 150, 300),
    at("福州小鱼网络科技有限公司", 220, 300),
    at("注册资本", 760, 300),
    at("壹佰万圆整", 920, 300),
    at("类", 60, 360),
    at("型", 150, 360),
    at("有限责任公司", 220, 360),
    at("成立日期", 760, 360),
    at("2015年09月10日", 920, 360),
    at("法定代表人", 60, 420),
    at("林小鱼", 220, 420),
    at("营业期限", 760, 420),
    at("2015年09月10日至2035年09月09日", 920, 420),
    at("经营范围", 60, 480),
    at("许可项目：餐饮服务；食", 220, 480),
    at("住所", 760, 480),
    at("福州市鼓楼区软件大道", 920, 480),
    at("品销售。", 220, 520),
    at("89号", 920, 520),
    at("登记机关", 760, 640),
]
COMPANY_SAYS = {
    "number": "91350100M000100Y43",
    "name": "福州小鱼网络科技有限公司",
    "capital": "壹佰万圆整",
    "company_kind": "有限责任公司",
    "established_on": "2015-09-10",
    "legal_representative": "林小鱼",
    "valid_until": "2035-09-09",
    "scope": "许可项目：餐饮服务；食品销售。",
    "address": "福州市鼓楼区软件大道89号",
}


@pytest.mark.parametrize("degrees", [0, 3, -7, 15, -25, 90, 180, 270])
def test_a_front_is_read_however_the_page_lies(degrees: float) -> None:
    kind, fields = document_fields(turned(FRONT, degrees))
    assert kind == "RESIDENT_ID"
    assert texts(fields) == FRONT_SAYS


@pytest.mark.parametrize("degrees", [0, 3, -7])
def test_a_licence_in_two_columns_with_spaced_labels_is_read(degrees: float) -> None:
    kind, fields = document_fields(turned(COMPANY, degrees))
    assert kind == "BUSINESS_LICENCE"
    assert texts(fields) == COMPANY_SAYS


def test_a_front_whose_pale_labels_were_not_read_is_read_by_its_order() -> None:
    labels = {"姓名", "性别", "民族", "出生", "住址", "公民身份号码"}
    kind, fields = document_fields([line for line in FRONT if line.text not in labels])
    assert kind == "RESIDENT_ID"
    assert {name: text for name, text in texts(fields).items() if name != "ethnicity"} == {
        name: text for name, text in FRONT_SAYS.items() if name != "ethnicity"
    }


def test_labels_read_in_one_line_with_their_values_are_cut_apart() -> None:
    lines = [line for line in FRONT if line.text not in {"性别", "女", "民族", "维吾尔", "姓名", "艾力·买买提"}]
    lines += [at("性别女民族土家", 50, 140), at("姓名 薛桂", 50, 60)]
    _, fields = document_fields(lines)
    assert (fields["sex"].text, fields["ethnicity"].text, fields["name"].text) == ("女", "土家", "薛桂")


def test_sex_and_birth_that_could_not_be_read_come_from_a_number_that_proves_itself_and_are_marked() -> None:
    lines = [line for line in FRONT if line.text not in {"女", "1998年4月7日"}]
    _, fields = document_fields(lines)
    assert fields["born_on"].text == "1998-04-07"
    assert fields["born_on"].repaired
    assert fields["sex"].text == "男"
    assert fields["sex"].repaired


def test_what_is_printed_is_never_replaced_by_what_the_number_says() -> None:
    _, fields = document_fields(FRONT)
    # The number is a man's: the card says 女, and that is for a check to see.
    assert fields["sex"].text == "女"
    assert not fields["sex"].repaired


@pytest.mark.parametrize(
    ("validity", "says"), [("2015.03.01-2035.03.01", ("2015-03-01", "2035-03-01")), ("2020.11.24-长期", ("2020-11-24", "长期"))]
)
def test_a_back_is_read(validity: str, says: tuple[str, str]) -> None:
    lines = [
        at("中华人民共和国", 300, 60, 60),
        at("居民身份证", 300, 160, 80),
        at("签发机关", 200, 400),
        at("武汉市公安局武昌分局", 400, 400),
    ]
    kind, fields = document_fields([*lines, at("有效期限", 200, 470), at(validity, 400, 470)])
    assert kind == "RESIDENT_ID"
    assert texts(fields) == {"issuer": "武汉市公安局武昌分局", "valid_from": says[0], "valid_until": says[1]}


def test_the_lines_of_a_passports_zone_are_filled_to_their_length() -> None:
    zone = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
    for short in (zone, [zone[0][:-3], zone[1]], [zone[0], zone[1].replace("<<<<<", "<<<")], [zone[0] + "<<", zone[1]]):
        kind, fields = document_fields([at("PASSPORT", 60, 60), at(short[0], 20, 500), at(short[1], 20, 560)])
        assert kind == "PASSPORT"
        assert fields["mrz"].text == "\n".join(zone)


def test_a_page_that_is_none_of_them_has_no_fields() -> None:
    assert document_fields([at("出租", 10, 10), at("电话 13800000000", 10, 60)]) == (None, {})
    assert document_fields([]) == (None, {})


def test_boxes_stand_on_the_image_as_it_lies() -> None:
    (line,) = upright([at("四个汉字", 100, 50)])
    box = box_around([piece(line, 1, 3)])
    assert box is not None
    assert (box.left, box.top, box.width, box.height) == (130, 50, 60, 30)
    assert round(math.degrees(tilt(turned([at("一行很长的汉字", 0, 0)], 10)))) == 10


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("许可项目：餐饮服务：食品销售·一般项目：日用货销售", "许可项目：餐饮服务；食品销售。一般项目：日用百货销售"),
        ("许可项目:餐饮服务;食品销售。一般项目:日用百货销售", "许可项目：餐饮服务；食品销售。一般项目：日用百货销售"),
        ("一般项目：修锁配钥匙。", "一般项目：修锁配钥匙。"),
    ],
)
def test_a_scope_is_put_into_the_catalogues_form(read: str, meant: str) -> None:
    assert scope_text(read) == meant
    assert scope_text(meant) == meant


def test_one_character_more_less_or_other_is_one_apart() -> None:
    assert one_apart("日用货销售", "日用百货销售")
    assert one_apart("日用百货销售", "日用百贷销售")
    assert not one_apart("日用百货销售", "日用百货销售")
    assert not one_apart("餐饮", "餐饮服务")

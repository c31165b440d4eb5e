"""The business licence of China, of a company or of a household business: labels in one column or two, values beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from identity.model import ReadField
from identity.reading.digits import AS_DIGIT, credit_code, credit_valid
from identity.reading.layout import labelled
from identity.reading.lines import Line, box_around, joined

LABELS: Final = {
    "名称": "name", "字号名称": "name", "企业名称": "name",
    "类型": "company_kind", "主体类型": "company_kind",
    "法定代表人": "legal_representative", "经营者": "legal_representative", "经营者姓名": "legal_representative",
    "负责人": "legal_representative", "投资人": "legal_representative", "执行事务合伙人": "legal_representative",
    "组成形式": "composition",
    "注册资本": "capital", "注册资金": "capital", "资金数额": "capital", "出资额": "capital",
    "成立日期": "established_on", "注册日期": "established_on",
    "营业期限": "valid", "经营期限": "valid", "有效期": "valid", "合伙期限": "valid",
    "住所": "address", "经营场所": "address", "营业场所": "address", "主要经营场所": "address",
    "经营范围": "scope",
    "登记机关": "registrar", "核准日期": "approved_on",
    "统一社会信用代码": "number", "注册号": "number",
}  # fmt: skip

TITLES: Final = ("营业执照", "统一社会信用代码", "经营范围", "登记机关", "法定代表人", "经营场所", "组成形式", "注册资本")

LEGAL_FORMS: Final = (
    "个体工商户", "个人独资企业", "有限责任公司", "股份有限公司", "普通合伙企业",
    "有限合伙企业", "农民专业合作社", "有限责任公司(自然人独资)", "有限责任公司(自然人投资或控股)", "有限责任公司(法人独资)",
    "有限责任公司分公司", "全民所有制", "集体所有制",
)  # fmt: skip

SCOPE_ITEMS: Final = (
    "餐饮服务", "食品销售", "日用百货销售", "食品经营", "烟草制品零售", "酒类经营",
    "小餐饮", "食品互联网销售", "预包装食品销售", "散装食品销售", "新鲜水果零售", "新鲜蔬菜零售",
    "水产品零售", "鲜肉零售", "服装服饰零售", "服装服饰批发", "鞋帽零售", "针纺织品销售",
    "化妆品零售", "化妆品批发", "文具用品零售", "办公用品销售", "五金产品零售", "五金产品批发",
    "建筑材料销售", "家具销售", "家用电器销售", "电子产品销售", "通讯设备销售", "计算机软硬件及辅助设备零售",
    "汽车零配件零售", "摩托车及零配件零售", "互联网销售", "货物进出口", "技术进出口", "理发服务",
    "生活美容服务", "美甲服务", "洗染服务", "洗车服务", "家政服务", "打字复印",
    "广告制作", "广告设计、代理", "会议及展览服务", "信息咨询服务", "企业管理咨询", "软件开发",
    "软件销售", "技术服务、技术开发、技术咨询、技术交流、技术转让、技术推广",
    "道路货物运输", "普通货物仓储服务", "装卸搬运", "国内货物运输代理",
    "农副产品销售", "食用农产品零售", "食用农产品批发", "母婴用品销售", "玩具销售", "宠物食品及用品零售",
    "体育用品及器材零售", "珠宝首饰零售", "眼镜销售", "第二类医疗器械销售", "卫生用品和一次性使用医疗用品销售", "礼品花卉销售",
    "日用杂品销售", "劳动保护用品销售", "包装材料及制品销售", "塑料制品销售", "橡胶制品销售", "金属制品销售",
    "室内装饰装修", "建筑装饰材料销售", "电气设备修理", "日用电器修理",
)  # fmt: skip
"""Usual items of the national catalogue of business scopes."""

DATE: Final = re.compile(r"([12]\d{3})\s*年?\s*(\d{1,2})\s*月?\s*(\d{1,2})")
RARE_SUFFIX: Final = re.compile(r"[\s·.,，]+$")


def read_licence(lines: Sequence[Line]) -> dict[str, ReadField]:
    """The fields of a licence; what was not found is absent. Dates are ISO 8601. Lines must be upright."""
    forms = [line for line in lines if line.text.strip() in LEGAL_FORMS]
    parts = labelled([line for line in lines if line not in forms], LABELS)
    if forms:
        parts["company_kind"] = forms[:1]
    if "name" not in parts:
        parts["name"] = _name_by_place(lines, parts)
    fields: dict[str, ReadField] = {}
    number = _number(lines)
    if number is not None:
        fields["number"] = number
    for name in ("name", "legal_representative", "address", "capital", "composition", "registrar"):
        _put(fields, name, parts.get(name, ()), re.sub(r"\s", "", RARE_SUFFIX.sub("", joined(parts.get(name, ()))[0])))
    _put(fields, "company_kind", parts.get("company_kind", ()), _form(joined(parts.get("company_kind", ()))[0]))
    _put(fields, "scope", parts.get("scope", ()), scope_text(joined(parts.get("scope", ()))[0]))
    _put(fields, "established_on", parts.get("established_on", ()), _iso(joined(parts.get("established_on", ()))[0]))
    until = joined(parts.get("valid", ()))[0]
    _put(fields, "valid_until", parts.get("valid", ()), "长期" if re.search("长期|不约定|永久", until) else _iso(until, last=True))
    return fields


def _name_by_place(lines: Sequence[Line], parts: Mapping[str, Sequence[Line]]) -> list[Line]:
    """The name where its label could not be read: what stands right above the kind of business, at the same left edge."""
    for below in ("company_kind", "legal_representative"):
        for first in parts.get(below, ())[:1]:
            above = [
                line
                for line in lines
                if abs(line.left - first.left) < 1.2 * first.height and 0.6 * first.height < first.middle - line.middle < 2.4 * first.height
            ]
            if above:
                return [max(above, key=lambda line: line.middle)]
    return []


def scope_text(text: str) -> str:
    """A scope as the catalogue writes it: headings end in a colon, items in semicolons, sentences in a full stop; usual items mended."""
    text = re.sub(r"\s", "", text).replace(":", "：").replace(";", "；").replace("．", "。").replace("·", "。")
    text = re.sub(r"(?<!项目)：", "；", text)
    text = re.sub(r"项目[；。,，]", "项目：", text)
    text = re.sub(r"(?<![；,，.。])[；,，.。]*(?=(?:一般|许可)项目：)", "。", text).removeprefix("。")
    parts = re.split(r"([；。：])", text)
    return "".join(_item(part) for part in parts)


def _item(text: str) -> str:
    """The only usual item that differs from a text by one character, put in, left out or changed; the text itself otherwise."""
    if text in SCOPE_ITEMS or len(text) < 4:
        return text
    near = [item for item in SCOPE_ITEMS if one_apart(text, item)]
    return near[0] if len(near) == 1 else text


def one_apart(one: str, other: str) -> bool:
    """Whether two texts differ by one character put in, left out or changed."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if len(one) == len(other):
        return one[start + 1 :] == other[start + 1 :]
    short, long = sorted((one, other), key=len)
    return short[start:] == long[start + 1 :]


def _form(text: str) -> str:
    """The kind of business, put right where only one legal form is near."""
    bare = re.sub(r"\s", "", text).replace("（", "(").replace("）", ")")
    near = [form for form in LEGAL_FORMS if one_apart(bare, form)]
    return near[0] if bare not in LEGAL_FORMS and len(near) == 1 else bare


def _iso(text: str, *, last: bool = False) -> str:
    """The first (or last) date in a text in ISO 8601, empty when there is none."""
    found = DATE.findall(re.sub(r"[OoQDIl|ZS](?=[\d年月日])", lambda hit: hit.group().translate(AS_DIGIT), text))
    try:
        return date(*(int(part) for part in found[-1 if last else 0])).isoformat() if found else ""
    except ValueError:
        return ""


def _put(fields: dict[str, ReadField], name: str, values: Sequence[Line], text: str) -> None:
    if text:
        fields[name] = ReadField(text, joined(values)[1], box_around(values))


def _number(lines: Sequence[Line]) -> ReadField | None:
    """The unified social credit code, wherever it stands; one that passes its check first."""
    found = [
        ReadField(hit[0], line.confidence, box_around([line]), hit[1]) for line in lines if (hit := credit_code(_after_label(line.text)))
    ]
    return max(found, key=lambda field: (credit_valid(field.text), field.confidence), default=None)


def _after_label(text: str) -> str:
    return re.sub(r"^.*(代码|注册号|编号)[\s:：]*", "", text)

from __future__ import annotations

import base64
import hashlib
import random
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from api.context import Role
from api.pages.decision import render
from api.pages.draw import drawing, fitted
from api.pages.frame import HEADERS, STYLE, message
from api.pages.layout import CARD_HEIGHT, CARD_WIDTH, laid_out
from api.pages.scene import MOST_IN_COLUMN, scene_of
from api.pages.wording import counted, day, money, when
from graph.model import EntityKind, Transfer, TransferKind
from rules.model import Decision, Judgement, Limit, Reason, RuleEffect, Verdict
from tests.api.drawn import AT, STRATEGY, farm, mule, principal

ZONE = "Asia/Shanghai"
ANALYST = principal(Role.ANALYST)


class Elements(HTMLParser):
    """Every element of a page: name, attributes, and the text of all."""

    VOID = frozenset({"meta", "link", "br", "input", "path", "rect", "circle"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"{tag} closes what it did not open"

    def handle_data(self, data: str) -> None:
        self.text += data

    def with_class(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.found if name in (attributes.get("class") or "").split()]


def page_of(decision: Decision, *roles: Role) -> Elements:
    return Elements(bytes(render(decision, STRATEGY, principal(*roles or (Role.ANALYST,))).body).decode())


def test_every_element_that_is_opened_is_closed() -> None:
    for decision in (farm(), farm(28, bystanders=50, degraded=True), farm(1)):
        assert page_of(decision).open == []


def test_every_reason_has_its_number_on_what_it_rests_on_in_the_drawing() -> None:
    decision = farm(8)
    page = page_of(decision)
    entities = {attributes["data-entity"]: set((attributes["class"] or "").split()) for attributes in page.with_class("card")}
    ties = {
        attributes["data-tie"]: set((attributes["class"] or "").split())
        for attributes in page.with_class("line")
        if "data-tie" in attributes
    }
    for number, reason in enumerate(decision.judgement.reasons, start=1):
        assert any(attributes.get("id") == f"reason-{number}" for _, attributes in page.found)
        assert any(attributes.get("href") == f"#why-{number}" for _, attributes in page.found)
        assert all(f"r{number}" in entities[entity] for entity in reason.entities)
        assert all(f"r{number}" in ties[tie] for tie in reason.ties)
        assert reason.sentence in page.text


@given(st.integers(1, 10), st.integers(0, 20), st.integers(1, 20), st.randoms(use_true_random=False))
def test_every_number_that_a_reason_sends_people_to_look_for_stands_in_the_drawing(
    members: int, bystanders: int, count: int, chance: random.Random
) -> None:
    decision = farm(members, bystanders=bystanders)
    entities, ties = decision.judgement.evidence_entities, decision.judgement.evidence_ties
    reasons = tuple(
        Reason(
            f"R{number}", "Because.", "rule", RuleEffect.SCORE, chance.choice((50, -10)), (),
            tuple(chance.sample(entities, chance.randint(0, min(10, len(entities))))), tuple(chance.sample(ties, chance.randint(0, 3))),
        )
        for number in range(count)
    )  # fmt: skip
    scene = scene_of(replace(decision, judgement=replace(decision.judgement, reasons=reasons)), ZONE)
    badges = re.findall(r'<g class="badge[^"]*"><(?:circle|rect)[^>]*/><text[^>]*>([^<]+)</text>', str(drawing(scene)))
    found = {int(number) for badge in badges for number in badge.rstrip("…").split("·")}
    assert found == {number for number, reason in enumerate(reasons, start=1) if reason.entities or reason.ties}


def test_what_speaks_for_the_merchant_is_drawn_in_another_colour_than_what_speaks_against_it() -> None:
    decision = farm(4)
    kinds = {number: reason.points < 0 for number, reason in enumerate(decision.judgement.reasons, start=1)}
    assert set(kinds.values()) == {True, False}
    for card in (attributes for attributes in page_of(decision).with_class("card") if "data-entity" in attributes):
        classes = set((card["class"] or "").split())
        own = [reason for reason in decision.judgement.reasons if card["data-entity"] in reason.entities]
        assert ("why" in classes) is any(reason.points > 0 for reason in own)
        assert ("good" in classes) is (bool(own) and all(reason.points < 0 for reason in own))
    text = page_of(decision).text
    assert "speaks against it" in text and "speaks for it" in text


def test_all_entities_and_ties_of_the_evidence_are_drawn_when_they_are_few() -> None:
    decision = farm(5)
    scene = scene_of(decision, ZONE)
    assert {card.id for card in scene.cards} == set(decision.judgement.evidence_entities)
    assert {line.id for line in scene.lines} == set(decision.judgement.evidence_ties)


def test_what_no_reason_names_is_put_together_until_a_column_can_be_read() -> None:
    decision = farm(28, bystanders=50)
    scene = scene_of(decision, ZONE)
    columns: dict[int, int] = {}
    for card in scene.cards:
        columns[card.column] = columns.get(card.column, 0) + 1
    assert max(columns.values()) <= MOST_IN_COLUMN
    assert sum(card.members for card in scene.cards) == len(decision.judgement.evidence_entities)
    named = {entity for reason in decision.judgement.reasons for entity in reason.entities}
    assert named <= {card.id for card in scene.cards if card.members == 1}
    assert any(card.title.startswith("+") for card in scene.cards)


@given(st.integers(0, 34), st.integers(0, 50))
def test_no_card_lies_over_another_and_all_is_inside(members: int, bystanders: int) -> None:
    layout = laid_out(scene_of(farm(members, bystanders=bystanders), ZONE))
    boxes = [(placed.x, placed.y) for placed in layout.cards]
    for place, (x, y) in enumerate(boxes):
        assert 0 <= x <= layout.width - CARD_WIDTH
        assert 0 <= y <= layout.height - CARD_HEIGHT
        for other_x, other_y in boxes[place + 1 :]:
            assert abs(x - other_x) >= CARD_WIDTH or abs(y - other_y) >= CARD_HEIGHT


def test_equal_decisions_give_equal_pages_and_parallel_ties_have_ends_of_their_own() -> None:
    assert bytes(render(farm(12), STRATEGY, ANALYST).body) == bytes(render(farm(12), STRATEGY, ANALYST).body)
    curves = laid_out(scene_of(farm(3), ZONE)).curves
    ends = [(curve.points[0], curve.points[3]) for curve in curves]
    assert len(set(ends)) == len(ends)


def test_confirmed_frauds_are_marked_and_said() -> None:
    page = page_of(farm(4))
    assert len(page.with_class("fraud")) >= 2
    assert "confirmed fraud" in page.text
    assert "2 confirmed fraud" in page.text


def test_money_of_accounts_that_a_reason_names_is_drawn_with_its_way_and_amount() -> None:
    scene = scene_of(mule(), ZONE)
    money_lines = {(line.start, line.end): line for line in scene.lines if line.amount}
    assert money_lines["acc_till", "acc_a"].amount == "¥48,000"
    assert [line.amount for (_, end), line in money_lines.items() if end == "acc_till"] == ["¥50,000"]
    assert all(line.reasons == (1,) for line in money_lines.values())
    others = next(card for card in scene.cards if card.title == "5 others")
    assert others.note == "paid in"
    page = page_of(mule())
    assert len(page.with_class("amount")) == len(money_lines) == 2
    assert "¥99,000" not in page.text
    assert page.open == []


def test_one_other_account_is_spoken_of_as_one() -> None:
    decision = mule()
    around = decision.dossier.surroundings
    assert around is not None
    out = Transfer("acc_till", "acc_far", 100_000, TransferKind.TRANSFER, AT - 1000, AT)
    flows = replace(decision.dossier, surroundings=replace(around, flows=(*around.flows, out)))
    card = next(card for card in scene_of(replace(decision, dossier=flows), ZONE).cards if card.title == "1 other")
    assert card.note == "was paid"
    assert "1 account that was paid" in card.hover


def test_no_money_is_drawn_where_no_reason_speaks_of_it() -> None:
    decision = mule()
    silent = replace(decision, judgement=replace(decision.judgement, reasons=()))
    assert not [line for line in scene_of(silent, ZONE).lines if line.amount]


def test_signals_are_shown_to_those_roles_alone_that_read_them_over_graphql() -> None:
    for role in (Role.ANALYST, Role.ADMIN):
        assert "All signals" in page_of(farm(), role).text
    for role in (Role.SERVICE, Role.KYC):
        page = page_of(farm(), role)
        assert "All signals" not in page.text
        assert "receipts_30" not in page.text


def test_nothing_but_masked_labels_of_personal_values_is_on_the_page() -> None:
    text = page_of(farm()).text
    assert "138****8000" in text
    assert not re.search(r"1[3-9]\d{9}", text)
    assert not re.search(r"\d{17}[\dX]", text)


def test_a_hostile_name_is_text_and_nothing_else() -> None:
    hostile = "</text></svg><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
    page = page_of(farm(3, merchant=hostile))
    assert not [tag for tag, _ in page.found if tag in {"script", "img", "iframe", "object"}]
    assert not [name for _, attributes in page.found for name in attributes if name.startswith("on")]
    assert hostile in page.text


def test_the_page_runs_and_fetches_nothing() -> None:
    response = render(farm(), STRATEGY, ANALYST)
    page = Elements(bytes(response.body).decode())
    assert not [tag for tag, _ in page.found if tag in {"script", "iframe", "object", "embed", "img"}]
    for _, attributes in page.found:
        assert "style" not in attributes
        for name in ("href", "src", "action"):
            value = attributes.get(name)
            assert value is None or value == "data:," or value.startswith(("#", "/"))
    assert not re.search(r"url\(|@import|https?:", STYLE)
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert f"<style>{STYLE}</style>" in bytes(response.body).decode()
    assert response.headers["Cache-Control"] == "no-store"
    assert all(message("No", "No.", 404).headers[name] == value for name, value in HEADERS.items())


def test_what_did_not_answer_is_said() -> None:
    assert "The records did not answer in time (100 ms). Unknown therefore: declines_earlier." in page_of(farm(degraded=True)).text


def test_a_decision_without_its_graph_has_a_page_without_a_drawing() -> None:
    decision = farm()
    alone = replace(decision, dossier=replace(decision.dossier, surroundings=None))
    page = page_of(replace(alone, judgement=Judgement(Verdict.REFER, None, 0, (), ())))
    assert "Referred to a person" in page.text
    assert not page.with_class("drawing")


def test_the_score_stands_between_the_strategys_lines_and_needs_none() -> None:
    page = page_of(farm())
    assert "refer from 50" in page.text
    assert "decline from 100" in page.text
    assert "score 105" in page.text
    assert "Score <strong>105" in bytes(render(farm(), None, ANALYST).body).decode()


def test_an_approval_says_what_may_be_lent() -> None:
    decision = farm()
    judgement = replace(decision.judgement, verdict=Verdict.APPROVE, approved=7_500_050, reasons=(), score=-10)
    text = page_of(replace(decision, judgement=judgement)).text
    assert "Approved" in text
    assert "up to ¥75,000.50" in text
    assert "No rule speaks against it." in text


def test_what_the_receipts_carry_is_no_promise_on_a_referral_and_not_said_on_a_refusal() -> None:
    limit = Limit(4_910_000, 8_184_800, "30% of 81,848 yuan a month for 2 months.")
    decision = farm()
    told = {
        verdict: page_of(replace(decision, judgement=replace(decision.judgement, verdict=verdict, limit=limit))).text
        for verdict in (Verdict.REFER, Verdict.DECLINE)
    }
    assert "nothing until a person has decided" in told[Verdict.REFER]
    assert "The receipts carry ¥49,100: 30% of 81,848 yuan" in told[Verdict.REFER]
    assert "May be lent: nothing" in told[Verdict.DECLINE] and "until" not in told[Verdict.DECLINE]
    assert "carry" not in told[Verdict.DECLINE]


def test_a_hundred_entities_are_drawn_quickly_enough_for_a_page() -> None:
    scene = scene_of(farm(34, bystanders=52), ZONE)
    assert len(str(drawing(scene))) < 60_000


def test_texts_are_cut_where_they_would_leave_their_card() -> None:
    assert fitted("王记牛肉面", 138, 13) == "王记牛肉面"
    assert fitted("王" * 40, 138, 13).endswith("…")
    assert len(fitted("王" * 40, 138, 13)) <= 11
    assert fitted("a" * 60, 138, 13).endswith("…")


def test_money_moments_and_counts_are_said_as_people_do() -> None:
    assert money(3_100_000, "CNY") == "¥31,000"
    assert money(-3_100_050, "CNY") == "-¥31,000.50"
    assert money(500, "JPY") == "¥500"
    assert money(1_500, "KWD") == "KWD 1.500"
    assert when(AT, ZONE) == "31 Oct 2026, 21:20"
    assert day(AT, "UTC") == "31 Oct 2026"
    assert counted(1, EntityKind.DEVICE) == "1 device"
    assert counted(1_400, EntityKind.IP_ADDRESS) == "1,400 IP addresses"

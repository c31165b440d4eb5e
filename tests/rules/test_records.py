from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, select

from graph.errors import InvalidInput
from graph.measures.picture import DAY
from rules import dossier as dossiers
from rules import judgements, records
from rules.deciding import decide
from rules.model import Decision, DecisionSource, History, Reason, RuleEffect, Timing, Verdict
from rules.records import DecisionQuery, save_decision, save_strategy
from rules.replaying import as_observed, replay
from rules.signals import SIGNALS
from rules.strategy import compile_strategy, read_strategy, shipped
from rules.tables import decisions
from tests.api.opened import connected
from tests.rules.drawing import AT, dossier, unread

pytestmark = pytest.mark.usefixtures("each_engine")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with connected(tmp_path) as found:
        yield found


def decided(
    number: int,
    *,
    institution: str = "bank",
    loan: str | None = None,
    merchant: str = "mer_a",
    applicant: str | None = None,
    verdict: Verdict = Verdict.APPROVE,
    codes: tuple[str, ...] = (),
    degraded: bool = False,
    at: int = AT,
    decided_at: int | None = None,
) -> Decision:
    """A decision of the shipped strategy, with what lists go by made up."""
    gone = (unread(DecisionSource.GRAPH),) if degraded else ()
    of = dossier(loan=loan or f"loa_{number}", merchant=merchant, applicant=applicant, at=at, unread=gone)
    judgement = decide(of, shipped())
    reasons = tuple(Reason(code, "Said.", code.lower(), RuleEffect.SCORE, 10, (), (), ()) for code in codes)
    if verdict is not judgement.verdict or codes:
        judgement = replace(judgement, verdict=verdict, reasons=reasons)
    inputs = dossiers.inputs_hash(dossiers.encode(of), shipped().canonical)
    return Decision(
        id=f"dec_{number:04d}",
        institution=institution,
        judgement=judgement,
        dossier=of,
        strategy=shipped().strategy.id,
        strategy_name="default",
        strategy_version=1,
        inputs_hash=inputs,
        decided_at=AT + number if decided_at is None else decided_at,
        timing=Timing(12.5, 1.0, 2.0, 3.0, 4.0, 2.5),
        cpu=6.25,
        read=42,
        micros=17,
    )


def test_a_decision_comes_back_as_it_was_and_replays_byte_for_byte(connection: Connection) -> None:
    decision = decided(1)
    save_decision(connection, decision)
    kept = records.decision(connection, "bank", "dec_0001")
    assert kept == decision
    row = connection.execute(select(decisions)).one()
    assert row.dossier == dossiers.encode(decision.dossier)
    assert row.judgement == judgements.encode(decision.judgement)
    assert replay(kept, shipped())


def test_a_decision_that_was_tampered_with_does_not_replay(connection: Connection) -> None:
    decision = decided(1)
    assert not replay(replace(decision, judgement=replace(decision.judgement, approved=99_000_000)), shipped())
    assert not replay(replace(decision, dossier=replace(decision.dossier, known_at=1)), shipped())


def test_a_decision_of_a_program_with_fewer_signals_replays_over_those_that_it_had() -> None:
    fewer = tuple(signal for signal in SIGNALS if signal.name != "sureties_round")
    rules = tuple(rule for rule in shipped().strategy.rules if "sureties_round" not in rule.when)
    earlier = compile_strategy(replace(shipped().strategy, rules=rules), fewer)
    decision = decided(1)
    judgement, inputs = decide(decision.dossier, earlier), dossiers.inputs_hash(dossiers.encode(decision.dossier), earlier.canonical)
    kept = replace(decision, judgement=judgement, inputs_hash=inputs)
    assert replay(kept, as_observed(earlier.strategy, judgement))
    assert not replay(kept, compile_strategy(earlier.strategy)), "a signal more is another judgement"
    lost = replace(judgement, observed=(replace(judgement.observed[0], signal="gone"), *judgement.observed[1:]))
    with pytest.raises(ValueError, match="gone is no signal any more"):
        as_observed(earlier.strategy, lost)


def test_a_replay_by_another_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="replay it by that one"):
        replay(replace(decided(1), strategy="str_other"), shipped())


def test_another_institution_sees_nothing(connection: Connection) -> None:
    save_decision(connection, decided(1))
    assert records.decision(connection, "other", "dec_0001") is None
    assert records.decisions(connection, "other", DecisionQuery(10)).items == ()
    assert records.latest_decision(connection, "other", "mer_a") is None
    assert records.history(connection, "other", "mer_a", None, "loa_9", AT, AT + DAY) == History(0, 0)


def test_the_next_decision_on_a_loan_replaces_the_newest_one_and_changes_nothing_else(connection: Connection) -> None:
    save_decision(connection, decided(1, loan="loa_x"))
    save_decision(connection, decided(2, loan="loa_y"))
    save_decision(connection, decided(3, loan="loa_x"))
    save_decision(connection, decided(4, loan="loa_x"))
    found = {one.id: one.replaced_by for one in records.decisions(connection, "bank", DecisionQuery(10)).items}
    assert found == {"dec_0001": "dec_0003", "dec_0002": None, "dec_0003": "dec_0004", "dec_0004": None}
    latest = records.latest_decision(connection, "bank", "mer_a")
    assert latest is not None and latest.id == "dec_0004"


MANY = [
    decided(
        number,
        loan=f"loa_{number % 4}",
        merchant=f"mer_{number % 3}",
        verdict=list(Verdict)[number % 3],
        codes=(("DEVICE_FARM", "NO_TRADE"), ("NO_TRADE",), ())[number % 3],
        degraded=number % 5 == 0,
        decided_at=AT + number // 2,
    )
    for number in range(24)
]

queries = st.builds(
    DecisionQuery,
    first=st.integers(1, 7),
    loan=st.none() | st.sampled_from(["loa_0", "loa_9"]),
    merchant=st.none() | st.just("mer_1"),
    verdicts=st.none() | st.frozensets(st.sampled_from(Verdict), max_size=3),
    reason_code=st.none() | st.sampled_from(["NO_TRADE", "DEVICE_FARM", "OTHER"]),
    degraded=st.none() | st.booleans(),
    decided_after=st.none() | st.integers(AT, AT + 12),
    decided_before=st.none() | st.integers(AT, AT + 12),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the decisions stay from example to example
@given(query=queries)
def test_pages_put_together_are_all_that_match_newest_first(connection: Connection, query: DecisionQuery) -> None:
    def matches(one: Decision) -> bool:
        asked = one.dossier.application
        return all(
            (
                query.loan in (None, asked.loan),
                query.merchant in (None, asked.merchant),
                query.verdicts is None or one.judgement.verdict in query.verdicts,
                query.reason_code is None or query.reason_code in {reason.code for reason in one.judgement.reasons},
                query.degraded in (None, records.is_degraded(one)),
                query.decided_after is None or one.decided_at > query.decided_after,
                query.decided_before is None or one.decided_at < query.decided_before,
            )
        )

    expected = sorted((one for one in MANY if matches(one)), key=lambda one: (one.decided_at, one.id), reverse=True)
    if records.decision(connection, MANY[0].institution, MANY[0].id) is None:
        for one in MANY:
            save_decision(connection, one)
    found: list[str] = []
    after, more = None, True
    while more:
        page = records.decisions(connection, "bank", replace(query, after=after))
        assert len(page.items) == len(page.cursors) <= query.first
        found += [one.id for one in page.items]
        more = page.more
        after = page.cursors[-1] if page.cursors else None
    assert found == [one.id for one in expected]


@pytest.mark.parametrize(
    "query",
    [
        DecisionQuery(5),
        DecisionQuery(5, loan="loa_1"),
        DecisionQuery(5, merchant="mer_1", verdicts=frozenset({Verdict.DECLINE}), degraded=True),
        DecisionQuery(5, verdicts=frozenset({Verdict.DECLINE, Verdict.REFER})),
        DecisionQuery(5, degraded=True, verdicts=frozenset({Verdict.REFER})),
        DecisionQuery(5, degraded=False),
        DecisionQuery(5, reason_code="NO_TRADE", decided_after=AT),
        DecisionQuery(5, reason_code="NO_TRADE", merchant="mer_1"),
    ],
)
def test_every_list_walks_an_index_and_sorts_nothing(connection: Connection, query: DecisionQuery) -> None:
    asked: list[tuple[str, object]] = []
    event.listen(
        connection.engine, "before_cursor_execute", lambda c, cursor, statement, parameters, *rest: asked.append((statement, parameters))
    )
    first = records.decisions(connection, "bank", query)
    for one in MANY:
        save_decision(connection, one)
    first = records.decisions(connection, "bank", query)
    records.decisions(connection, "bank", replace(query, after=first.cursors[0] if first.cursors else None))
    selects = [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]
    assert selects
    if connection.dialect.name == "postgresql":  # as the app, with its policies; so few rows would be read whole or sorted
        for word in ("SET ROLE ringfence_app", "SET ringfence.institution = 'bank'", "SET enable_seqscan = off", "SET enable_sort = off"):
            connection.exec_driver_sql(word)
    explain = "EXPLAIN " if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    for statement, parameters in selects:
        plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))  # type: ignore[arg-type]
        for costly in ("SCAN", "TEMP B-TREE", "Seq Scan", "Sort"):
            assert costly not in plan, plan


def test_a_cursor_is_good_for_its_own_list_alone(connection: Connection) -> None:
    for one in MANY:
        save_decision(connection, one)
    cursor = records.decisions(connection, "bank", DecisionQuery(2)).cursors[1]
    for query, institution in [
        (DecisionQuery(2, after=cursor, degraded=True), "bank"),
        (DecisionQuery(2, after=cursor), "other"),
        (DecisionQuery(2, after="not one"), "bank"),
        (DecisionQuery(2, after="é"), "bank"),
        (DecisionQuery(2, after=""), "bank"),
    ]:
        with pytest.raises(InvalidInput, match="endCursor"):
            records.decisions(connection, institution, query)
    assert len(records.decisions(connection, "bank", DecisionQuery(5, after=cursor)).items) == 5, "another size is the same list"


def test_history_counts_other_loans_once_each_by_their_latest_decision(connection: Connection) -> None:
    for one in [
        decided(1, loan="loa_a", verdict=Verdict.DECLINE),
        decided(2, loan="loa_b", verdict=Verdict.REFER),
        decided(3, loan="loa_b", verdict=Verdict.DECLINE),
        decided(4, loan="loa_c", verdict=Verdict.DECLINE),
        decided(5, loan="loa_c", verdict=Verdict.APPROVE),
        decided(6, loan="loa_d", merchant="mer_z", applicant="per_a", verdict=Verdict.DECLINE),
        decided(7, loan="loa_e", merchant="mer_z", verdict=Verdict.DECLINE),
        decided(8, loan="loa_f", verdict=Verdict.DECLINE, at=AT - 91 * DAY),
        decided(9, loan="loa_g", verdict=Verdict.DECLINE, at=AT + 1),
    ]:
        save_decision(connection, one)
    assert records.history(connection, "bank", "mer_a", "per_a", "loa_x", AT, AT + 100) == History(4, 3)
    assert records.history(connection, "bank", "mer_a", None, "loa_a", AT, AT + 100) == History(2, 1)
    assert records.history(connection, "bank", "mer_a", None, "loa_x", AT, AT + 4) == History(3, 3), "as it was known then"


def test_the_shipped_strategy_judges_until_another_is_chosen(connection: Connection) -> None:
    assert records.live_strategy(connection, "bank") == shipped().strategy
    first = read_strategy(OWN, "own.yaml").strategy
    save_strategy(connection, "bank", first)
    save_strategy(connection, "bank", first)
    assert records.live_strategy(connection, "bank") == first
    assert records.live_strategy(connection, "other") == shipped().strategy
    second = read_strategy(OWN.replace("version: 1", "version: 2"), "own.yaml").strategy
    save_strategy(connection, "bank", second, live=False)
    assert records.live_strategy(connection, "bank") == first
    save_strategy(connection, "bank", second)
    assert records.live_strategy(connection, "bank") == second
    assert records.strategy(connection, "bank", first.id) == first
    assert records.strategy(connection, "bank", shipped().strategy.id) == shipped().strategy
    assert records.strategy(connection, "other", first.id) is None


def test_a_version_that_was_kept_is_never_changed(connection: Connection) -> None:
    save_strategy(connection, "bank", read_strategy(OWN, "own.yaml").strategy)
    with pytest.raises(InvalidInput, match="higher version"):
        save_strategy(connection, "bank", read_strategy(OWN.replace("points: 10", "points: 20"), "own.yaml").strategy)


OWN = """name: own
version: 1
refer_at: 50
decline_at: 100
rules:
  - name: farm
    code: FARM
    when: device_shared >= 4.0
    says: "{device_shared} others."
    points: 10
"""

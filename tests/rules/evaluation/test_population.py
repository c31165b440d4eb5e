from __future__ import annotations

import csv
import hashlib
import json
import tracemalloc
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from graph.decoding import decode_fact
from graph.importing.making import Maker
from graph.importing.mapping import load_mapping
from graph.model import Institution
from rules.evaluation.population import names
from rules.evaluation.population.chance import chance, heavy_tailed, poisson, weighted
from rules.evaluation.population.parameters import DAY, MAXIMUM_FACTS, Parameters
from rules.evaluation.population.rows import COLUMNS, Row, facts_of
from rules.evaluation.population.simulation import Market
from rules.evaluation.population.writing import read_labels, write_market

SMALL = Parameters(merchants=240, days=60, seed=7)
BANK = Institution("bank", "CNY", "Asia/Shanghai")


@pytest.fixture(scope="module")
def market() -> tuple[Market, list[Row]]:
    made = Market(SMALL)
    return made, list(made.rows())


def _bytes(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.rglob("*") if path.is_file()
    }


def test_a_seed_gives_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_market(Parameters(merchants=80, days=45, seed=seed), tmp_path / name)
    assert _bytes(tmp_path / "a") == _bytes(tmp_path / "b")
    assert _bytes(tmp_path / "a")["history/transfers.csv"] != _bytes(tmp_path / "c")["history/transfers.csv"]


def test_what_is_written_is_counted_in_order_of_time_and_apart_from_the_labels(tmp_path: Path) -> None:
    written = write_market(SMALL, tmp_path / "market")
    history = 0
    for table, columns in COLUMNS.items():
        with (tmp_path / "market" / "history" / f"{table}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == written.rows[table]
        assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
        assert all(row["known_at"] >= row["at"] for row in rows)
        assert not rows or set(rows[0]) == {*columns, "at", "known_at"}
        history += len(rows)
    live = [json.loads(line) for line in (tmp_path / "market" / "live.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["at"] for line in live] == sorted(line["at"] for line in live)
    assert sum("fact" in line for line in live) == written.live_facts
    assert sum("assess" in line for line in live) == written.applications
    assert history <= written.facts <= MAXIMUM_FACTS
    with (tmp_path / "market" / "labels" / "labels.csv").open(encoding="utf-8") as file:
        assert read_labels(file) == written.labels
    assert not any("labels" in line or "ring" in line for line in ("".join(map(str, live)),))


def test_labels_can_be_kept_from_the_folder(tmp_path: Path) -> None:
    written = write_market(Parameters(merchants=60, days=45), tmp_path / "market", labels=False)
    assert not (tmp_path / "market" / "labels").exists()
    assert len(written.labels) >= 60


def test_receipts_are_thinned_until_all_facts_fit() -> None:
    parameters = Parameters(merchants=400, days=45, facts=40_000)
    market = Market(parameters)
    told = sum(len(facts_of(row)) for row in market.rows())
    assert 0.6 * parameters.facts < told + len(market.applicants()) <= parameters.facts
    assert market.thinning > parameters.trade.thinning


def test_more_merchants_than_facts_allow_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="leave no room for receipts"):
        Market(Parameters(merchants=2_000, days=90, facts=20_000))


def test_memory_holds_a_day_and_not_the_whole_time(tmp_path: Path) -> None:
    peaks = []
    for days in (45, 180):
        tracemalloc.start()
        write_market(Parameters(merchants=80, days=days), tmp_path / str(days))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def test_all_groups_and_at_least_five_kinds_of_ring_are_there(market: tuple[Market, list[Row]]) -> None:
    labels = market[0].labels()
    groups = {label.group for label in labels}
    assert groups >= {"market", "family", "market_wifi", "franchise", "onboarding_agent", "accountant"}
    rings = {label.group for label in labels if label.ring}
    assert rings == {"device_farm", "straw_borrowers", "wash_trading", "tied_merchants", "mule_accounts"}
    assert all(label.fraud for label in labels if label.ring)
    assert len({label.merchant for label in labels}) == len(labels) >= SMALL.merchants


def test_merchant_numbers_do_not_tell_the_group() -> None:
    labels = Market(Parameters()).labels()
    half = len(labels) // 2
    early = sum(label.fraud for label in labels[:half])
    assert 0.25 < early / sum(label.fraud for label in labels) < 0.75


def test_shares_are_those_that_were_measured_in_the_world() -> None:
    market = Market(Parameters())
    innocent = [shop for shop in market.shops if shop.ring is None and shop.group == "market"]
    devices = Counter(min(len(shop.devices), 4) for shop in innocent)
    for number, share in ((1, 0.68), (2, 0.19), (3, 0.07)):
        assert abs(devices[number] / len(innocent) - share) < 0.03
    assert 65 < median(shop.receipts_a_day for shop in innocent) < 92
    users = Counter(device.key for shop in market.shops for device in shop.devices)
    assert 0.04 < sum(count > 1 for count in users.values()) / len(users) < 0.08
    confirmed = {shop.key for shop in market.shops if any(past.outcome == "FRAUD_CONFIRMED" for past in shop.past)}
    assert 0.004 < len(confirmed) / len(market.shops) < 0.015
    assert 0.10 < len(market.applicants()) / len(market.shops) < 0.16


def test_rings_apply_in_bursts_and_the_innocent_do_not(market: tuple[Market, list[Row]]) -> None:
    moments = defaultdict(list)
    for shop in market[0].applicants():
        assert shop.plan is not None
        moments[shop.ring or "innocent"].append(shop.plan.at)
    hours = SMALL.crime.burst_hours[1] * 3_600_000
    assert all(max(found) - min(found) <= hours for ring, found in moments.items() if ring != "innocent")
    assert max(moments["innocent"]) - min(moments["innocent"]) > 7 * DAY
    assert min(min(found) for found in moments.values()) > SMALL.until - 22 * DAY


def test_confirmed_frauds_are_known_a_month_after_their_loan_and_before_the_rings_apply(market: tuple[Market, list[Row]]) -> None:
    made, rows = market
    known = {row.values[1]: row.known_at for row in rows if row.table == "outcomes" and row.values[2] == "FRAUD_CONFIRMED"}
    applied = {row.values[0]: row.at for row in rows if row.table == "loans"}
    first = min(shop.plan.at for shop in made.applicants() if shop.plan and shop.ring)
    assert known
    for loan, moment in known.items():
        assert moment - applied[loan] >= 25 * DAY
        assert moment < first


def test_washed_receipts_come_from_few_payers_and_their_money_goes_back(market: tuple[Market, list[Row]]) -> None:
    made, rows = market
    washed = next(shop for shop in made.shops if shop.group == "wash_trading" and shop.work)
    paid: Counter[str] = Counter()
    for row in rows:
        if row.table == "transfers" and row.values[2] == washed.till.number and row.values[4] == "PAYMENT":
            paid[str(row.values[1])] += 1
    puppets = [payer for payer, _ in paid.most_common(3)]
    assert sum(paid[payer] for payer in puppets) > 0.3 * sum(paid.values())
    back = {row.values[2] for row in rows if row.table == "transfers" and row.values[1] == washed.purse.number}
    assert back & set(puppets)


def test_money_passes_through_mules_within_hours(market: tuple[Market, list[Row]]) -> None:
    made, rows = market
    mule = next(shop for shop in made.shops if shop.group == "mule_accounts")
    sums: Counter[str] = Counter()
    for row in rows:
        if row.table == "transfers" and row.values[4] == "TRANSFER":
            amount = row.values[3]
            assert isinstance(amount, int)
            sums["in"] += amount if row.values[2] == mule.till.number else 0
            sums["out"] += amount if row.values[1] == mule.till.number else 0
    assert 0.9 < sums["out"] / sums["in"] < 1.6


def test_every_row_says_over_graphql_what_the_mapping_reads_from_the_file(market: tuple[Market, list[Row]]) -> None:
    mapping = load_mapping("market")
    now = SMALL.until + 3 * DAY
    by_table = defaultdict(list)
    for row in market[1]:
        by_table[row.table].append(row)
    assert set(by_table) == set(COLUMNS)
    for table, rows in by_table.items():
        section = mapping.section(f"{table}.csv")
        assert section is not None
        maker = Maker(section, [*COLUMNS[table], "at", "known_at"], BANK, now)
        for row in [*rows[:40], *rows[-40:]]:
            texts = ["" if value is None else str(value) for value in row.values]
            imported = maker.facts([*texts, _iso(row.at), _iso(row.known_at), 1, table])
            said = [decode_fact(_coerced(fact), BANK, now) for fact in facts_of(row)]
            assert [(fact.source_id, fact.occurred_at, fact.content, fact.places) for fact in imported] == [
                (fact.source_id, fact.occurred_at, fact.content, fact.places) for fact in said
            ]
            assert all(fact.recorded_at == row.known_at for fact in imported)


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds")


def _coerced(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _coerced(inner, key) for key, inner in value.items()}
    if name in {"occurredAt", "openedAt"} and isinstance(value, str):
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    return value


def test_identity_cards_and_licences_have_right_check_characters() -> None:
    source = chance(1, "numbers")
    for _ in range(200):
        birthday = names.born_on(source)
        card = names.identity_card(source, "330106", birthday)
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        assert card[17] == "10X98765432"[sum(int(digit) * weight for digit, weight in zip(card, weights, strict=False)) % 11]
        licence = names.business_licence(source, "330106")
        digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
        total = sum(digits.index(letter) * pow(3, place, 31) for place, letter in enumerate(licence[:17]))
        assert (total + digits.index(licence[17])) % 31 == 0
    cards = {names.bank_card(number) for number in range(5_000)}
    assert len(cards) == 5_000
    for card in list(cards)[:100]:
        digits_back = [int(digit) for digit in reversed(card)]
        assert sum(digits_back[0::2] + [sum(divmod(2 * digit, 10)) for digit in digits_back[1::2]]) % 10 == 0
    assert len({names.phone_number(number) for number in range(5_000)}) == 5_000


def test_draws_have_the_means_and_tails_asked_for() -> None:
    source = chance(3, "draws")
    assert abs(sum(poisson(source, 2.5) for _ in range(4_000)) / 4_000 - 2.5) < 0.15
    assert abs(sum(poisson(source, 60) for _ in range(2_000)) / 2_000 - 60) < 1.5
    assert poisson(source, 0) == 0
    drawn = Counter(weighted(source, (1, 3)) for _ in range(4_000))
    assert 0.70 < drawn[1] / 4_000 < 0.80
    visits = Counter(heavy_tailed(source, 50_000, 1.72) for _ in range(100_000))
    assert max(visits.values()) < 3_000
    assert sum(sorted(visits.values(), reverse=True)[: len(visits) // 10]) > 30_000
    assert all(0 <= place < 50_000 for place in visits)

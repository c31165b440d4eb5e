"""The FinBench sample goes in whole: all 18 files, every row, every amount, parallel transfers and all."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from graph.importing.importing import BATCH as LARGE
from graph.importing.importing import find_files
from graph.importing.mapping import load_mapping
from graph.importing.summary import Summary
from graph.model import EntityKind, Standing
from tests.graph.importing.recording import Graph, import_all

SAMPLE = Path(__file__).parents[2] / "data" / "finbench"
MAPPING = load_mapping("finbench")


def rows(name: str) -> list[dict[str, str]]:
    """A file's rows, read plainly."""
    with gzip.open(SAMPLE / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


NAMES = sorted(path.name.removesuffix(".csv.gz") for path in SAMPLE.glob("*.csv.gz"))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, Summary]]:
    folder = tmp_path_factory.mktemp("finbench")
    with Graph(folder) as graph:
        yield graph, import_all(graph, folder, MAPPING, SAMPLE, batch=LARGE)


def fen(amount: str) -> int:
    return int(Decimal(amount) * 100)


def test_it_has_18_files_with_their_notice_and_the_mapping_knows_them_all():
    assert len(NAMES) == 18 == len(find_files([SAMPLE], MAPPING))
    assert "Apache License" in (SAMPLE / "NOTICE").read_text()


def test_every_row_of_every_file_is_in_and_none_is_rejected(loaded: tuple[Graph, Summary]):
    _, summary = loaded
    blocked = {name: sum(row.get("isBlocked") == "true" for row in rows(name)) for name in NAMES}
    for count in summary.files:
        name = count.file.removesuffix(".csv.gz")
        assert count.rows == count.made == len(rows(name)), name
        assert count.recorded == count.facts == len(rows(name)) + blocked[name], name
    assert summary.whole and sum(blocked.values()) > 100


@pytest.mark.parametrize(
    ("name", "column", "kind"),
    [("Person", "personId", EntityKind.PERSON), ("Company", "companyId", EntityKind.MERCHANT), ("Account", "accountId", EntityKind.ACCOUNT),
     ("Medium", "mediumId", EntityKind.DEVICE), ("Loan", "loanId", EntityKind.LOAN)],
)  # fmt: skip
def test_whom_the_files_describe_is_there_and_blocked_when_they_say_so(
    loaded: tuple[Graph, Summary], name: str, column: str, kind: EntityKind
):
    graph, _ = loaded
    for row in rows(name)[::7]:
        found = graph.entity(kind, row[column])
        assert found is not None and found.blocked == (row.get("isBlocked") == "true") and found.standing is Standing.CLEAR


def test_sums_and_numbers_of_transfers_agree_account_by_account(loaded: tuple[Graph, Summary]):
    graph, _ = loaded
    said: dict[tuple[str, str], list[int]] = {}
    for row in rows("AccountTransferAccount") + rows("AccountWithdrawAccount"):
        said.setdefault((row["fromId"], row["toId"]), []).append(fen(row["amount"]))
    assert max(map(len, said.values())) > 1, "there are parallel transfers"
    ids = {key: graph.sealer.entity_id(EntityKind.ACCOUNT, key) for pair in said for key in pair}
    touched = Counter(key for pair in said for key in set(pair))
    checked = 0
    for key in [key for key, degree in touched.items() if degree <= 60][::5]:
        shown = {(from_, to): (count, total) for kind, from_, to, count, total in graph.ties(EntityKind.ACCOUNT, key) if kind == "PAYS"}
        wanted = {(ids[a], ids[b]): (len(amounts), sum(amounts)) for (a, b), amounts in said.items() if key in (a, b)}
        assert shown == wanted
        checked += len(wanted)
    assert checked > 1_000


def test_a_transfer_to_oneself_and_own_shares_are_kept(loaded: tuple[Graph, Summary]):
    graph, _ = loaded
    for name, columns, kind, tie in (
        ("AccountTransferAccount", ("fromId", "toId"), EntityKind.ACCOUNT, "PAYS"),
        ("CompanyInvestCompany", ("investorId", "companyId"), EntityKind.MERCHANT, "INVESTS_IN"),
    ):
        own = [row[columns[0]] for row in rows(name) if row[columns[0]] == row[columns[1]]]
        assert own
        for key in own:
            own_id = graph.sealer.entity_id(kind, key)
            assert any(each[:3] == (tie, own_id, own_id) for each in graph.ties(kind, key))


@pytest.mark.parametrize(
    ("name", "tie", "loan_first"), [("LoanDepositAccount", "PAID_OUT_TO", True), ("AccountRepayLoan", "REPAYS", False)]
)
def test_sums_of_pay_outs_and_repayments_agree_loan_by_loan(loaded: tuple[Graph, Summary], name: str, tie: str, loan_first: bool):
    graph, _ = loaded
    said: dict[str, list[int]] = {}
    for row in rows(name):
        said.setdefault(row["loanId"], []).append(fen(row["amount"]))
    for key, amounts in list(said.items())[::5]:
        ties = [each for each in graph.ties(EntityKind.LOAN, key) if each[0] == tie]
        assert sum(each[3] for each in ties) == len(amounts) and sum(each[4] or 0 for each in ties) == sum(amounts)
        own_id = graph.sealer.entity_id(EntityKind.LOAN, key)
        assert {each[1 if loan_first else 2] for each in ties} == {own_id}


@pytest.mark.parametrize(
    ("name", "kind", "column", "tie"),
    [
        ("PersonOwnAccount", EntityKind.PERSON, "personId", "HOLDS"),
        ("CompanyOwnAccount", EntityKind.MERCHANT, "companyId", "HOLDS"),
        ("PersonApplyLoan", EntityKind.PERSON, "personId", "APPLIED_FOR"),
        ("CompanyApplyLoan", EntityKind.MERCHANT, "companyId", "APPLIED_FOR"),
        ("PersonGuaranteePerson", EntityKind.PERSON, "fromId", "GUARANTEES"),
        ("CompanyGuaranteeCompany", EntityKind.MERCHANT, "fromId", "GUARANTEES"),
        ("PersonInvestCompany", EntityKind.PERSON, "investorId", "INVESTS_IN"),
        ("CompanyInvestCompany", EntityKind.MERCHANT, "investorId", "INVESTS_IN"),
        ("MediumSignInAccount", EntityKind.DEVICE, "mediumId", "USES_DEVICE"),
    ],
)
def test_ties_are_seen_as_often_as_rows_say_them(loaded: tuple[Graph, Summary], name: str, kind: EntityKind, column: str, tie: str):
    graph, _ = loaded
    said = Counter(row[column] for row in rows(name))
    for key, count in [(key, count) for key, count in said.items() if count <= 60][::9]:
        own_id = graph.sealer.entity_id(kind, key)
        own = [each for each in graph.ties(kind, key) if each[0] == tie and each[2 if tie == "USES_DEVICE" else 1] == own_id]
        assert sum(each[3] for each in own) == count

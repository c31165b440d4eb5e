"""Every published result of LDBC FinBench that its sub-graph can answer is ours, row order included, out of every real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from graph.flows.scope import Cut
from graph.importing.summary import Summary
from tests.graph.flows.oracle import asked, equal
from tests.graph.flows.published import COPY, NAMES, Published, lines, published
from tests.graph.stores import STORES

READS = lines()
COUNTS = {
    "TCR1": 42, "TCR2": 41, "TCR3": 44, "TCR4": 44, "TCR5": 41, "TCR6": 43, "TCR7": 46, "TCR8": 45, "TCR9": 40, "TCR10": 42, "TCR11": 38,
    "TCR12": 43, "TSR1": 310, "TSR2": 316, "TSR3": 331, "TSR4": 298, "TSR5": 322, "TSR6": 333,
}  # fmt: skip


@pytest.fixture(scope="module", params=STORES)
def loaded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[tuple[Published, Summary]]:
    folder = tmp_path_factory.mktemp("oracle")
    with published(folder, request.param) as graph:
        yield graph, graph.load(folder, COPY)


def test_the_copy_has_its_notice_and_every_row_went_in(loaded: tuple[Published, Summary]):
    _, summary = loaded
    assert "Apache License" in (COPY / "NOTICE").read_text()
    assert summary.whole and sum(count.recorded for count in summary.files) > 33_000


def test_the_reads_are_all_eighteen_questions():
    assert Counter(line["query"] for line in READS) == COUNTS


@pytest.mark.parametrize("query", COUNTS)
def test_every_published_result_is_ours(loaded: tuple[Published, Summary], query: str):
    graph, _ = loaded
    for line in [line for line in READS if line["query"] == query]:
        question, rows = asked(query, line["params"], NAMES)
        answered = graph.ask(question)
        assert equal(query, rows(answered.value), line["expected"]), line
        assert set(answered.cut) <= {Cut.PER_STEP}

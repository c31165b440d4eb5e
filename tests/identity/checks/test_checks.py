"""Every check over any file: an outcome and a sentence, and never an error."""

from __future__ import annotations

import string
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from identity.checks import CHECKS, descriptions
from identity.model import (
    CheckResult,
    Declared,
    DocumentReading,
    FaceCalibration,
    FaceCandidate,
    FaceReading,
    IdentityFile,
    ListMatch,
    LivenessReading,
    Outcome,
    ReadField,
)

TEXTS = st.text(max_size=60) | st.text(string.digits + "XHMA<-+ ", max_size=50)
DAYS = st.dates()
SCORES = st.floats(0, 1)
DISTANCES = st.floats()
FIELDS = ("name", "number", "born_on", "address", "valid_until", "mrz")


def maybe(strategy):
    return st.none() | strategy


DECLARED = st.builds(
    Declared,
    name=maybe(TEXTS),
    born_on=maybe(DAYS),
    document_kind=maybe(st.sampled_from(["IDENTITY_CARD", "PASSPORT", "RESIDENCE_PERMIT", "BUSINESS_LICENCE", "TAX_NUMBER"]) | TEXTS),
    document_country=maybe(st.sampled_from(["CN", "HK", "IN", "KR", "ZZ"]) | TEXTS),
    document_number=maybe(TEXTS),
    document_valid_until=maybe(DAYS),
    address=maybe(TEXTS),
    phone=maybe(TEXTS),
    account=maybe(TEXTS),
    account_holder=maybe(TEXTS),
)
DOCUMENTS = st.builds(
    DocumentReading,
    kind=maybe(TEXTS),
    fields=st.dictionaries(st.sampled_from(FIELDS), st.builds(ReadField, text=st.text(max_size=150), confidence=SCORES)),
    screen_score=maybe(st.floats()),
    copy_score=maybe(st.floats()),
)
FACES = st.builds(FaceReading, faces=st.integers(-1, 5), template=maybe(st.lists(DISTANCES, max_size=4).map(tuple)))
FILES = st.builds(
    IdentityFile,
    on=DAYS,
    country=st.sampled_from(["CN", "HK", "IN", "XX", ""]) | TEXTS,
    kind=st.sampled_from(["PERSON", "MERCHANT"]),
    declared=DECLARED,
    document=maybe(DOCUMENTS),
    document_face=maybe(FACES),
    face=maybe(FACES),
    liveness=maybe(
        st.builds(
            LivenessReading,
            actions=st.lists(TEXTS, max_size=3).map(tuple),
            shown=st.lists(st.booleans(), max_size=3).map(tuple),
            frames=st.integers(-1, 30),
            same_face=st.booleans(),
        )
    ),
    face_candidates=maybe(st.lists(st.builds(FaceCandidate, subject=TEXTS, distance=DISTANCES), max_size=3).map(tuple)),
    list_matches=maybe(
        st.lists(
            st.builds(ListMatch, list_name=TEXTS, key=TEXTS, name=TEXTS, score=st.floats(), sentence=TEXTS, judged=maybe(st.booleans())),
            max_size=3,
        ).map(tuple)
    ),
    contact_reached=maybe(st.booleans()),
    shares=maybe(
        st.dictionaries(
            st.sampled_from(["", "a", "b", "c"]),
            st.dictionaries(st.sampled_from(["a", "b", "c", "p", "q"]), st.floats(), max_size=4),
            max_size=4,
        )
    ),
    faces=st.builds(FaceCalibration, threshold=DISTANCES, false_match_rate=SCORES),
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(FILES)
def test_any_file_gives_every_check_an_outcome_and_a_sentence(file):
    for check in CHECKS.values():
        found = check.run(file)
        assert isinstance(found, CheckResult) and isinstance(found.outcome, Outcome)
        assert found.code == check.code
        assert found.sentence.endswith(".") and len(found.sentence) < 400 and found.sentence.isprintable()


def test_an_empty_file_passes_nothing():
    file = IdentityFile(date(2026, 11, 24), "CN")
    assert {check.run(file).outcome for check in CHECKS.values()} == {Outcome.INCONCLUSIVE}


def test_hints_and_candidates_never_refuse_alone():
    document = DocumentReading("RESIDENT_ID", screen_score=1.0, copy_score=1.0)
    candidates = tuple(FaceCandidate(str(number), 0.0) for number in range(5))
    seen = LivenessReading(("BLINK",), (False,), 9, same_face=False)
    matches = (ListMatch("UN", "k", "n", 1.0, "s"),)
    file = IdentityFile(
        date(2026, 11, 24),
        "CN",
        document=document,
        face_candidates=candidates,
        liveness=seen,
        list_matches=matches,
        shares={"": {"a": 0.1}},
    )
    for code in ("DOCUMENT_GENUINE", "FACE_SHARED", "LIVENESS", "WATCHLIST", "OWNERSHIP"):
        assert CHECKS[code].run(file).outcome is Outcome.INCONCLUSIVE, code


def test_every_check_says_what_it_looks_at():
    said = descriptions()
    assert set(said) == set(CHECKS) and all(len(sentence) > 20 for sentence in said.values())

"""Dossiers drawn by hand and by hypothesis, and small signals and strategies for them."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from graph.decoding import TIE_ENDS
from graph.ids import LETTERS, tie_id
from graph.measures.picture import DAY
from graph.model import (
    Entity,
    EntityKind,
    Findings,
    Moment,
    Neighbour,
    Neighbourhood,
    Receipts,
    Sealed,
    Standing,
    Surroundings,
    Tie,
    TieKind,
    Transfer,
    TransferKind,
    Truncation,
    TruncationCause,
)
from rules.material import NO_HISTORY, NO_RECEIPTS
from rules.model import (
    Application,
    DecisionSource,
    DegradedCause,
    Dossier,
    History,
    Material,
    Reading,
    Signal,
    SignalKind,
    SignalValue,
    Unread,
)

AT = 1_780_000_000_000
"""The application's moment in all drawings."""


def entity_id(kind: EntityKind, number: int) -> str:
    """An id as a store gives it."""
    letters = ""
    for _ in range(24):
        letters = LETTERS[number % 32] + letters
        number //= 32
    return f"{kind.value}_{letters}"


LOAN = entity_id(EntityKind.LOAN, 0)
MERCHANT = entity_id(EntityKind.MERCHANT, 0)
PERSON = entity_id(EntityKind.PERSON, 0)


def application(**other: object) -> Application:
    fields: dict[str, object] = {
        "loan": LOAN,
        "loan_key": "loan-0",
        "merchant": MERCHANT,
        "applicant": PERSON,
        "amount": 1_500_000,
        "currency": "CNY",
        "term_days": 180,
        "at": AT,
    }
    return Application(**(fields | other))  # type: ignore[arg-type]


def neighbour(id: str, distance: int, **other: object) -> Neighbour:
    fields: dict[str, object] = {"key": None, "label": id[:8], "first_at": AT - 90 * DAY, "last_at": AT - DAY}
    return Neighbour(Entity(id, EntityKind(id[:3]), **(fields | other)), distance, 0.5**distance)  # type: ignore[arg-type]


def tie(kind: TieKind, from_id: str, to_id: str, weight: float = 0.5, at: int = AT - DAY) -> Tie:
    return Tie(tie_id(kind, from_id, to_id), kind, from_id, to_id, weight, at, at, at, None, 1)


def dossier(
    surroundings: Surroundings | None = None, history: History | None = NO_HISTORY, unread: tuple[Unread, ...] = (), **asked: object
) -> Dossier:
    """A dossier of a merchant about whom nothing is known but that it applies."""
    if surroundings is None:
        hood = Neighbourhood(LOAN, Moment(AT, AT), (neighbour(LOAN, 0), neighbour(MERCHANT, 1), neighbour(PERSON, 1)), ())
        surroundings = Surroundings(hood, (), (), NO_RECEIPTS)
    return Dossier(application(**asked), AT, surroundings, history, unread)


def unread(source: DecisionSource, cause: DegradedCause = DegradedCause.TIMED_OUT) -> Unread:
    return Unread(source, cause, 350.0)


def signal(name: str, value: SignalValue, source: DecisionSource = DecisionSource.GRAPH, *, absent: bool = False) -> Signal:
    """A signal that always reads so."""
    kinds = {int: SignalKind.INTEGER, float: SignalKind.NUMBER, bool: SignalKind.BOOLEAN, str: SignalKind.TEXT}
    return Signal(_named(name, lambda material: Reading(value, absent=absent)), kinds[type(value)], None, source)


def failing(name: str, kind: SignalKind = SignalKind.INTEGER, source: DecisionSource = DecisionSource.GRAPH) -> Signal:
    """A signal that cannot be computed."""

    def fail(material: Material) -> Reading:
        raise ZeroDivisionError(name)

    return Signal(_named(name, fail), kind, None, source)


def _named(name: str, compute: Callable[[Material], Reading]) -> Callable[[Material], Reading]:
    compute.__name__ = name
    compute.__doc__ = f"What {name} says."
    return compute


_moments = st.integers(AT - 400 * DAY, AT)
_weights = st.floats(0.0, 1.0)
_texts = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)


def _entities(number: int, loan: str) -> st.SearchStrategy[tuple[Neighbour, ...]]:
    def one(place: int) -> st.SearchStrategy[Neighbour]:
        kind = EntityKind.LOAN if place == 0 else list(EntityKind)[place % len(EntityKind)]
        own_id = loan if place == 0 else entity_id(kind, place)
        fields = st.dictionaries(
            st.sampled_from(["state", "merchant", "requested", "rate", "name"]),
            st.one_of(_texts, st.integers(0, 10**15), st.floats(0, 1), st.just(MERCHANT), st.just(Sealed("name", b"\0" * 40))),
            max_size=3,
        )
        entity = st.builds(
            Entity,
            st.just(own_id),
            st.just(kind),
            st.none() | _texts,
            _texts,
            _moments,
            _moments,
            st.booleans(),
            st.sampled_from(Standing),
            st.integers(0, 5_000),
            fields,
            st.none() | st.just(b"wrapped"),
        )
        return st.builds(Neighbour, entity, st.just(min(place, 4)), _weights)

    return st.tuples(*(one(place) for place in range(number)))


def _possible_ends(entities: list[Entity]) -> list[tuple[TieKind, str, str]]:
    """Every tie that facts could make between these: a device is never held, nor a loan shared."""
    return [
        (kind, one.id, other.id)
        for kind, (starts, ends) in TIE_ENDS.items()
        for one in entities
        for other in entities
        if one.kind in starts and other.kind in ends
    ]


@st.composite
def dossiers(draw: st.DrawFn, most_entities: int = 12, most_flows: int = 12) -> Dossier:
    """Any dossier, also one with more than a stored one may hold."""
    if draw(st.integers(0, 9)) == 0:
        return Dossier(application(), AT, None, draw(st.none() | st.just(NO_HISTORY)), (unread(DecisionSource.GRAPH),))
    near = draw(_entities(draw(st.integers(1, most_entities)), LOAN))
    ends = _possible_ends([one.entity for one in near])
    ties: list[Tie] = []
    for kind, from_id, to_id in draw(st.lists(st.sampled_from(ends), max_size=2 * most_entities, unique=True)) if ends else ():
        moments, numbers = (
            draw(st.tuples(_moments, _moments, _moments)),
            draw(st.tuples(st.integers(1, 99), st.none() | st.integers(0, 10**12))),
        )
        own_id = draw(st.sampled_from([tie_id(kind, from_id, to_id), f"tie_other{len(ties)}"]))
        share = draw(st.none() | _weights)
        ties.append(Tie(own_id, kind, from_id, to_id, draw(_weights), *moments, draw(st.none() | _moments), *numbers, share))
    cut = draw(st.none() | st.builds(Truncation, st.just((TruncationCause.TIES,)), st.none() | st.integers(0, 9_000)))
    account = st.integers(0, 40).map(lambda number: entity_id(EntityKind.ACCOUNT, number))
    flow = st.builds(Transfer, account, account, st.integers(1, 10**12), st.sampled_from(TransferKind), _moments, _moments)
    sums = st.integers(0, 10**12)
    some = st.lists(account, max_size=3, unique=True).map(tuple)
    found = st.builds(Findings, some, some, some, sums, some, sums, st.booleans())
    receipts = st.builds(
        Receipts, sums, sums, sums, sums, sums, sums, sums, sums, st.none() | _moments, st.none() | _moments, sums, st.booleans()
    )
    return Dossier(
        application=application(amount=draw(st.integers(1, 10**15)), applicant=draw(st.none() | st.just(PERSON))),
        known_at=draw(_moments),
        surroundings=Surroundings(
            Neighbourhood(LOAN, Moment(AT, AT), near, tuple(ties), cut),
            tuple(draw(st.lists(account, max_size=5, unique=True))),
            tuple(draw(st.lists(flow, max_size=most_flows))),
            draw(receipts),
            draw(st.booleans()),
            draw(st.just(Findings()) | found),
        ),
        history=draw(st.none() | st.builds(History, st.integers(0, 99), st.integers(0, 99))),
        unread=tuple(
            draw(
                st.lists(st.builds(Unread, st.sampled_from(DecisionSource), st.sampled_from(DegradedCause), st.floats(0, 999)), max_size=2)
            )
        ),
    )

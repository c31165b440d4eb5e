"""What can go wrong with the identity of somebody, one class for each thing a caller can do."""

from __future__ import annotations

from graph.errors import RingfenceError


class StaleVersion(RingfenceError):
    """The thing changed since it was read: read it again and decide again."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"It changed since you read it and is at version {current} now: read it again and decide again.")


class WrongState(RingfenceError):
    """Not possible in the state that the thing is in."""

    def __init__(self, message: str, state: str, path: tuple[str, ...] = ()) -> None:
        self.state = state
        self.path = path
        super().__init__(message)


class FourEyesRequired(RingfenceError):
    """Who proposed something may not agree to it: another person answers."""

    def __init__(self, proposed_by: str) -> None:
        self.proposed_by = proposed_by
        super().__init__("You proposed it yourself: another person agrees to it; you may only take it back.")


class ConsentMissing(RingfenceError):
    """The subject did not consent: ask for it, or take the way without."""

    def __init__(self, purpose: str, message: str) -> None:
        self.purpose = purpose
        super().__init__(message)

"""Frozen values made at the speed of open ones, for those of which one decision makes hundreds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def quickly(of: Callable[P, T]) -> Callable[P, T]:
    """A constructor of this frozen, slotted dataclass that gives equal values in about a third of the time; all fields must be given.

    A frozen class sets each field by a call, an open one by an instruction: so an open twin with the same slots is filled, and then
    becomes the class. Only for classes without `__post_init__`.

    >>> from graph.model import Moment
    >>> quickly(Moment)(1, 2) == Moment(1, 2)
    True
    """
    class_: Any = of
    assert not hasattr(class_, "__post_init__"), "a twin would not run it"
    twin = make_dataclass(class_.__name__, [field.name for field in fields(class_)], slots=True)

    def make(*values: P.args, **named: P.kwargs) -> T:
        made = twin(*values, **named)
        made.__class__ = class_
        return made  # type: ignore[no-any-return]  # it is one now

    return make

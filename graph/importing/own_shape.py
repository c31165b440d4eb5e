"""The mapping of facts that are in our own shape already: JSON Lines of the schema's `FactInput`, with `knownAt` beside.

    {"id": "t-1", "occurredAt": "2026-11-23T08:30:00Z", "knownAt": "2026-11-23T08:30:02Z",
     "content": {"tieObserved": {"from": {"merchant": "M-7"}, "kind": "USES_DEVICE", "to": {"device": "fp-9"}}}}

It follows from `shapes`, so that no kind of fact can be forgotten; `python -m graph.importing.own_shape` writes the one that ships.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from graph.importing.mapping import SHIPPED
from graph.importing.shapes import CONTENTS, Leaf, Shape

NAME: Final = "facts"
"""Of the mapping that ships, and of its source."""

_TELLING: Final = ("key", "factId", "kind", "outcome", "standing", "reason")
"""Fields that must be there: a content is made of lines that have the first of these that it knows."""

_HEAD: Final = """# Facts in the shape of the API's FactInput, one JSON object a line, with `knownAt`: when each became known.
# This is how `ringfence institutions export` writes them. Derived from graph/importing/shapes.py: change nothing by hand.
mapping: 1
name: facts in our own shape
source: {source}
files:
  - files: "*.jsonl"
    format: jsonl
    occurredAt: "{{occurredAt}}"
    knownAt: "{{knownAt}}"
    facts:
"""


def mapping_of(source: str) -> str:
    """The mapping's text for facts of a source."""
    return _HEAD.format(source=source) + "".join(_fact(name, shape) for name, shape in CONTENTS.items())


def _fact(name: str, shape: Mapping[str, Shape]) -> str:
    path = f"content.{name}"
    telling = next(field for field in _TELLING if field in shape)
    fields = "".join(f"\n            {field}: {_value(inner, f'{path}.{field}')}" for field, inner in shape.items())
    return f'      - id: "{{id}}"\n        when: "{{{path}.{telling}}}"\n        content:\n          {name}:{fields}\n'


def _value(shape: Shape, path: str) -> str:
    if isinstance(shape, Leaf):
        return f'"{{{path}}}"'
    return "{" + ", ".join(f"{field}: {_value(inner, f'{path}.{field}')}" for field, inner in shape.items()) + "}"


if __name__ == "__main__":
    (SHIPPED / f"{NAME}.yaml").write_text(mapping_of(NAME), encoding="utf-8")

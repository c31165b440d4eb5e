"""Printed labels and what stands beside them: the geometry that forms share, whatever they are.

A value stands to the right of its label in the same row, before the next label; what follows below it at the same left edge belongs to it
until another label's row begins. Labels may be read whole, letter by letter, set apart, or with one character wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from identity.reading.lines import Line, piece, same_row, stacked

PUNCTUATION = re.compile(r"[\W_]+")


@dataclass(slots=True)
class Labelled:
    """A label found on the page and the lines of its value, in reading order."""

    name: str
    label: Line
    values: list[Line] = field(default_factory=list)
    exact: bool = True


def labelled(lines: Sequence[Line], labels: Mapping[str, str]) -> dict[str, list[Line]]:
    """The value's lines of each field: `labels` maps a label as it is printed to the field's name. Lines must be upright."""
    pieces = [part for line in lines for part in stacked(line) if part.text.strip()]
    found: list[Labelled] = []
    rest: list[Line] = []
    for line in pieces:
        hit = _label_of(line, labels)
        if hit is None:
            rest.append(line)
            continue
        name, length, exact = hit
        found.append(Labelled(name, piece(line, 0, length), exact=exact))
        rest.extend(_remainder(line, length))
    found, rest = _put_together(found, rest, labels)
    found = _best(found)
    _beside(found, rest)
    _below(found, rest)
    values: dict[str, list[Line]] = {}
    for entry in found:
        if entry.values:
            values.setdefault(entry.name, entry.values)
    return values


def label_count(lines: Iterable[Line], labels: Iterable[str]) -> int:
    """How many different labels the page shows, exactly as printed."""
    text = "\n".join(_bare(line.text) for line in lines)
    return sum(label in text for label in set(labels))


def _bare(text: str) -> str:
    return PUNCTUATION.sub("", text)


def _label_of(line: Line, labels: Mapping[str, str]) -> tuple[str, int, bool] | None:
    """Field, length in the line's own characters, and exactness of the label that a line begins with."""
    text = line.text
    for label in sorted(labels, key=len, reverse=True):
        pattern = r"^[\s:：·.]*" + r"\s*".join(map(re.escape, label)) + r"[\s:：·.]*"
        hit = re.match(pattern, text)
        if hit:
            return labels[label], hit.end(), True
    for label in sorted(labels, key=len, reverse=True):
        if len(label) >= 4 and len(text) >= len(label) and sum(a != b for a, b in zip(text, label, strict=False)) == 1:
            return labels[label], len(label), False
    return None


def _remainder(line: Line, length: int) -> list[Line]:
    """What follows a label in its own line."""
    return [piece(line, length, len(line.text))] if line.text[length:].strip(" :：·") else []


def _put_together(
    found: list[Labelled], rest: list[Line], labels: Mapping[str, str]
) -> tuple[list[Labelled], list[Line]]:  # fmt: skip
    """Labels whose letters were read apart, or of which one letter alone was read, taken out of the rest."""
    have = {entry.name for entry in found if entry.exact}
    for label, name in labels.items():
        if name in have:
            continue
        letters = [line for line in rest if 0 < len(_bare(line.text)) < len(label) and _bare(line.text) in label]
        row = next((near for near in ([other for other in letters if same_row(line, other)] for line in letters) if len(near) > 1), None)
        if row is None:
            row = next(([line] for line in letters if _owned(line.text, label, labels) and _neighbour(line, rest)), None)
        if row is not None:
            row.sort(key=lambda line: line.left)
            found.append(Labelled(name, max(row, key=lambda line: line.right), exact=False))
            rest = [line for line in rest if line not in row]
    return found, rest


def _owned(text: str, label: str, labels: Mapping[str, str]) -> bool:
    """Whether a letter occurs in this label and in no other."""
    return not any(_bare(text) in other for other in labels if other != label and labels[other] != labels[label])


def _neighbour(line: Line, rest: Iterable[Line]) -> bool:
    return any(other is not line and same_row(line, other) and other.left > line.right for other in rest)


def _best(found: list[Labelled]) -> list[Labelled]:
    """One label a field, the exact and upper one first; in the order of the page."""
    kept: dict[str, Labelled] = {}
    for entry in sorted(found, key=lambda entry: (not entry.exact, entry.label.top)):
        kept.setdefault(entry.name, entry)
    return sorted(kept.values(), key=lambda entry: (entry.label.top, entry.label.left))


def _beside(found: list[Labelled], rest: list[Line]) -> None:
    """Give each label what stands right of it in its row, up to the next label."""
    for line in sorted(rest, key=lambda line: line.left):
        owners = [e for e in found if same_row(e.label, line) and e.label.right <= line.left + 0.7 * line.height]
        if owners:
            max(owners, key=lambda e: e.label.right).values.append(line)
    taken = {id(line) for entry in found for line in entry.values}
    rest[:] = [line for line in rest if id(line) not in taken]


def _below(found: list[Labelled], rest: list[Line]) -> None:
    """Give each value the lines that go on below it at the same left edge."""
    for line in sorted(rest, key=lambda line: (line.top, line.left)):
        owner = next((entry for entry in found if _goes_on(entry, line)), None)
        if owner is not None:
            owner.values.append(line)


def _goes_on(entry: Labelled, line: Line) -> bool:
    """Whether a line is the next one of a value, or stands right behind its last piece."""
    if not entry.values:
        return False
    first, last = entry.values[0], entry.values[-1]
    height = first.height
    behind = same_row(last, line) and -0.5 * height < line.left - last.right < 1.5 * height
    under = abs(line.left - first.left) < 1.2 * height and 0 < line.middle - last.middle < 1.5 * height
    return (behind and len(entry.values) > 1) or under

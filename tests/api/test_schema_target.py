"""The schema against its target of stages 1 to 4, part by part: types, arguments, defaults, directives, descriptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from graphql import DirectiveNode, parse, print_ast
from graphql.language import DefinitionNode, Node

from api.schema import sdl

TARGET: Final = Path(__file__).parents[1] / "data" / "schema" / "stages-1-4.graphql"

LATER: Final[frozenset[str]] = frozenset()
"""What the schema has beyond these stages, by path (`Type`, `Type.field`, `Type.field(argument)`, `Type < Interface`, `Union | Member`)."""

REMOVING: Final = frozenset(
    {
        *("EntityRemovedInput", *(f"EntityRemovedInput.{part}" for part in ("entity", "reason"))),
        *("FactContentInput.entityRemoved", "FactKind.ENTITY_REMOVED"),
    }
)
"""Of stage 2: a fact that removes an entity."""

WORKING: Final = frozenset(
    {
        *("Case", "CaseChanged", "CaseConnection", "CaseEdge", "CaseFilter", "CaseFinding", "CaseNote", "CaseNoteConnection"),
        *("CaseNoteEdge", "CasePayload", "CaseSuccess", "AddCaseNoteInput", "CloseCaseInput", "OpenCaseInput"),
        *("Alert", "AlertConnection", "AlertEdge", "AlertKind", "AlertRaised", "Severity"),
    }
)
"""Of stage 4: types of cases and alerts, which are not there yet."""

WORKED: Final = frozenset(
    {
        *("Decision.case", "Mutation.addCaseNote", "Mutation.closeCase", "Mutation.openCase", "Query.alerts", "Query.case", "Query.cases"),
        *("Subscription.alertRaised", "Subscription.caseChanged", "WorkKind.CASE"),
    }
)
"""Where they hang."""


def is_of_cases(path: str) -> bool:
    """Whether a part belongs to cases or alerts."""
    return path.partition(".")[0].partition(" ")[0] in WORKING or path.partition("(")[0] in WORKED


MISSING: Final = REMOVING
"""What these stages have and the schema has not yet, beside cases and alerts."""


def told(definition: str) -> dict[str, str]:
    """Everything that a definition says, one line a part, by path; types are joined with their extensions."""
    found: dict[str, str] = {}
    for one in parse(definition, no_location=True).definitions:
        _tell(one, found)
    return found


def _tell(one: DefinitionNode, found: dict[str, str]) -> None:
    node: Any = one
    if node.kind == "schema_definition":
        return  # roots have their usual names in both
    name = node.name.value
    if node.kind.endswith("_extension"):
        assert name in found, f"{name} is extended before it is defined"
    else:
        found[name] = f"{node.kind} {_text(node)}"
    found |= {f"{name} @{mark.name.value}": print_ast(mark) for mark in node.directives or ()}
    found |= {f"{name} < {other.name.value}": "" for other in getattr(node, "interfaces", None) or ()}
    found |= {f"{name} | {other.name.value}": "" for other in getattr(node, "types", None) or ()}
    if node.kind == "directive_definition":
        found |= {f"{name} on {place.value}": "" for place in node.locations}
        found |= {f"{name}({part.name.value})": _part(part) for part in node.arguments or ()}
        return
    for part in (*(getattr(node, "fields", None) or ()), *(getattr(node, "values", None) or ())):
        found[f"{name}.{part.name.value}"] = _part(part)
        for argument in getattr(part, "arguments", None) or ():
            found[f"{name}.{part.name.value}({argument.name.value})"] = _part(argument)


def _part(part: Any) -> str:
    """Type, default, directives and description of a field, value or argument."""
    default = getattr(part, "default_value", None)
    said = [
        print_ast(part.type) if getattr(part, "type", None) is not None else "",
        "" if default is None else f"= {print_ast(default)}",
        *sorted(_mark(mark) for mark in part.directives or ()),
        _text(part),
    ]
    return " ".join(one for one in said if one)


def _mark(mark: DirectiveNode) -> str:
    return print_ast(mark)


def _text(node: Node) -> str:
    description = getattr(node, "description", None)
    return "" if description is None else description.value


def differences() -> tuple[dict[str, tuple[str, str]], set[str], set[str]]:
    """What is told otherwise, what is missing of the target, and what goes beyond it."""
    target, ours = told(TARGET.read_text(encoding="utf-8")), told(sdl())
    otherwise = {path: (target[path], ours[path]) for path in target.keys() & ours.keys() if target[path] != ours[path]}
    return otherwise, target.keys() - ours.keys(), ours.keys() - target.keys()


def test_every_part_of_the_target_is_there_as_it_says_and_nothing_else_but_what_later_stages_bring():
    otherwise, missing, beyond = differences()
    assert otherwise == {}
    assert {path for path in missing if not is_of_cases(path)} == MISSING
    assert beyond == LATER


def test_a_field_without_its_description_or_default_is_noticed():
    """The comparison looks at each part: one changed word, default or directive is a difference."""
    text = TARGET.read_text(encoding="utf-8")
    for old, new in (
        ("Transfers, newest first: one page.", "Transfers."),
        ("transfersPerStep: Int! = 500", "transfersPerStep: Int! = 501"),
        ("replay: DecisionReplay @visible(to: [ANALYST, ADMIN])", "replay: DecisionReplay @visible(to: [ADMIN])"),
    ):
        assert text.count(old) == 1
        assert told(text.replace(old, new)) != told(text)

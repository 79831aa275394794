"""Whatever a hasty hand does to one entry, the loader tells its line, and uses every other entry."""

import copy
import re
import tempfile
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from config_examples import documented, uncommented
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration.alerts import usable_alert_rules
from shared.configuration.objectives import usable_objectives
from shared.configuration.receivers import usable_receivers
from shared.configuration.resources import usable_resources
from shared.configuration.severity import default_severity, usable_severity
from shared.configuration.silences import usable_silences
from shared.errors import InputError
from tests import drawn

OWN = "0a1b2c3d-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Case:
    """A file, and what is used of it: by section, the usable form of each entry."""

    name: str
    text: str
    used: Callable[[Path], tuple[Mapping[str, list[Hashable]], tuple[InputError, ...]]]


def alerts(folder: Path) -> Any:
    rules, problems = usable_alert_rules(folder)
    return {"rules": [(rule.pattern, rule.symptom) for rule in rules]}, problems


def objectives(folder: Path) -> Any:
    by_signal, problems = usable_objectives(folder)
    return {"objectives": [*by_signal.items()]}, problems


def receivers(folder: Path) -> Any:
    routing, problems = usable_receivers(folder)
    return {
        "receivers": list(routing.receivers),
        "routes": [route.match for route in routing.routes],
    }, problems


def resources(folder: Path) -> Any:
    watched, problems = usable_resources(folder, OWN)
    return {"resources": list(watched)}, problems


def silences(folder: Path) -> Any:
    muted, problems = usable_silences(folder)
    return {"silences": list(muted)}, problems


def severity(folder: Path) -> Any:
    matrix, problems = usable_severity(folder)
    assert not problems or matrix == default_severity()  # it stands or falls as a whole
    return {}, problems


# Every route names both receivers, so that it is still used where one of them is not.
BOTH = re.sub(r"to: \[on-call\]", "to: [on-call, leads]", uncommented("receivers"))
CASES = [
    Case("alerts", uncommented("alerts"), alerts),
    Case("objectives", uncommented("objectives"), objectives),
    Case("receivers", BOTH, receivers),
    Case("resources", documented("resources"), resources),
    Case("resources", uncommented("resources"), resources),
    Case("severity", uncommented("severity"), severity),
    Case("silences", uncommented("silences"), silences),
]


def places(node: yaml.Node, here: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Return every place below a node."""
    children = children_of(node)
    deeper = (place for number, child in enumerate(children) for place in places(child, (*here, number)))
    return [*((*here, number) for number in range(len(children))), *deeper]


def children_of(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def parent_of(node: yaml.Node, place: tuple[int, ...]) -> yaml.Node:
    for number in place[:-1]:
        node = children_of(node)[number]
    return node


def delete(parent: yaml.Node, number: int, _: yaml.Node) -> None:
    del parent.value[number]


def duplicate(parent: yaml.Node, number: int, _: yaml.Node) -> None:
    parent.value.append(copy.deepcopy(parent.value[number]))


def misspell(parent: yaml.Node, number: int, _: yaml.Node) -> None:
    if isinstance(parent, yaml.MappingNode):
        parent.value[number][0].value += "s"
    elif isinstance(parent.value[number], yaml.ScalarNode):
        parent.value[number].value += "s"


def retype(parent: yaml.Node, number: int, other: yaml.Node) -> None:
    if isinstance(parent, yaml.MappingNode):
        parent.value[number] = (parent.value[number][0], other)
    else:
        parent.value[number] = other


WRONG_VALUES = [
    "5",
    "-1",
    "0.5",
    "soon",
    "''",
    "true",
    "",
    "2026-11-12",
    "22:00",
    "0x1F",
    "[]",
    "[a, 1]",
    "{}",
    "{a: b}",
]
values = st.sampled_from(WRONG_VALUES).map(lambda text: yaml.compose(f"a: {text}").value[0][1])
edits = st.sampled_from([delete, duplicate, misspell, retype])


@drawn.examples("edits of configuration files", 60, 2000)
@given(st.sampled_from(CASES), edits, values, st.data())
def test_an_edit_is_told_by_its_line_and_every_other_entry_is_used(
    case: Case, edit: Callable[[yaml.Node, int, yaml.Node], None], other: yaml.Node, data: st.DataObject
) -> None:
    node = yaml.compose(case.text)
    place = data.draw(st.sampled_from(places(node)))
    sections = [key.value for key, _ in node.value]
    edit(parent_of(node, place), place[-1], other)
    text = yaml.serialize(node)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / f"{case.name}.yaml"
        file.write_text(case.text, encoding="utf-8")
        before, _ = case.used(folder)
        file.write_text(text, encoding="utf-8")
        after, problems = case.used(folder)

    for problem in problems:
        _, _, line = problem.where.rpartition(":")
        assert 1 <= int(line) <= len(text.splitlines())
    if len(place) == 1 and sections[place[0]] == "receivers":
        before = {}  # routes name receivers, and go with the last of them
    for section, entries in before.items():
        for number, entry in enumerate(entries):
            is_edited = sections.index(section) == place[0] and place[1:2] in {(), (number,)}
            assert is_edited or entry in after[section], (text, problems)

"""Every KQL text of the watch passes Microsoft's compiler and returns exactly what a poll reads."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.kusto.compiler import Compiled, compile_texts
from local.kusto.faults import faults
from local.machine.node import NodeMissingError
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window
from shared.signals import family
from shared.signals.arrivals import arrivals_text
from shared.signals.catalogue import FAMILIES

LOBBY = "/subscriptions/s1/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
DESK = "/subscriptions/s1/resourcegroups/rt/providers/microsoft.insights/components/desk"
SCOPE = Scope(
    (LOBBY,),
    Window(datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)),
    (DESK,),
)
COUNTED = {
    "Resource": "string",
    "Signal": "string",
    "Bucket": "datetime",
    "IsBad": "bool",
    "Reason": "string",
    "Events": "real",
    "Sample": "string",
}
ARRIVED = {
    "Table": "string",
    "Resource": "string",
    "Rows": "long",
    "Oldest": "datetime",
    "Newest": "datetime",
    "Ingested": "datetime",
    "Region": "string",
}
FILES = sorted(Path(family.__file__).parent.glob("*.kql"))
ARRIVALS = arrivals_text({table for family in FAMILIES for table in family.tables})


@pytest.fixture(scope="module")
def compiled() -> Mapping[str, Compiled]:
    """All texts in one start of Node, by what was compiled."""
    texts = {file.stem: complete(file.read_text(encoding="utf-8").strip(), SCOPE) for file in FILES}
    texts["arrivals"] = complete(ARRIVALS, SCOPE)
    try:
        return dict(zip(texts, compile_texts(list(texts.values())), strict=True))
    except NodeMissingError as missing:
        pytest.fail(str(missing), pytrace=False)


@pytest.mark.parametrize("name", [file.stem for file in FILES])
def test_the_text_of_a_signal_compiles_and_returns_the_seven_columns(
    name: str, compiled: Mapping[str, Compiled]
) -> None:
    assert [] == faults(compiled[name], answer=COUNTED)
    assert list(COUNTED) == list(compiled[name].columns)


def test_the_text_of_arrivals_compiles(compiled: Mapping[str, Compiled]) -> None:
    assert [] == faults(compiled["arrivals"], answer=ARRIVED)
    assert ARRIVED == compiled["arrivals"].columns


def test_every_text_belongs_to_a_family_and_every_family_has_one() -> None:
    assert {family.id.replace("-", "_") for family in FAMILIES} == {file.stem for file in FILES}

"""The rules hold in the house, and each of them sees what breaks it."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.house import rules
from tests.house.rules import Module

ROOT = Path(__file__).parents[2]
SHARED = rules.modules_of(ROOT, "shared")
PRODUCT = (*rules.modules_of(ROOT, "function_app.py", "functions"), *SHARED)
SOURCE = (*PRODUCT, *rules.modules_of(ROOT, "local"))
ROOMS_WITH_LAYERS = {"shared", "shared.notices", "shared.cloud"}

Rule = Callable[[Iterable[Module]], list[str]]


def body(lines: int) -> str:
    return "    bell()\n" * lines


@pytest.mark.parametrize(
    ("rule", "modules"),
    [
        pytest.param(rules.crowded_folders, SHARED, id="a folder of shared holds at most 15 modules"),
        pytest.param(rules.repeated_names, SHARED, id="one word has one meaning in shared"),
        pytest.param(rules.long_modules, SOURCE, id="a module has at most 400 lines"),
        pytest.param(rules.long_functions, SOURCE, id="a function has at most 60 lines"),
        pytest.param(
            rules.modules_without_docstring, SOURCE, id="a module opens with the one thing it is for"
        ),
        pytest.param(rules.empty_names, SOURCE, id="no module or folder has a name that says nothing"),
        pytest.param(rules.catch_alls, SOURCE, id="only a recorded place catches everything"),
        pytest.param(rules.askers_of_the_time, PRODUCT, id="only the clock asks what time it is"),
        pytest.param(rules.readers_of_the_environment, PRODUCT, id="only the settings read the environment"),
        pytest.param(rules.users_of_clients, PRODUCT, id="only the cloud knows Azure's clients"),
        pytest.param(rules.readers_of_a_timeline, PRODUCT, id="no decision reads a timeline"),
    ],
)
def test_the_house_keeps_its_rules(rule: Rule, modules: tuple[Module, ...]) -> None:
    assert [] == rule(modules)


@pytest.mark.parametrize(
    ("rule", "planted", "seen"),
    [
        pytest.param(
            rules.crowded_folders,
            {f"shared/bells/bell_{number}.py": "" for number in range(16)},
            ["shared/bells: 16 modules"],
            id="a sixteenth module",
        ),
        pytest.param(
            rules.repeated_names,
            {"shared/bells/tower.py": "class Bell: ...", "shared/doors/porch.py": "class Bell: ..."},
            ["Bell: shared/bells/tower.py, shared/doors/porch.py"],
            id="two classes of one name",
        ),
        pytest.param(
            rules.repeated_names,
            {"shared/bells/tower.py": "class _Rope: ...", "shared/doors/porch.py": "class _Rope: ..."},
            ["_Rope: shared/bells/tower.py, shared/doors/porch.py"],
            id="two private classes of one name",
        ),
        pytest.param(
            rules.repeated_names,
            {"shared/bells/tower.py": "def ring(): ...", "shared/doors/porch.py": "async def ring(): ..."},
            ["ring: shared/bells/tower.py, shared/doors/porch.py"],
            id="two public functions of one name",
        ),
        pytest.param(
            rules.long_modules,
            {"shared/bells/tower.py": "BELL = 1\n" * 401},
            ["shared/bells/tower.py"],
            id="a line too many",
        ),
        pytest.param(
            rules.long_functions,
            {"shared/bells/tower.py": f"class Bell:\n  def ring():\n{body(60)}"},
            ["shared/bells/tower.py:2"],
            id="a function, or a method, of 61 lines",
        ),
        pytest.param(
            rules.modules_without_docstring,
            {"shared/bells/__init__.py": ""},
            ["shared/bells/__init__.py"],
            id="no docstring",
        ),
        pytest.param(
            rules.empty_names,
            {"shared/utils/bell.py": "", "shared/bells/helpers.py": ""},
            ["shared/utils/bell.py", "shared/bells/helpers.py"],
            id="a folder and a module whose names say nothing",
        ),
        pytest.param(
            rules.catch_alls,
            {
                "shared/bells/bare.py": f"try:\n{body(1)}except:\n{body(1)}",
                "shared/bells/named.py": f"try:\n{body(1)}except Exception:\n{body(1)}",
                "shared/bells/hidden.py": f"try:\n{body(1)}except (KeyError, BaseException):\n{body(1)}",
                "shared/bells/quiet.py": f"with contextlib.suppress(Exception):\n{body(1)}",
                "local/host/call.py": f"try:\n{body(1)}except Exception:\n{body(1)}",
            },
            [f"shared/bells/{name}" for name in ("bare.py:3", "named.py:3", "hidden.py:3", "quiet.py:1")],
            id="every way to catch everything, but where it is recorded",
        ),
        pytest.param(
            rules.askers_of_the_time,
            {
                "shared/bells/tower.py": "at = datetime.now(UTC)\nday = datetime.date.today()\nrung = bell.now()"
            },
            ["shared/bells/tower.py:1", "shared/bells/tower.py:2"],
            id="a room that looks at its own clock",
        ),
        pytest.param(
            rules.readers_of_the_environment,
            {"shared/bells/tower.py": "key = os.environ['KEY']\nfrom os import getenv"},
            ["shared/bells/tower.py:1", "shared/bells/tower.py:2"],
            id="a room that reads the environment",
        ),
        pytest.param(
            rules.users_of_clients,
            {
                "shared/bells/tower.py": "from azure.storage.queue import QueueClient\nimport requests\nfrom azure import identity",
                "shared/cloud/queue.py": "from azure.storage.queue import QueueClient",
                "functions/ring.py": "import azure.functions as func",
            },
            [f"shared/bells/tower.py:{line}" for line in (1, 2, 3)],
            id="an SDK outside of the cloud",
        ),
        pytest.param(
            rules.readers_of_a_timeline,
            {
                "shared/bells/tower.py": "is_rung = any(entry.what == 'rung' for entry in bell.timeline)",
                "shared/notices/answers/pages.py": "entries = incident.timeline[-12:]",
            },
            ["shared/bells/tower.py:1"],
            id="a room that decides by what was written for people",
        ),
    ],
)
def test_a_rule_sees(rule: Rule, planted: dict[str, str], seen: list[str]) -> None:
    assert seen == rule([Module(path, text) for path, text in planted.items()])


def test_what_is_at_the_limit_keeps_the_rules() -> None:
    """15 modules, 400 lines, a function of 60 lines, and a private function that stands in each module."""
    text = f'"""Ring."""\n\n\ndef _ring():\n{body(59)}' + "# rope\n" * 337
    house = [Module(f"shared/bells/bell_{number}.py", text) for number in range(15)]

    assert 400 == len(text.splitlines())
    assert [] == [
        broken
        for rule in (
            rules.crowded_folders,
            rules.repeated_names,
            rules.long_modules,
            rules.long_functions,
            rules.modules_without_docstring,
        )
        for broken in rule(house)
    ]


def test_every_recorded_catch_all_is_still_there() -> None:
    unrecorded = [
        Module(f"away/{module.path}", module.text) for module in SOURCE if module.path in rules.CATCH_ALLS
    ]

    assert {f"away/{path}" for path in rules.CATCH_ALLS} == {
        place.split(":")[0] for place in rules.catch_alls(unrecorded)
    }


def test_the_order_of_the_rooms_is_held_by_contracts() -> None:
    assert rules.rooms_with_layers((ROOT / "pyproject.toml").read_text(encoding="utf-8")) >= ROOMS_WITH_LAYERS


def test_a_contract_that_leaves_rooms_out_is_no_contract() -> None:
    contract = '[[tool.importlinter.contracts]]\ntype = "layers"\ncontainers = ["shared.bells"]\n'

    assert set() == rules.rooms_with_layers(contract)
    assert {"shared.bells"} == rules.rooms_with_layers(contract + "exhaustive = true\n")

from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.resources import WatchedResource, usable_resources
from shared.errors import InputError

OWN = "0a1b2c3d-0000-4000-8000-000000000001"
ACTIVITY = "0a1b2c3d-0000-4000-8000-000000000002"
LOBBY = "/subscriptions/0a1b/resourceGroups/Chat/providers/Microsoft.SignalRService/webPubSub/Lobby"
CALLS = (
    "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.communication/communicationservices/calls"
)
APP = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.insights/components/lobby-api"


def config(folder: Path, text: str) -> Path:
    (folder / "resources.yaml").write_text(text, encoding="utf-8")
    return folder


def test_one_line_names_a_resource(tmp_path: Path) -> None:
    (resource,) = flawless(usable_resources(config(tmp_path, f"resources: [{LOBBY}]"), OWN))

    assert WatchedResource(LOBBY.lower(), OWN, OWN, OWN) == resource


def test_everything_can_be_said(tmp_path: Path) -> None:
    text = (
        f"resources:\n- id: {CALLS}\n  workspace: {OWN.upper()}\n  activity_workspace: {ACTIVITY}\n"
        f"  apps: [{APP}]\n  environment: Test\n  owner: alice\n  region: West Europe\n"
    )

    expected = WatchedResource(CALLS, OWN, ACTIVITY, OWN, (APP,), "test", "alice", "westeurope")
    assert (expected,) == flawless(usable_resources(config(tmp_path, text), None))


def test_no_resource_is_no_problem(tmp_path: Path) -> None:
    assert flawless(usable_resources(config(tmp_path, "resources: []"), OWN)) == ()


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        pytest.param("- lobby", ":2: 'lobby' is not an ARM resource id; expected /sub", id="a name for an id"),
        pytest.param(f"- {APP}", ":2: microsoft.insights/components is not watched", id="another type"),
        pytest.param(f"- id: {LOBBY}\n  workspace: main", ":3: 'workspace' is 'main'; expected the workspace's", id="no GUID"),
        pytest.param(f"- id: {LOBBY}\n  apps: {APP}", ":3: 'apps' is a text", id="one app without a list"),
        pytest.param(f"- id: {LOBBY}\n  apps: [{CALLS}]", ":3: microsoft.communication/communicationservices is not an app", id="no app"),
        pytest.param(f"- id: {LOBBY}\n  owners: bob", ":3: unknown key 'owners'; expected 'owner'", id="an unknown key"),
        pytest.param(f"- id: {LOBBY}\n  region: EU/West", ":3: 'region' is 'EU/West'", id="no region"),
        pytest.param("- owner: bob", ":2: the entry has no 'id'", id="no id"),
        pytest.param(f"- {LOBBY}\n- {LOBBY.upper()}", ":3: /subscriptions", id="a resource twice"),
        pytest.param(f"- id: {LOBBY}\n  owner: password=hunter2hunter2", ":3: what looks like a secret", id="a secret"),
        pytest.param("-", ":2: 'resources' is empty; expected /subscriptions/", id="an empty entry"),
    ],
)  # fmt: skip
def test_refuses_a_wrong_entry_with_its_line(tmp_path: Path, entry: str, complaint: str) -> None:
    with pytest.raises(InputError) as refused:
        flawless(usable_resources(config(tmp_path, f"resources:\n{entry}\n"), OWN))

    assert str(refused.value).startswith(f"resources.yaml{complaint}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(None, "resources.yaml: there is no such file in ", id="no file"),
        pytest.param("", "resources.yaml:1: it is empty", id="an empty file"),
        pytest.param("resource: []", "resources.yaml:1: unknown key 'resource'; expected 'resources'", id="a typo"),
        pytest.param("{}", "resources.yaml:1: the key 'resources' is missing", id="no key"),
        pytest.param("resources:", "resources.yaml:1: 'resources' is empty; expected a list", id="no list"),
    ],
)  # fmt: skip
def test_refuses_a_file_without_resources(tmp_path: Path, text: str | None, complaint: str) -> None:
    folder = tmp_path if text is None else config(tmp_path, text)

    resources, (problem,) = usable_resources(folder, OWN)

    assert resources == ()
    assert str(problem).startswith(complaint)


@pytest.mark.parametrize(
    ("default", "complaint"),
    [(None, "no workspace is named"), ("main", "the setting LOGS_WORKSPACE, meant here, is not a GUID")],
)
def test_says_when_no_workspace_follows_from_the_setting(
    tmp_path: Path, default: str | None, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        flawless(usable_resources(config(tmp_path, f"resources: [{LOBBY}]"), default))


def test_one_wrong_entry_does_not_blind_the_rest(tmp_path: Path) -> None:
    text = f"resources:\n- {LOBBY}\n- id: nonsense\n- id: {CALLS}\n  owner: token=9f3kd02ax9f3kd02ax\n- {CALLS}\n"

    resources, problems = usable_resources(config(tmp_path, text), OWN)

    assert [LOBBY.lower(), CALLS] == [resource.id for resource in resources]
    assert ["resources.yaml:3", "resources.yaml:5"] == [problem.where for problem in problems]


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        pytest.param("{discover: {}}", "one of tag and query", id="nothing selected"),
        pytest.param("{discover: {tag: a, query: b}}", "one of tag and query", id="two selections"),
        pytest.param("{discover: {tga: a}}", "unknown key 'tga'", id="a typo"),
    ],
)
def test_a_wrong_selection_is_left_out_and_told(tmp_path: Path, entry: str, complaint: str) -> None:
    resources, (problem,) = usable_resources(config(tmp_path, f"resources: [{LOBBY}, {entry}]"), OWN)

    assert [LOBBY.lower()] == [resource.id for resource in resources]
    assert complaint in str(problem)

"""The identity may do what the app does, as its stand-ins saw it, and has no role that nothing needs."""

import fnmatch
import json
import os
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from mended import PUBLISHED, TEMPLATES, changed
from permissions import CONFIGURATION, OF_THE_PLATFORM, Permission, permission_of

from infra.checks.check import templates_of
from infra.checks.syntax import literal_of, properties_of, text_of, walk
from local.__main__ import main
from local.azure.azurite import azurite
from local.azure.storage_calls import storage_call
from local.communication.service import IdentityService
from local.doctor.needs import NEEDS
from local.host import functions_of_the_app
from local.machine.certificates import certificate
from local.machine.https import recorded_calls
from local.pubsub.service import PubSubService
from local.replay.case import CASES, read_case
from local.replay.stage import Stage, stage_of
from tests.alerts.sample import body, fired

BUILT_IN = json.loads((PUBLISHED / "azure-roles.json").read_text(encoding="utf-8"))["roles"]
NAMES = {role["id"]: name for name, role in BUILT_IN.items()}
KEY = "the key of a backend"
CAROL = {"x-negotiate-key": KEY, "x-negotiate-user": "carol"}
TOKENS = """
web_pubsub:
  - resource: board
    hubs:
      - hub: floor
        policies: [{callers: {user: carol}, keys: allowed}]
acs:
  policies: [{callers: {user: carol}, scopes: [chat], keys: allowed}]
"""
FILES = "configuration"  # the container that a person edits
TIMERS = [function.name for function in functions_of_the_app() if function.kind == "timerTrigger"]
CHECK = "Verdict"  # stands in the query of every check, and in none of the watch


@dataclass(frozen=True)
class Role:
    """A role on one kind of place, with what it allows."""

    place: str
    name: str
    allows: tuple[str, ...]

    def covers(self, permission: Permission) -> bool:
        """Tell whether it allows an operation; Azure compares without case."""
        wanted = permission.operation.lower()
        return permission.place == self.place and any(
            fnmatch.fnmatchcase(wanted, allowed.lower()) for allowed in self.allows
        )


def roles_of(folder: Path) -> list[Role]:
    """Return the roles of the app by the file of their place, as the templates give them."""
    templates = {one.name: one for one in templates_of(folder).values()}
    roles = templates["modules/roles.bicep"]
    ids = {name: literal_of(one.value) for name, one in roles.of("variable").items()}
    given = []
    for module in roles.of("module").values():
        place = Path(module.target).stem
        params = properties_of(module.properties["params"])
        names = re.findall(r"\w+", text_of(params.get("role", params.get("roles", params["principalId"]))))
        given += [_built_in(place, ids[name]) for name in names if name in ids]
        if "dataActions" in params:
            given.append(
                Role(place, module.name, tuple(re.findall(r"'([^']+)'", text_of(params["dataActions"]))))
            )
    actions = [
        text_of(node)
        for node in walk(templates["modules/roles/subscription.bicep"].root)
        if node.type == "string"
    ]
    own = tuple(text[1:-1] for text in actions if text.endswith("/action'"))
    return [*given, Role("subscription", "alert state, where it is wanted", own)]


def _built_in(place: str, identifier: str | None) -> Role:
    name = NAMES[str(identifier)]
    role = BUILT_IN[name]
    return Role(place, name, (*role["actions"], *role["dataActions"]))


@dataclass(frozen=True)
class Asked:
    """What Azure was asked, by the app and by the person who edits its configuration."""

    by_app: set[tuple[str, str]]
    by_person: set[tuple[str, str]]


@pytest.fixture(scope="module")
def asked() -> Asked:
    """Play a case with every timer and queue of the app, ask for tokens with its identity, and edit its configuration."""
    lines: list[str] = []
    case = read_case(CASES / "office-range-not-allowed")
    with azurite(on_request=lines.append) as storage, recorded_calls() as served:
        with stage_of(case, storage) as stage:
            _play(stage)
            of_app = len(lines)
            _edit()
        seen = {(call.method, call.path) for call in served}
    return Asked(seen | _calls_in(lines[:of_app]), _calls_in(lines[of_app:]))


def _calls_in(lines: list[str]) -> set[tuple[str, str]]:
    stored = (call for line in lines if (call := storage_call(line)))
    return {(call.method, f"{call.service}:{call.path}") for call in stored}


def _edit() -> None:
    silence = ["silence", "add", "--match", "severity=4", "--for", "1h", "--container", FILES, "--reason"]
    assert [0, 0, 0] == [
        main(["config", "push", "tokens", "--container", FILES]),
        main([*silence, "load test"]),
        main([*silence, "paint"]),
    ]


def _play(stage: Stage) -> None:
    identity = stage.azure.identity
    folder = Path(os.environ["CONFIG_FOLDER"])
    (folder / "tokens.yaml").write_text(TOKENS, encoding="utf-8")
    with (
        pytest.MonkeyPatch.context() as patch,
        PubSubService(certificate(), identity=identity) as lines,
        IdentityService(certificate(), identity=identity) as identities,
    ):
        patch.setenv("WEB_PUBSUB_ENDPOINT", lines.endpoint)
        patch.setenv("ACS_ENDPOINT", identities.endpoint)
        patch.setenv("NEGOTIATE_KEY", KEY)
        patch.setenv("CANARY_HUB", "floor")
        patch.setenv("CONFIG_CONTAINER", FILES)
        # Which rows a check gets changes nothing in what it asks, so none is worked out.
        stage.azure.faults.send_nothing(times=10_000, containing=CHECK)
        stage.move_to(stage.case.scope.window.start + timedelta(minutes=25))
        for timer in (*TIMERS, "track_incidents"):  # whatever their order, the incident is there for one
            assert stage.host.fire(timer).succeeded, timer
            stage.host.drain()
        answers = [
            stage.host.request(
                "POST", "/api/alerts", {"x-functions-key": stage.host.key}, body(fired("metric-static"))
            ),
            stage.host.request("GET", "/api/negotiate/floor", CAROL),
            stage.host.request("POST", "/api/acs/token", CAROL),
            stage.host.request("POST", "/api/acs/token/refresh", CAROL),
            stage.host.request("POST", "/api/acs/token/revoke", CAROL),
        ]
        stage.host.drain()
        stage.host.request("GET", "/api/health/ready")
    assert [202, 200, 200, 200] == [answer.status_code for answer in answers[:4]]
    assert stage.azure.faults.met, "no check was asked"
    assert stage.channel.cards, "no card was sent"


@pytest.fixture(scope="module")
def needs(asked: Asked) -> set[Permission]:
    return _needs(asked.by_app) | set(OF_THE_PLATFORM) | _of_person(asked)


def _needs(calls: set[tuple[str, str]]) -> set[Permission]:
    permissions = {permission_of(method, path) for method, path in calls}
    return {one for one in permissions if one is not None}


def _of_person(asked: Asked) -> set[Permission]:
    """Return what a person needs, whose role is on the container alone."""
    return {replace(need, place=CONFIGURATION) for need in _needs(asked.by_person)}


def lacking(needs: set[Permission], roles: list[Role]) -> list[Permission]:
    return sorted(need for need in needs if not any(role.covers(need) for role in roles))


def test_the_app_was_seen_at_everything_that_it_asks(needs: set[Permission]) -> None:
    """A play that asked nothing would need no role."""
    assert {"subscription", "storage", "web-pubsub", "communication"} <= {need.place for need in needs}


def test_every_call_is_allowed_by_a_role(needs: set[Permission]) -> None:
    assert [] == lacking(needs, roles_of(TEMPLATES))


def test_every_role_is_needed(needs: set[Permission]) -> None:
    """A role for a workspace elsewhere allows what the one of the subscription does here."""
    idle = [role.name for role in roles_of(TEMPLATES) if not any(role.covers(need) for need in needs)]

    assert {"Log Analytics Reader", "alert state, where it is wanted"} >= set(idle)


@pytest.mark.parametrize(
    ("old", "new", "operation"),
    [
        pytest.param(", queueContributor", "", "queueServices/queues/messages/read", id="the queues"),
        pytest.param(", tableContributor", "", "tableServices/tables/entities/read", id="the tables"),
        pytest.param("blobOwner, ", "", "containers/blobs/write", id="the blobs"),
        pytest.param(
            "role: blobContributor", "role: monitoringReader", "containers/blobs/write", id="editing"
        ),
        pytest.param(
            "role: monitoringReader",
            "role: metricsPublisher",
            "Microsoft.Insights/metrics/read",
            id="metrics",
        ),
        pytest.param(
            "clientConnection/generateToken", "clientConnection/send", "generateToken/action", id="negotiate"
        ),
        pytest.param(
            "role: communicationOwner", "role: monitoringReader", "CommunicationServices/write", id="tokens"
        ),
        pytest.param(
            "role: secretsUser", "role: metricsPublisher", "secrets/getSecret/action", id="the vault"
        ),
        pytest.param("role: metricsPublisher", "role: monitoringReader", "Telemetry/Write", id="telemetry"),
    ],
)
def test_a_role_that_is_missing_is_named_by_what_it_allows(
    old: str, new: str, operation: str, needs: set[Permission], tmp_path: Path
) -> None:
    missing = lacking(needs, roles_of(changed(tmp_path, "modules/roles.bicep", old, new)))

    assert any(need.operation.endswith(operation) for need in missing), missing


def test_the_doctor_looks_for_every_permission_of_the_app(needs: set[Permission]) -> None:
    looked_for = {
        Permission(need.place, operation)
        for need in NEEDS
        for operation in (*need.actions, *need.data_actions)
    }

    of_app = {need for need in needs if need.place != CONFIGURATION}
    assert [] == sorted(of_app - looked_for)


def test_a_call_that_nobody_knows_is_named() -> None:
    with pytest.raises(LookupError, match="nobody says what DELETE /arm/subscriptions/1 needs"):
        permission_of("DELETE", "/arm/subscriptions/1")


def test_the_ids_of_the_roles_are_those_of_the_names_beside_them() -> None:
    text = (TEMPLATES / "modules" / "roles.bicep").read_text(encoding="utf-8")
    named = re.findall(r"= '([0-9a-f-]{36})' // (.+)", text)

    assert named
    assert [] == [name for identifier, name in named if NAMES.get(identifier) != name]


def test_no_role_is_given_outside_of_the_one_file() -> None:
    """The modules below it are given what they assign."""
    templates = templates_of(TEMPLATES).values()
    givers = {
        one.name for one in templates for held in one.resources() if "roleAssignments" in held.type_name
    }

    assert {"modules/roles"} == {name.rpartition("/")[0] for name in givers}

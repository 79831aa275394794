"""What azd is told: where the templates are, what the hooks pass to them, and what they do before."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from deployed import template
from mended import ROOT, TEMPLATES

AZD = yaml.safe_load((ROOT / "azure.yaml").read_text(encoding="utf-8"))
HOOKS = ROOT / "infra" / "hooks"
LOBBY = "/subscriptions/1/resourceGroups/chat/providers/Microsoft.SignalRService/webPubSub/lobby"
CALLS = "/subscriptions/1/resourceGroups/chat/providers/Microsoft.Communication/communicationServices/calls"
# What azd sets without being told.
OF_AZD = {
    "AZURE_ENV_NAME",
    "AZURE_LOCATION",
    "AZURE_PRINCIPAL_ID",
    "AZURE_TENANT_ID",
    "AZURE_SUBSCRIPTION_ID",
}


def test_azd_finds_the_templates_and_the_app() -> None:
    assert {"provider": "bicep", "path": "infra/bicep"} == AZD["infra"]
    assert {"project": ".", "language": "python", "host": "function"} == AZD["services"]["api"]
    assert "'azd-service-name': 'api'" in (TEMPLATES / "modules" / "app.bicep").read_text(encoding="utf-8")


def test_the_code_is_packed_after_the_hook_has_named_what_is_watched() -> None:
    """By itself `azd up` packs before it provisions, and deploys that package."""
    assert [{"azd": "provision"}, {"azd": "deploy --all"}] == AZD["workflows"]["up"]["steps"]
    assert "predeploy" in AZD["hooks"]


@pytest.mark.parametrize("hook", ["predeploy", "postdeploy"])
def test_a_hook_is_there_for_every_machine(hook: str) -> None:
    posix, windows = AZD["hooks"][hook]["posix"]["run"].split()[-1], AZD["hooks"][hook]["windows"]["run"]

    assert (True, True) == ((ROOT / posix).is_file(), (ROOT / windows).is_file())
    assert posix.removesuffix(".sh") == windows.removesuffix(".ps1")


@pytest.mark.parametrize("name", ["connect.sh", "connect.ps1"])
def test_the_hook_passes_every_parameter_and_no_other(name: str) -> None:
    text = (HOOKS / name).read_text(encoding="utf-8").partition("--parameters")[2]
    parameters = template("connect.bicep").of("parameter")
    passed = set(re.findall(r"^\s+(\w+)=", text, re.MULTILINE))

    assert set(parameters) - {"location"} == passed
    assert parameters["location"].value is not None


@pytest.mark.parametrize("name", ["connect.sh", "connect.ps1", "watch.sh", "watch.ps1"])
def test_what_a_hook_reads_is_an_output_or_set_by_the_team(name: str) -> None:
    text = (HOOKS / name).read_text(encoding="utf-8")
    names = set(re.findall(r"\$(?:env:|\{)?([A-Z][A-Z_]+)\b", text))
    outputs = set(template("main.bicep").of("output"))
    by_the_team = {
        "HEARTBEAT_EMAIL",
        "EVENT_HUB_NAME",
        "ALERT_AUDIENCE",
        "ALERT_TENANT",
        "ALERT_APPLICATION_ID",
        "EVENTS_AUDIENCE",
    }

    assert names
    assert set() == names - outputs - OF_AZD - by_the_team - {"LASTEXITCODE"}


def test_a_pipeline_gives_azd_what_a_person_sets() -> None:
    """It starts with an empty environment: what is not given there is taken away from the deployed app."""
    given = (TEMPLATES / "main.parameters.json").read_text(encoding="utf-8")
    hook = (HOOKS / "connect.sh").read_text(encoding="utf-8")
    read = {*re.findall(r"\$\{([A-Z_]+)", given), *re.findall(r"\$\{([A-Z_]+):-", hook)} - OF_AZD
    wanted = read - {"TEAMS_WEBHOOK_URL"}  # a secret, which the vault holds already
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "azure-dev.yml").read_text(encoding="utf-8"))
    passed = workflow["jobs"]["deploy"]["env"]

    assert sorted(wanted) == AZD["pipeline"]["variables"]
    assert {name: f"${{{{ vars.{name} }}}}" for name in wanted} == {
        name: value for name, value in passed.items() if name in wanted
    }


def test_deployments_of_a_subscription_have_names_of_their_own() -> None:
    """A name belongs to one region there, so that a second environment elsewhere would be refused."""
    main = (TEMPLATES / "main.bicep").read_text(encoding="utf-8")
    roles = (TEMPLATES / "modules" / "roles.bicep").read_text(encoding="utf-8")
    names = re.findall(r"^module \w+ '[^\n]*\n  name: '(.*)'$", main, re.MULTILINE)

    assert names
    assert [] == [name for name in names if not name.endswith("-${token}")]
    assert "name: 'roles-subscription-${uniqueString(principalId, watched)}'" in roles


def test_both_steps_read_the_same_names_of_the_environment() -> None:
    given = json.loads((TEMPLATES / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    names = {name for one in given.values() for name in re.findall(r"\$\{([A-Z_]+)", one["value"])}

    assert {"EVENT_HUB_NAME", "ALERT_AUDIENCE", "ALERT_TENANT", "EVENTS_AUDIENCE"} <= names
    assert "AZURE_KEY_VAULT_NAME" in template("main.bicep").of("output")


def test_no_output_is_a_secret() -> None:
    assert [] == [
        name for name in template("main.bicep").of("output") if re.search(r"SECRET|CONNECTION|_KEY$", name)
    ]


@pytest.mark.parametrize(
    ("before", "calls", "after"),
    [
        pytest.param(
            "# ours\nresources: []\n", "", f"# ours\nresources:\n  - {LOBBY}\n", id="nothing is watched"
        ),
        pytest.param(
            "resources: []\n", CALLS, f"resources:\n  - {LOBBY}\n  - {CALLS}\n", id="both are watched"
        ),
        pytest.param("resources:\n  - /other\n", "", "resources:\n  - /other\n", id="something is watched"),
    ],
)
def test_what_was_deployed_is_watched_where_nothing_is(
    before: str, calls: str, after: str, tmp_path: Path
) -> None:
    watched, _ = run_watch(before, calls, tmp_path)

    assert after == watched


def test_a_resource_that_a_file_of_its_own_does_not_name_is_told(tmp_path: Path) -> None:
    before = f"resources:\n  - {LOBBY}\n"

    assert (
        before,
        f"config/resources.yaml has resources of its own and is left alone. To watch Communication Services too, add: - {CALLS}\n",
    ) == run_watch(before, CALLS, tmp_path)


def run_watch(before: str, calls: str, folder: Path) -> tuple[str, str]:
    """Run the hook on a file of resources; return the file, and what the hook says."""
    file = folder / "config" / "resources.yaml"
    file.parent.mkdir()
    file.write_text(before, encoding="utf-8")
    environment = {
        "PATH": "/usr/bin:/bin",
        "AZURE_WEB_PUBSUB_ID": LOBBY,
        "AZURE_COMMUNICATION_SERVICES_ID": calls,
    }
    done = subprocess.run(
        ["sh", HOOKS / "watch.sh"], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return file.read_text(encoding="utf-8"), done.stdout


@pytest.mark.parametrize(
    ("status", "handler", "hub"),
    [
        pytest.param(3, "", "chat", id="a hub that is not there yet"),
        pytest.param(
            0, "https://func-1.azurewebsites.net/api/pubsub/{hub}/{event}", "chat", id="a hub of ours"
        ),
        pytest.param(0, "https://other.example/events", "", id="a hub of somebody else"),
        pytest.param(
            0,
            "https://func-1.azurewebsites.net/api/pubsub/{hub}/{event} https://other.example/events",
            "",
            id="a hub that is ours and somebody else's",
        ),
        pytest.param(0, "", "", id="a hub without a handler, which may have other settings"),
        pytest.param(1, "", "", id="a hub that cannot be read"),
    ],
)
def test_a_hub_that_is_not_ours_is_left_alone(status: int, handler: str, hub: str, tmp_path: Path) -> None:
    az = tmp_path / "az"
    az.write_text(
        f'#!/bin/sh\n[ "$1" = resource ] && {{ echo "{handler}"; exit {status}; }}\nprintf "%s\\n" "$@" > {tmp_path}/args\n'
    )
    az.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "EVENT_HUB_NAME": "chat",
        "AZURE_WEB_PUBSUB_ID": LOBBY,
        "AZURE_FUNCTION_APP_NAME": "func-1",
        "AZURE_RESOURCE_GROUP": "rg-lobby",
        "AZURE_APP_WORKSPACE_ID": "/w",
        "AZURE_TENANT_ID": "t",
        "AZURE_SUBSCRIPTION_ID": "s",
    }
    subprocess.run(["sh", HOOKS / "connect.sh"], cwd=ROOT, env=environment, check=True, capture_output=True)

    assert f"hubName={hub}" in (tmp_path / "args").read_text().splitlines()


@pytest.mark.parametrize("name", ["connect.sh", "connect.ps1"])
def test_az_is_told_the_subscription_of_azd(name: str) -> None:
    """Each has a default of its own, and the group is in azd's."""
    command = (HOOKS / name).read_text(encoding="utf-8").partition("deployment group create")[2]

    assert re.search(r"--subscription \S*AZURE_SUBSCRIPTION_ID", command)


def test_the_address_of_the_workflow_is_needed_once() -> None:
    """A later deployment is not given it, and must not take the setting away."""
    given = json.loads((TEMPLATES / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    main = (TEMPLATES / "main.bicep").read_text(encoding="utf-8")

    assert "${TEAMS_WEBHOOK_IN_VAULT=}" == given["teamsWebhookInVault"]["value"]
    assert "hasTeamsWebhook: !empty(teamsWebhookUrl) || teamsWebhookInVault == 'true'" in main

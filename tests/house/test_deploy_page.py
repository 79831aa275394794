"""docs/deploy.md says what is there: parameters, names of the environment, outputs, secrets, commands and their options."""

import json
import re
from pathlib import Path

import pytest

from infra.checks.read import read_template
from local.commands import entra
from local.deploy.registrations import steps
from tests.az_lines import AzLine, az_lines_of

ROOT = Path(__file__).parents[2]
BICEP = ROOT / "infra" / "bicep"
PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
HOOKS = ROOT / "infra" / "hooks"
# What azd sets by itself, or reads of it, and what a table must not offer: a secret would stand in a file.
NOT_OFFERED = {
    "AZURE_ENV_NAME",
    "AZURE_LOCATION",
    "AZURE_PRINCIPAL_ID",
    "AZURE_KEY_VAULT_NAME",
    "TEAMS_WEBHOOK_URL",
}
# What az itself understands everywhere, and what was published of the commands that we use.
OF_AN_EXTENSION = "webapp auth microsoft update"
EVERYWHERE = {"--output", "--query", "--subscription"}
AZ = json.loads((ROOT / "tests" / "infra" / "published" / "az-commands.json").read_text(encoding="utf-8"))


def section(title: str, page: str = PAGE) -> str:
    return re.split(r"^#+ ", page.partition(f"# {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def declared(kind: str, file: str) -> set[str]:
    return set(read_template(BICEP / file, BICEP).of(kind))


def offered(page: str) -> set[str]:
    """Return the names that the table offers for `azd env set`."""
    rows = re.findall(r"^\| (`[A-Z_`, ]+`) \|", section("With azd", page), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"[A-Z_]+", row)}


def read_by_azd() -> set[str]:
    """Return the names of the environment that the templates' parameters and the hook read."""
    given = (BICEP / "main.parameters.json").read_text(encoding="utf-8")
    hook = (HOOKS / "connect.sh").read_text(encoding="utf-8")
    return {*re.findall(r"\$\{([A-Z_]+)", given), *re.findall(r"\$\{([A-Z_]+):-", hook)}


def parameters_given(page: str, template: str) -> set[str]:
    """Return what the lines that deploy a template pass, and what the page names beside them."""
    lines = [line for line in page.splitlines() if f"--template-file infra/bicep/{template}" in line]
    beside = re.findall(
        r"^(?:Every parameter of `infra/bicep/main|One is for this|Its other parameters).*$",
        page,
        re.MULTILINE,
    )
    of_main, of_connect = beside[:2], beside[2:]
    named = of_main if template == "main.bicep" else of_connect
    return {
        *(name for line in lines for name in re.findall(r" (\w+)=", line.partition("--parameters")[2])),
        *(name for line in named for name in re.findall(r"`([a-z]\w+)`", line)),
    }


def az_faults(lines: list[AzLine]) -> list[str]:
    """Name the commands that az does not have, and options that a command does not take."""
    return [
        f"az {line.command}: {option or 'no such command'}"
        for line in lines
        for option in (sorted(line.options) if line.command in AZ["commands"] else [""])
        if option not in EVERYWHERE and option not in AZ["commands"].get(line.command, ())
    ]


def test_what_can_be_set_for_azd_is_what_the_templates_and_the_hook_read() -> None:
    assert read_by_azd() - NOT_OFFERED == offered(PAGE)


@pytest.mark.parametrize("template", ["main.bicep", "connect.bicep"])
def test_every_parameter_of_a_template_is_named_for_those_who_deploy_by_hand(template: str) -> None:
    assert declared("parameter", template) == parameters_given(PAGE, template)


def test_what_the_page_asks_azd_for_is_an_output() -> None:
    asked = set(re.findall(r"azd env get-value ([A-Z_]+)", PAGE))

    assert asked
    assert set() == asked - declared("output", "main.bicep")


def test_secrets_settings_and_names_are_those_of_the_templates() -> None:
    texts = {
        str(file.relative_to(BICEP)): file.read_text(encoding="utf-8") for file in BICEP.rglob("*.bicep")
    }
    secrets = {*re.findall(r"--name ([a-z-]+) --query value", PAGE), "teams-webhook-url"}

    assert [] == [secret for secret in secrets if f"name: '{secret}'" not in texts["modules/vault.bicep"]]
    assert "name: 'linekeeper-${environmentName}'" in texts["main.bicep"]
    assert "name: 'linekeeper'" in texts["modules/web-pubsub-logs.bicep"]
    assert "'Linekeeper tokens (" in texts["modules/roles/web-pubsub.bicep"]
    assert "'Linekeeper alert state (" in texts["modules/roles/subscription.bicep"]
    assert "softDeleteRetentionInDays: 7" in texts["modules/vault.bicep"]
    assert "param retentionInDays int = 30" in texts["modules/monitoring.bicep"]
    assert "'AppTraces | " in texts["modules/heartbeat.bicep"]


def test_every_setting_that_the_page_names_is_one() -> None:
    app = (BICEP / "modules" / "app.bicep").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z][A-Z]+_[A-Z_]+)`", PAGE))
    shell = set(re.findall(r"^(?:read -r )?([A-Z_]+)=", PAGE, re.MULTILINE))

    assert set() == {name for name in named - read_by_azd() - shell if f"    {name}: " not in app}


def test_every_variable_of_its_lines_was_set_before_or_is_the_readers_own() -> None:
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    used = set(re.findall(r"\$([A-Z_]+)", PAGE))
    made = set(re.findall(r"^([A-Z_]+)=", lines, re.MULTILINE))

    assert {"SUBSCRIPTION", "OTHER_SUBSCRIPTION", "HUB", "ASSIGNMENT", "ROLE", "RULE"} == used - made


def test_no_line_deletes_the_group_of_a_resource_that_was_there_before() -> None:
    """`azd down` deletes every group in which the deployment wrote, such as that of a watched resource."""
    lines = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))

    assert "azd down" not in lines
    assert 'az group delete --name "$GROUP"' in section("Remove")


def test_registrations_to_remove_are_those_that_are_made() -> None:
    made = {
        word for one in steps(entra.PARTS, "", "") for word in re.findall(r"linekeeper-[a-z-]+", one.command)
    }

    assert made
    assert set() == {
        name for name in made if f"`{name}`" not in PAGE and f"--display-name {name} " not in PAGE
    }
    assert all(f"| `{part}` |" in PAGE for part in entra.PARTS)


def test_its_commands_of_make_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?:^|`)make ([a-z]+)", PAGE, re.MULTILINE))

    assert {"package", "bicep"} <= asked
    assert [] == [name for name in asked if f"\n{name}: " not in makefile]


def test_az_has_every_command_and_option_of_the_page_the_hooks_and_our_own_commands() -> None:
    texts = [PAGE, *((HOOKS / name).read_text(encoding="utf-8") for name in ("connect.sh", "connect.ps1"))]
    texts += [one.command for one in steps(entra.PARTS, "app", "group")]
    lines = [line for text in texts for line in az_lines_of(text)]

    assert [] == az_faults([line for line in lines if line.command != OF_AN_EXTENSION])


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        pytest.param(
            "az group remove --name x", "az group remove: no such command", id="a command of another name"
        ),
        pytest.param("az group delete --nam x", "az group delete: --nam", id="an option with a slip"),
        pytest.param(
            'a="$(az group delete --all)"', "az group delete: --all", id="an option inside of another line"
        ),
        pytest.param("`az group delete --now`", "az group delete: --now", id="an option in a sentence"),
    ],
)
def test_a_line_that_az_would_refuse_is_named(line: str, fault: str) -> None:
    assert [fault] == az_faults(list(az_lines_of(line)))


def test_a_name_a_parameter_and_an_output_that_are_wrong_are_seen() -> None:
    assert (
        "SET_ALERT_STATE" in offered(PAGE.replace("`SET_ALERT_STATES`", "`SET_ALERT_STATE`")) - read_by_azd()
    )
    wrong = PAGE.replace("healthKey=", "healthKay=")
    assert {"healthKay"} == parameters_given(wrong, "main.bicep") - declared("parameter", "main.bicep")

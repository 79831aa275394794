"""What the galleries of azd templates ask of a repository, line by line, as far as a file can show it.

The lines are those of the definition of done of Azure-Samples/azd-template-artifacts and of the rules of
microsoft/template-validation-action. `azd up`, labels and the description of the repository no test here can see.
"""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
IDS = [file.stem for file in WORKFLOWS]
COMMIT = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d")
TAG = re.compile(r"uses: \S+@v\d+$")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def headings() -> set[str]:
    return {heading.lower() for heading in re.findall(r"^#{2,3} (.+)$", read("README.md"), re.MULTILINE)}


def container() -> str:
    return json.dumps(json.loads(read(".devcontainer/devcontainer.json")))


def azd() -> dict[str, object]:
    return dict(yaml.safe_load(read("azure.yaml")))


def version() -> str:
    return str(tomllib.loads(read("pyproject.toml"))["project"]["version"])


def workflow(name: str) -> str:
    return read(f".github/workflows/{name}.yml")


@pytest.mark.parametrize(
    "holds",
    [
        pytest.param(lambda: "features" in headings(), id="the README lists the features"),
        pytest.param(lambda: "getting started" in headings(), id="the README says how to get started"),
        pytest.param(lambda: "deploy" in headings(), id="the README says how to deploy"),
        pytest.param(lambda: "guidance" in headings(), id="the README gives guidance"),
        pytest.param(lambda: "resources" in headings(), id="the README names resources"),
        pytest.param(
            lambda: "important security notice" in headings(), id="the README has a security notice"
        ),
        pytest.param(lambda: "**Costs.**" in read("README.md"), id="the README says where costs are told"),
        pytest.param(lambda: "**Regions.**" in read("README.md"), id="the README says which regions do"),
        pytest.param(lambda: "<img src=" in read("README.md"), id="the README has a picture"),
        pytest.param(lambda: "MIT License" in read("LICENSE"), id="there is a licence"),
        pytest.param(lambda: "privately" in read("SECURITY.md"), id="a vulnerability is reported privately"),
        pytest.param(lambda: "make check" in read("CONTRIBUTING.md"), id="contributors know what to run"),
        pytest.param((GITHUB / "CODE_OF_CONDUCT.md").is_file, id="there is a code of conduct"),
        pytest.param(
            lambda: len(list((GITHUB / "ISSUE_TEMPLATE").glob("*.md"))) > 1, id="issues have templates"
        ),
        pytest.param((GITHUB / "PULL_REQUEST_TEMPLATE.md").is_file, id="pull requests have a template"),
        pytest.param(
            lambda: read("azure.yaml").startswith("# yaml-language-server: $schema="),
            id="azure.yaml names its schema first",
        ),
        pytest.param(lambda: azd()["name"] == "linekeeper", id="azure.yaml has a name"),
        pytest.param(
            lambda: f"template: linekeeper@{version()}\n" in read("azure.yaml"),
            id="azure.yaml says which template, and its version",
        ),
        pytest.param(
            lambda: (
                (ROOT / "infra" / "bicep" / "main.bicep").is_file() and "infra/bicep" in str(azd()["infra"])
            ),
            id="azd finds the infrastructure",
        ),
        pytest.param(
            lambda: "${AZURE_ENV_NAME}" in read("infra/bicep/main.parameters.json"),
            id="the environment of azd gives the parameters",
        ),
        pytest.param(
            lambda: "azd-env-name" in read("infra/bicep/main.bicep"), id="resources carry azd's tag"
        ),
        pytest.param(lambda: ".azure/" in read(".gitignore"), id="environments of azd are not committed"),
        pytest.param(
            lambda: "ghcr.io/azure/azure-dev/azd:latest" in container(), id="the container has the latest azd"
        ),
        pytest.param(
            lambda: "features/azure-cli" in container() and "installBicep" in container(),
            id="the container has az and Bicep, which the hooks use",
        ),
        pytest.param(lambda: "7071" in container(), id="the container forwards the port of the app"),
        pytest.param(lambda: "make setup" in container(), id="the container sets itself up"),
        pytest.param(lambda: "make test" in workflow("tests"), id="a workflow runs the tests"),
        pytest.param(lambda: "make check" in workflow("tests"), id="a workflow runs the checks"),
        pytest.param(
            lambda: "make bicep" in workflow("bicep") and "az bicep install" in workflow("bicep"),
            id="a workflow compiles the templates, with a compiler",
        ),
        pytest.param(lambda: "make package" in workflow("release"), id="a workflow releases"),
        pytest.param(lambda: "azd up" in workflow("azure-dev"), id="a workflow deploys"),
    ],
)
def test_the_repository_is_what_a_gallery_asks_for(holds: Callable[[], bool]) -> None:
    assert holds()


@pytest.mark.parametrize("file", WORKFLOWS, ids=IDS)
def test_a_workflow_may_nothing_and_each_job_says_what_it_may(file: Path) -> None:
    text = yaml.safe_load(file.read_text(encoding="utf-8"))
    writes = {
        f"{file.stem}/{name}: {right}"
        for name, job in text["jobs"].items()
        for right, level in job.get("permissions", {}).items()
        if level == "write"
    }

    assert {} == text["permissions"]
    assert writes <= {"release/publish: contents", "azure-dev/deploy: id-token"}
    assert [] == [name for name, job in text["jobs"].items() if "timeout-minutes" not in job]


@pytest.mark.parametrize("file", WORKFLOWS, ids=IDS)
def test_an_action_is_pinned_by_its_commit_or_says_why_not(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    uses = [number for number, line in enumerate(lines) if "uses:" in line]
    by_tag = [number for number in uses if not COMMIT.search(lines[number])]

    assert [] == [lines[number] for number in by_tag if not TAG.search(lines[number])]
    assert (by_tag == []) or any("# By tag:" in line for line in lines[: by_tag[0]])


@pytest.mark.parametrize("file", WORKFLOWS, ids=IDS)
def test_a_workflow_calls_only_targets_that_make_has_and_puts_no_foreign_text_into_a_script(
    file: Path,
) -> None:
    text = file.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    scripts = [
        str(step["run"])
        for job in yaml.safe_load(text)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]

    assert set(re.findall(r"^make (\S+)$", "\n".join(scripts), re.MULTILINE)) <= targets
    assert [] == [script for script in scripts if "${{" in script]

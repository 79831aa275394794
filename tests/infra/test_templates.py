"""The templates hold to Azure's published shapes, and each rule sees what breaks it."""

import json
import re
from pathlib import Path

import pytest
from mended import PUBLISHED, TEMPLATES, changed

from infra.checks import Fault, Rule, check_folder
from infra.checks.check import templates_of
from infra.checks.shapes import Shapes, shapes_of
from infra.checks.syntax import is_computed, key_of, named, walk

FAULTY = Path(__file__).parent / "faulty"


@pytest.fixture(scope="session")
def shapes() -> Shapes:
    return shapes_of(PUBLISHED / "azure-resources.json")


def test_the_templates_are_without_fault(shapes: Shapes) -> None:
    assert [] == [str(fault) for fault in check_folder(TEMPLATES, shapes)]


@pytest.mark.parametrize("rule", Rule)
def test_a_rule_sees_the_template_that_breaks_it(rule: Rule, shapes: Shapes) -> None:
    assert [rule] == [fault.rule for fault in check_folder(FAULTY / rule, shapes)]


def test_every_faulty_template_is_of_a_rule() -> None:
    assert set(Rule) == {folder.name for folder in FAULTY.iterdir()}


@pytest.mark.parametrize(
    ("file", "old", "new", "rule", "text"),
    [
        pytest.param(
            "modules/storage.bicep",
            "days: 7",
            "day: 7",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.deleteRetentionPolicy.day",
            id="in a resource that stands in another",
        ),
        pytest.param(
            "modules/roles/storage.bicep",
            "principalType",
            "principalKind",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.principalKind",
            id="in a loop",
        ),
        pytest.param(
            "modules/alert-rules.bicep",
            "operator: 'Exclude'",
            "operators: 'Exclude'",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.criteria.allOf[].dimensions[].operators",
            id="in a variable that a loop goes over",
        ),
        pytest.param(
            "modules/alert-rules.bicep",
            "aggregation: 'Maximum'",
            "aggregation: 'Highest'",
            Rule.UNKNOWN_VALUE,
            "properties.criteria.allOf[].timeAggregation is 'Highest'; "
            "known are Average, Count, Minimum, Maximum, Total",
            id="a value of such a variable",
        ),
        pytest.param(
            "modules/action-group.bicep",
            "identifierUri: audience",
            "identifierUrl: audience",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.webhookReceivers[].identifierUrl",
            id="in a part of a union",
        ),
        pytest.param(
            "modules/hub.bicep",
            "resource: audience",
            "audience: audience",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.eventHandlers[].auth.managedIdentity.audience",
            id="in one side of a choice",
        ),
        pytest.param(
            "modules/monitoring.bicep",
            "features: { disableLocalAuth: true }",
            "feature: { disableLocalAuth: true }",
            Rule.UNKNOWN_PROPERTY,
            "there is no properties.feature",
            id="in a resource with a condition",
        ),
        pytest.param(
            "modules/alert-rules.bicep",
            "SingleResourceMultipleMetricCriteria",
            "SingleResourceManyMetricCriteria",
            Rule.UNKNOWN_VALUE,
            "properties.criteria.odata.type is 'Microsoft.Azure.Monitor.SingleResourceManyMetricCriteria'",
            id="of what a variant is chosen by",
        ),
        pytest.param(
            "modules/alert-rules.bicep",
            "          criterionType: 'StaticThresholdCriterion'\n",
            "",
            Rule.MISSING_PROPERTY,
            "properties.criteria.allOf[].criterionType is required",
            id="what a variant requires",
        ),
        pytest.param(
            "modules/web-pubsub-logs.bicep",
            "scope: webPubSub\n",
            "scope: workspaceId\n",
            Rule.WRONG_SCOPE,
            "logs has the scope workspaceId, which is no resource",
            id="a scope that is no resource",
        ),
        pytest.param(
            "modules/hub.bicep",
            "  parent: webPubSub\n",
            "",
            Rule.WRONG_PARENT,
            "hub has no parent Microsoft.SignalRService/webPubSub",
            id="a part without its whole",
        ),
        pytest.param(
            "main.bicep",
            "name: 'identity-${token}'\n  scope: group",
            "name: 'identity-${token}'",
            Rule.WRONG_SCOPE,
            "the module identity is deployed to a subscription, and is written for a resourceGroup",
            id="a module at the wrong place",
        ),
        pytest.param(
            "main.bicep",
            "    packageContainer: storage.outputs.packageContainer\n",
            "",
            Rule.MISSING_PARAMETER,
            "modules/app.bicep needs the parameter packageContainer",
            id="a parameter of a module",
        ),
        pytest.param(
            "main.bicep",
            "'Standard_S1', 'Premium_P1'",
            "'Standard_S2', 'Premium_P1'",
            Rule.UNKNOWN_VALUE,
            "sku is Free_F1, Standard_S2, Premium_P1; known are Free_F1, Standard_S1, Premium_P1",
            id="a value that a module does not take",
        ),
        pytest.param(
            "connect.bicep",
            "app::receiveAlert",
            "app::receiveAlarm",
            Rule.UNKNOWN_SYMBOL,
            "app has no resource receiveAlarm",
            id="a resource that does not stand in the other",
        ),
        pytest.param(
            "modules/app.bicep",
            "primaryEndpoints.queue",
            "primaryEndpoints.queues",
            Rule.UNKNOWN_MEMBER,
            "account.properties.primaryEndpoints has no queues",
            id="what is read of a resource",
        ),
    ],
)
def test_a_fault_is_seen_wherever_it_stands(
    file: str, old: str, new: str, *, rule: Rule, text: str, shapes: Shapes, tmp_path: Path
) -> None:
    faults = check_folder(changed(tmp_path, file, old, new), shapes)

    assert any((file, rule) == (one.file, one.rule) and one.text.startswith(text) for one in faults), faults


def test_a_module_for_a_subscription_is_not_deployed_to_a_group(shapes: Shapes, tmp_path: Path) -> None:
    copy = changed(
        tmp_path, "modules/roles.bicep", "scope: subscription(watched)", "scope: resourceGroup(watched)"
    )

    assert [Rule.WRONG_SCOPE] == [fault.rule for fault in check_folder(copy, shapes)]


@pytest.mark.parametrize("file", sorted(TEMPLATES.rglob("*.bicep")), ids=lambda file: file.stem)
def test_each_misspelt_property_is_seen(file: Path, shapes: Shapes, tmp_path: Path) -> None:
    """Every key of every resource is misspelt once, where its name is not the template's own choice."""
    alone = tmp_path / "main.bicep"
    text = file.read_bytes()
    alone.write_bytes(text)
    before = set(_own(check_folder(tmp_path, shapes)))
    unseen = []
    for start, end, key in _keys(file):
        alone.write_bytes(text[:start] + key[:-1].encode() + b"q" + text[end:])
        if set(_own(check_folder(tmp_path, shapes))) <= before:
            unseen.append(key)

    assert [] == unseen


def _keys(file: Path) -> list[tuple[int, int, str]]:
    (template,) = (one for path, one in templates_of(TEMPLATES).items() if path == file.resolve())
    bodies = [one.value for one in template.resources() if one.value is not None and not one.is_existing]
    keys = [
        named(node)[0]
        for body in bodies
        for node in walk(body)
        if node.type == "object_property" and len(named(node)) == 2
    ]
    plain = [key for key in keys if key.type == "identifier" and not is_computed(key)]
    return sorted({(key.start_byte, key.end_byte, key_of(key)) for key in plain if not _is_free(key)})


def _is_free(key: object) -> bool:
    """Tell whether a key is one of a map, such as the settings of an app."""
    return re.fullmatch(
        r"[A-Z][A-Za-z]*(_{1,2}[A-Za-z]+)+", key_of(key)
    ) is not None and "_Type" not in key_of(key)


def _own(faults: list[Fault]) -> list[tuple[Rule, str]]:
    return [(fault.rule, fault.text) for fault in faults if fault.rule is not Rule.MISSING_MODULE]


def test_a_template_is_given_every_parameter_that_azd_must_know() -> None:
    given = json.loads((TEMPLATES / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    main = templates_of(TEMPLATES)[TEMPLATES / "main.bicep"].of("parameter")

    assert [] == [name for name in given if name not in main]
    assert [] == [name for name, one in main.items() if one.value is None and name not in given]


def test_what_a_secret_parameter_takes_is_no_text_of_the_file() -> None:
    given = json.loads((TEMPLATES / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    main = templates_of(TEMPLATES)[TEMPLATES / "main.bicep"].of("parameter")
    secrets = {name for name, one in main.items() if "secure" in one.decorators}

    assert {"teamsWebhookUrl", "healthKey", "userIdSalt"} == secrets
    assert [] == [name for name in secrets if not re.match(r"\$[{(]", given[name]["value"])]


def test_every_name_that_a_template_takes_from_the_list_stands_there() -> None:
    names = json.loads((TEMPLATES / "abbreviations.json").read_text(encoding="utf-8"))
    main = (TEMPLATES / "main.bicep").read_text(encoding="utf-8")

    assert set(names) == set(re.findall(r"\bnames\.(\w+)", main))


def test_every_template_is_used() -> None:
    templates = templates_of(TEMPLATES)
    used = {
        (one.path.parent / module.target).resolve()
        for one in templates.values()
        for module in one.of("module").values()
    }

    assert {TEMPLATES / "main.bicep", TEMPLATES / "connect.bicep"} == set(templates) - used

"""Every HTTP function answers as docs/openapi.yaml says, whatever it is asked: in time, and never with 500."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from local.azure.azurite import Azurite
from local.machine.certificates import certificate
from local.pubsub.service import PubSubService
from shared.notices.answers.signed_links import Action
from shared.settings import EVERY_MINUTE
from tests.contract.described import CHECKS, OPERATIONS
from tests.contract.served_app import EXAMPLES, HEALTH_KEY, PATIENCE, Served, served

LOBBY_IS_OPEN = """
web_pubsub: [{resource: lobby, hubs: [{hub: lobby, policies: [{anonymous: true, max_minutes: 1440}]}]}]
"""
POSTING = "POST /respond"


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    schedules = dict.fromkeys(
        (
            "WATCH_SCHEDULE",
            "TRACK_SCHEDULE",
            "NOTICE_SCHEDULE",
            "CANARY_SCHEDULE",
            "REVIEW_SCHEDULE",
            "SERVICE_HEALTH_SCHEDULE",
            "MISSED_ALERTS_SCHEDULE",
            "DISCOVER_SCHEDULE",
        ),
        EVERY_MINUTE,
    )
    folder = tmp_path_factory.mktemp("config")
    (folder / "resources.yaml").write_text("resources: []\n", encoding="utf-8")
    (folder / "tokens.yaml").write_text(LOBBY_IS_OPEN, encoding="utf-8")
    environment = {**azurite.environment_of(azurite.unused()), **schedules}
    with PubSubService(certificate()) as line:
        environment["WEB_PUBSUB_CONNECTION"] = line.connection_string()
        with served(environment, folder) as served_app:
            yield served_app


def send(app: Served, case: Any) -> Any:
    """Send what was generated, with the key; return the answer, checked against the document."""
    keys = {"x-functions-key": app.host.key, "x-health-key": HEALTH_KEY}
    answer = case.call(base_url=app.address, session=app.session, headers=keys, timeout=PATIENCE)
    app.raised_nothing()
    case.validate_response(answer, checks=list(CHECKS))
    # Nothing is watched here, so the app is not ready.
    is_ready_asked = case.operation.path.endswith("/health/ready")
    assert answer.status_code < 500 or is_ready_asked, "503 of a storage account that answers"
    return answer


@pytest.mark.parametrize("label", list(OPERATIONS))
def test_what_the_document_asks_for_is_taken(app: Served, label: str) -> None:
    @settings(EXAMPLES, max_examples=40)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def asked(case: Any) -> None:
        answer = send(app, case)
        case.validate_response(answer, checks=[positive_data_acceptance])
        assert "respond" not in label or 403 == answer.status_code  # a link in the right form, but not signed

    asked()


def refusable() -> list[str]:
    """Return the operations that anything can be wrong about: the others take no input."""
    return [label for label, one in OPERATIONS.items() if one.body or one.query]


@pytest.mark.parametrize("label", refusable())
def test_what_the_document_does_not_allow_is_refused(app: Served, label: str) -> None:
    @settings(EXAMPLES, max_examples=40)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def asked(case: Any) -> None:
        answer = send(app, case)
        try:
            case.validate_response(answer, checks=[negative_data_rejection])
        except FailureGroup as failures:
            if not all(map(is_of_the_id, failures.exceptions)):
                raise

    asked()


def is_of_the_id(failure: Exception) -> bool:
    """Tell whether all that is wrong is the form of an alert's id, of which the document asks for a letter or a number."""
    return "violates `format` at /properties/data/properties/essentials/properties/alertId" in str(failure)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("action", list(Action))
def test_any_form_by_a_good_link_is_answered_as_documented(
    app: Served, action: Action, mode: GenerationMode
) -> None:
    incident = app.incident()
    token = app.token(action, incident)

    @settings(EXAMPLES, max_examples=12)
    @given(case=OPERATIONS[POSTING].as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        case.query = {"token": token}
        answer = send(app, case)
        assert action is not Action.REPORT or 405 == answer.status_code

    asked()
    assert app.now(incident).id == incident.id

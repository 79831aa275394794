"""A drill: told to the receivers of drills, and to nobody else, and never an incident."""

from datetime import datetime

import pytest

from local.deploy.drills import DrillStep, alert_of_step
from shared.alerts.alert import Alert
from shared.alerts.drill import DrillOutcome, is_drill, tell_drill
from shared.alerts.handle import handle
from shared.alerts.intake import Intake
from shared.alerts.message import AlertMessage
from shared.alerts.parse import alert_of
from shared.alerts.receive import receive
from shared.redaction import UserIds
from tests.alerts.sample import NAMES, body, fired
from tests.alerts.test_receive import FakeInbox
from tests.incidents.fake_rooms import NOON

STEP = DrillStep("Connections fail on lobby: opened", ["320 of 800 connects failed.", "Second paragraph."])


class Told:
    def __init__(self) -> None:
        self.notices: list[tuple[str, str, str]] = []

    def announce(self, key: str, title: str, text: str, at: datetime) -> None:
        self.notices.append((key, title, text))


class Untouched:
    """Fails whoever looks into what incidents are made of."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a drill asked for {name}")


def drill() -> Alert:
    return alert_of(body(alert_of_step(STEP, 2, 3, NOON)))


def test_a_drill_is_marked_in_its_title_and_in_its_first_words() -> None:
    told = Told()

    outcome = tell_drill(drill(), told, UserIds(), NOON)

    ((key, title, text),) = told.notices
    assert DrillOutcome.TOLD is outcome
    assert key.startswith("drill ")
    assert "DRILL (2 of 3): Connections fail on lobby: opened" == title
    assert text.startswith("This is a drill, started by hand. Nothing is wrong")
    assert text.endswith("320 of 800 connects failed.\n\nSecond paragraph.")


def test_each_step_is_an_alert_of_its_own() -> None:
    assert drill().key != drill().key


@pytest.mark.parametrize("hears", [True, False])
def test_a_drill_touches_nothing_of_incidents(hears: bool) -> None:
    inbox, told, nothing = FakeInbox(), Told(), Untouched()
    receive(body(alert_of_step(STEP, 1, 1, NOON)), "", inbox, None, NOON)
    drills = told if hears else None
    intake = Intake(nothing, nothing, UserIds(), nothing, nothing, drills)  # type: ignore[arg-type]

    for key in inbox.asked:
        handle(intake, inbox, AlertMessage(key), NOON)

    assert hears == bool(told.notices)


def test_a_drill_that_nobody_would_hear_is_refused_and_not_kept() -> None:
    inbox = FakeInbox()
    sent = body(alert_of_step(STEP, 1, 1, NOON))

    answer = receive(sent, "", inbox, None, NOON, hears_drills=lambda: False)

    assert (409, {}, []) == (answer.status, inbox.kept, inbox.asked)
    assert "`drills` of receivers.yaml" in answer.text


@pytest.mark.parametrize("name", NAMES)
def test_no_alert_of_azure_is_a_drill(name: str) -> None:
    inbox = FakeInbox()

    answer = receive(body(fired(name)), "", inbox, None, NOON, hears_drills=lambda: False)

    assert 202 == answer.status
    assert not is_drill(alert_of(body(fired(name))))

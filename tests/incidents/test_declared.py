"""A declared incident joins ours, lowers its severity by one step, and hides no second fault."""

from dataclasses import replace
from datetime import datetime

import pytest

from shared.context.declared import Declarations, LineUses, concerns
from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent
from shared.context.service_health import Use
from shared.incidents.declared import join_declared
from shared.incidents.incident import Incident, Milestone
from shared.incidents.lifecycle.declare import beside_declared, lifted, with_declared
from shared.incidents.lifecycle.states import graded
from shared.incidents.ports import Casework
from tests.context.declared_rows import WEB_PUBSUB, FakeDeclaredEvents
from tests.incidents.fake_rooms import FAILURES, LOBBY, House, at, broken

USES = {LOBBY: LineUses((Use(WEB_PUBSUB, "westeurope"),), (Use("Key Vault", "westeurope"),))}


def event(
    service: str = "Azure Web PubSub",
    region: str = "West Europe",
    start: float = -10,
    end: datetime | None = None,
    *,
    tracking_id: str = "VN1K-9W8",
    kind: DeclaredKind = DeclaredKind.ISSUE,
) -> ServiceHealthEvent:
    link = f"https://app.azure.com/h/{tracking_id}/bbadb3"
    impacts = (Impact(service, region),)
    return ServiceHealthEvent(tracking_id, kind, "Clients fail", impacts, at(start), end, link=link)


class Sky(House):
    """A house above which Microsoft declares what a test says."""

    def declare(self, *events: ServiceHealthEvent) -> None:
        self.declared = FakeDeclaredEvents(*events)

    def casework(self, *given: object, **named: object) -> Casework:
        casework = super().casework(*given, **named)  # type: ignore[arg-type]
        return replace(casework, declarations=Declarations(self.declared, lambda: USES))


def sky(*events: ServiceHealthEvent) -> Sky:
    house = broken()
    result = Sky(floor=house.floor)
    result.declare(*events)
    return result


def severity_without() -> int:
    house = sky()
    house.watch(at(12))
    return house.only().severity


def opened(*events: ServiceHealthEvent) -> tuple[Sky, Incident]:
    house = sky(*events)
    house.watch(at(12))
    return house, house.only()


def test_what_is_declared_before_stands_on_the_first_card() -> None:
    house, incident = opened(event())

    assert ["VN1K-9W8"] == [declared.tracking_id for declared in incident.declared]
    assert (severity_without() + 1, severity_without()) == (incident.severity, incident.demoted_from)
    assert [Milestone.OPENED] == house.notifier.states()
    (told,) = house.notifier.told.values()
    assert incident.declared == told.declared
    assert house.work.asked == [incident.id]  # the diagnosis runs


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param(event(region="East US"), id="another region"),
        pytest.param(event(service="Virtual Machines"), id="another service"),
        pytest.param(event(start=16), id="began after the failures"),
        pytest.param(event(start=-90, end=at(-30)), id="was over before them"),
        pytest.param(event(kind=DeclaredKind.PLANNED), id="a planned maintenance"),
        pytest.param(event(kind=DeclaredKind.ADVISORY), id="an advisory"),
    ],
)
def test_what_is_declared_elsewhere_is_not_blamed(elsewhere: ServiceHealthEvent) -> None:
    house, incident = opened(elsewhere)
    join_declared(house.casework(), at(14))

    assert ((), None, severity_without()) == (incident.declared, incident.demoted_from, incident.severity)
    assert incident == house.only()


def test_an_incident_of_a_dependency_is_said_and_lowers_nothing() -> None:
    _, incident = opened(event(service="Azure Key Vault"))

    assert [False] == [declared.is_own for declared in incident.declared]
    assert (None, severity_without()) == (incident.demoted_from, incident.severity)


@pytest.mark.parametrize(
    ("minutes_before", "is_lower"), [(140, True), (150, False), (3 * 7 * 24 * 60, False)]
)
def test_an_issue_that_began_long_before_is_said_and_lowers_nothing(
    minutes_before: float, is_lower: bool
) -> None:
    _, incident = opened(event(start=-minutes_before))

    assert ["VN1K-9W8"] == [declared.tracking_id for declared in incident.declared]
    assert (severity_without() + is_lower, is_lower) == (incident.severity, incident.demoted_from is not None)


@pytest.mark.parametrize(("region", "is_placed"), [("Brazil South", False), ("Global", True)])
def test_one_region_of_a_service_without_regions_lowers_nothing(region: str, is_placed: bool) -> None:
    uses = LineUses((Use("Communication Services", "global"),))
    brazil = event(service="Azure Communication Services", region=region)
    (concern,) = concerns([brazil], LOBBY, uses)
    _, incident = opened()

    joined = with_declared(incident, [concern], at(14), is_new=True)

    assert region in joined.declared[0].name
    assert is_placed == (joined.demoted_from is not None)


def test_what_is_declared_later_joins_once_and_is_told_once() -> None:
    house, _ = opened()
    house.declare(event())
    for minute in (13, 14):
        join_declared(house.casework(), at(minute))

    assert [Milestone.OPENED, Milestone.DECLARED] == house.notifier.states()
    assert (severity_without() + 1, severity_without()) == (house.only().severity, house.only().demoted_from)
    assert 1 == len(house.only().declared)


def test_the_next_breach_raises_no_severity_back() -> None:
    house, before = opened(event())
    house.floor.happens("refused-connects", 10, 15, 80, 200)
    house.watch(at(17))

    assert before.severity == house.only().severity
    assert [Milestone.OPENED] == house.notifier.states()


def test_a_severity_that_rises_meanwhile_is_still_one_step_lower() -> None:
    _, incident = opened(event())

    worse = graded(incident, beside_declared(1, incident), at(20))

    assert (2, 1) == (worse.severity, worse.demoted_from)
    assert 1 == lifted(replace(worse, cause="token-expired"), (), at(30)).severity


def test_the_highest_severity_comes_back_whole() -> None:
    _, incident = opened(event())

    worse = graded(incident, beside_declared(0, incident), at(20))

    assert (1, 0) == (worse.severity, worse.demoted_from)
    assert 0 == lifted(replace(worse, cause="token-expired"), (), at(30)).severity


def test_a_second_fault_is_told_with_its_full_severity() -> None:
    house, incident = opened(event())
    house.floor.causes[FAILURES, "token-expired"] = at(0)
    house.diagnose(incident.id, at(13))

    assert ("token-expired", None) == (house.only().cause, house.only().demoted_from)
    assert severity_without() == house.only().severity
    assert [Milestone.OPENED, Milestone.CAUSE_FOUND, Milestone.WORSE] == house.notifier.states()


def test_the_declared_incident_as_the_cause_keeps_the_lower_severity() -> None:
    house, incident = opened(event())
    house.floor.causes[FAILURES, "platform-incident"] = at(-10)
    house.diagnose(incident.id, at(13))

    assert ("platform-incident", incident.severity) == (house.only().cause, house.only().severity)


def test_what_is_declared_after_another_cause_was_found_lowers_nothing() -> None:
    house, incident = opened()
    house.floor.causes[FAILURES, "token-expired"] = at(0)
    house.diagnose(incident.id, at(13))
    house.declare(event())
    join_declared(house.casework(), at(14))

    assert ["VN1K-9W8"] == [declared.tracking_id for declared in house.only().declared]
    assert severity_without() == house.only().severity


def test_failures_that_outlast_what_was_declared_are_no_longer_excused() -> None:
    house, _ = opened(event())
    house.declare(event(end=at(2)))
    house.floor.happens("refused-connects", 10, 25, 80, 200)
    house.watch(at(27))
    join_declared(house.casework(), at(28))

    assert severity_without() == house.only().severity
    assert Milestone.WORSE in house.notifier.states()


def test_two_events_lower_the_severity_once() -> None:
    _, incident = opened(event(), event(tracking_id="XK2L-7Q0", region="Global"))

    assert 2 == len(incident.declared)
    assert severity_without() + 1 == incident.severity


def test_a_reopened_incident_begins_without_what_was_declared_before() -> None:
    house, incident = opened(event())
    now = at(12)
    while house.only().is_open:
        now += at(60) - at(0)
        house.track(now)
    house.declare()
    minute = (now - at(0)).total_seconds() // 300 * 5
    house.floor.happens("refused-connects", minute, minute + 10, 80, 200)
    house.watch(now + (at(12) - at(0)))

    assert house.only().is_open if len(house.incidents.kept) == 1 else True
    newest = max(house.incidents.kept.values(), key=lambda kept: kept.number)
    assert ((), None, severity_without()) == (newest.declared, newest.demoted_from, newest.severity)
    assert incident.id.rpartition(".")[0] == newest.id.rpartition(".")[0]

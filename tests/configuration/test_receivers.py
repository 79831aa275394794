from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.match import Match, Subject
from shared.configuration.receivers import (
    DEFAULT_RECEIVER,
    Receiver,
    ReceiverKind,
    Route,
    Routing,
    usable_receivers,
)
from shared.errors import InputError

SHIPPED = Path(__file__).parents[2] / "config"
LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
TWO = """
receivers:
- {name: on-call, webhook: TEAMS_ON_CALL_URL, fallback: leads}
- {name: leads, webhook: TEAMS_LEADS_URL, per_second: 1, per_five_minutes: 5}
routes:
- match: {severity: [1, 2], environment: Production, resource: "*/webPubSub/lob*", owner: Realtime Team}
  to: [on-call]
  then: [leads]
- match: {symptom: acs-chat-message-delivery}
  to: [leads, on-call]
announcements: [leads]
"""


def config(folder: Path, text: str) -> Path:
    (folder / "receivers.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("text", [None, "", "# comments\n", "receivers:\nroutes:\n"])
def test_a_team_that_says_nothing_has_one_channel_that_hears_everything(
    tmp_path: Path, text: str | None
) -> None:
    folder = tmp_path if text is None else config(tmp_path, text)

    assert Routing((DEFAULT_RECEIVER,), (Route(to=("default",)),), ("default",)) == flawless(
        usable_receivers(folder)
    )


def test_teams_writes_the_times_of_a_receiver_that_says_so(tmp_path: Path) -> None:
    listed = "receivers:\n- {name: a, webhook: A, local_times: true}\n- {name: b, webhook: B}\n"
    receivers = flawless(usable_receivers(config(tmp_path, listed))).receivers

    assert [True, False] == [receiver.local_times for receiver in receivers]


def test_the_shipped_file_says_nothing() -> None:
    assert Routing() == flawless(usable_receivers(SHIPPED))


def test_a_webhook_names_the_setting_of_its_key(tmp_path: Path) -> None:
    text = "receivers: [{name: pager, kind: webhook, webhook: PAGER_URL, key: PAGER_KEY}]"
    (pager,) = flawless(usable_receivers(config(tmp_path, text))).receivers

    assert Receiver("pager", "PAGER_URL", kind=ReceiverKind.WEBHOOK, key_setting="PAGER_KEY") == pager
    assert ("PAGER_URL", "PAGER_KEY") == pager.settings


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("{name: pager, kind: webhook, webhook: PAGER_URL}", "the webhook 'pager' has no key"),
        ("{name: pager, webhook: PAGER_URL, key: PAGER_KEY}", "'pager' signs nothing"),
        ("{name: pager, kind: pigeon, webhook: PAGER_URL}", "pigeon"),
        ("{name: pager, kind: webhook, webhook: PAGER_URL, key: whsec_aHVzaA==}", "key"),
    ],
    ids=["no key", "a key of a channel", "another kind", "the key itself"],
)
def test_a_receiver_whose_kind_and_key_do_not_fit_is_left_out_and_told(
    tmp_path: Path, entry: str, wrong: str
) -> None:
    text = f"receivers: [{entry}, {{name: on-call, webhook: ON_CALL_URL}}]"
    routing, (problem,) = usable_receivers(config(tmp_path, text))

    assert ["on-call"] == [receiver.name for receiver in routing.receivers]
    assert wrong in str(problem)
    assert "aHVzaA" not in str(problem)


def test_receivers_and_routes_are_read_in_their_order(tmp_path: Path) -> None:
    routing = flawless(usable_receivers(config(tmp_path, TWO)))

    assert (
        Receiver("on-call", "TEAMS_ON_CALL_URL", "leads"),
        Receiver("leads", "TEAMS_LEADS_URL", None, 1, 5),
    ) == routing.receivers
    severe = Match((1, 2), ("*/webpubsub/lob*",), ("production",), ("realtime team",))
    assert Route(severe, ("on-call",), ("leads",)) == routing.routes[0]
    assert Route(Match(symptom=("acs-chat-message-delivery",)), ("leads", "on-call")) == routing.routes[1]
    assert ("leads",) == routing.announcements


def test_the_first_route_that_fits_decides(tmp_path: Path) -> None:
    routing = flawless(usable_receivers(config(tmp_path, TWO)))
    chat = Subject(1, LOBBY, "PRODUCTION", "realtime team", "acs-chat-message-delivery")

    assert routing.routes[0] == routing.route_of(chat)
    assert routing.routes[1] == routing.route_of(Subject(3, LOBBY, symptom="acs-chat-message-delivery"))
    assert routing.route_of(Subject(3, LOBBY, "production")) is None


@pytest.mark.parametrize(
    "other",
    [
        Subject(3, LOBBY, "production", "realtime team"),
        Subject(None, LOBBY, "production", "realtime team"),
        Subject(1, LOBBY.replace("lobby", "floor"), "production", "realtime team"),
        Subject(1, LOBBY, "staging", "realtime team"),
        Subject(1, LOBBY, "production", ""),
    ],
    ids=["severity", "no severity", "resource", "environment", "owner"],
)
def test_every_matcher_must_fit(tmp_path: Path, other: Subject) -> None:
    severe = flawless(usable_receivers(config(tmp_path, TWO))).routes[0].match

    assert severe.fits(Subject(2, LOBBY, "production", "Realtime Team"))
    assert not severe.fits(other)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("receivers:\n- {name: on-call}", ":2: the receiver has no 'webhook'"),
        (
            "receivers:\n- {name: On Call, webhook: A}",
            ":2: 'name' is 'On Call'; expected a name of small letters",
        ),
        (
            "receivers:\n- {name: a, webhook: 'https://contoso.example/flow'}",
            ":2: 'webhook' is not the name of a setting; expected a name such as TEAMS_WEBHOOK_URL, not an address",
        ),
        ("receivers:\n- {name: a, webhook: A, fallback: a}", ":2: 'a' is its own fallback"),
        ("receivers:\n- {name: a, webhook: A, per_second: 9}", ":2: 'per_second' is 9"),
        ("receivers:\n- {name: a, webhook: A}\n- {name: a, webhook: B}", ":3: the receiver 'a' stands twice"),
        (
            "receivers:\n- {name: a, webhook: A, fallback: b}",
            ":2: the fallback 'b' is not a receiver; expected one of a",
        ),
        ("routes:\n- {to: [leads]}", ":2: 'leads' is not a receiver; expected one of default"),
        ("routes:\n- {match: {severity: 5}, to: [default]}", ":2: 'severity' is 5"),
        ("routes:\n- {match: {severity: []}, to: [default]}", ":2: 'severity' is an empty list"),
        (
            "routes:\n- {match: {resource: lobby}, to: [default]}",
            ":2: 'resource' is 'lobby'; expected an ARM id",
        ),
        ("routes:\n- {match: {symptom: Slow App}, to: [default]}", ":2: 'Slow App' is not a symptom"),
        ("routes:\n- {match: {team: chat}, to: [default]}", ":2: unknown key 'team'"),
        ("routes:\n- {match: {severity: 1}}", ":2: the route has no 'to'"),
        ("announcements: [leads]", ":1: 'leads' is not a receiver"),
        ("route: []", ":1: unknown key 'route'; expected 'routes'"),
    ],
)
def test_what_is_wrong_is_told_by_its_line_and_somebody_is_told_all_the_same(
    tmp_path: Path, text: str, complaint: str
) -> None:
    routing, problems = usable_receivers(config(tmp_path, text))

    assert str(problems[0]).startswith(f"receivers.yaml{complaint}")
    assert routing.receivers
    assert {*routing.announcements, *(name for route in routing.routes for name in route.to)} <= {
        receiver.name for receiver in routing.receivers
    }
    with pytest.raises(InputError):
        flawless(usable_receivers(tmp_path))


def test_an_address_in_the_file_is_not_repeated(tmp_path: Path) -> None:
    address = "https://prod-7.westeurope.logic.azure.com/workflows/1f/triggers/manual?sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"
    _, problems = usable_receivers(config(tmp_path, f"receivers:\n- {{name: a, webhook: '{address}'}}"))

    assert problems
    assert not [problem for problem in problems if "logic.azure" in str(problem)]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("announcements: [leads]", "announcments: [leads]", "receivers.yaml:11: unknown key 'announcments'"),
        ("announcements: [leads]", "announcements: leads", "receivers.yaml:11: 'announcements' is a text"),
        ("announcements: [leads]", "routes: []", "receivers.yaml:11: the key 'routes' stands twice"),
        (
            "announcements: [leads]",
            "# token=9f3kd02ax9f3kd02ax",
            "receivers.yaml:11: what looks like a secret",
        ),
    ],
)
def test_what_is_wrong_with_one_section_leaves_the_other_sections(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    right = flawless(usable_receivers(config(tmp_path, TWO)))
    routing, (problem,) = usable_receivers(config(tmp_path, TWO.replace(old, new)))

    assert Routing(right.receivers, right.routes, ("on-call",)) == routing
    assert str(problem).startswith(complaint)


def test_what_is_wrong_is_told_in_the_order_of_the_lines(tmp_path: Path) -> None:
    text = "receivers:\n- {name: a, webhook: A, fallback: z}\n- {name: B}\nroutes:\n- {}\n- {to: [z, a]}\n"
    _, problems = usable_receivers(config(tmp_path, text))

    assert [f"receivers.yaml:{line}" for line in (2, 3, 5, 6)] == [problem.where for problem in problems]


def test_a_wrong_route_leaves_the_others(tmp_path: Path) -> None:
    text = TWO.replace("severity: [1, 2]", "severity: [0]")
    routing, problems = usable_receivers(config(tmp_path, text))

    assert (1, 1) == (len(problems), len(routing.routes))


DRILLS = """
receivers:
- {name: on-call, webhook: TEAMS_ON_CALL_URL, fallback: leads}
- {name: leads, webhook: TEAMS_LEADS_URL}
- {name: later, webhook: TEAMS_LATER_URL}
- {name: drill, webhook: DRILL_WEBHOOK_URL}
- {name: calling, webhook: DRILL_WEBHOOK_URL, fallback: drill}
routes:
- to: [leads]
  then: [later]
"""


def test_drills_have_a_receiver_of_their_own(tmp_path: Path) -> None:
    own = DRILLS.replace(", fallback: drill", "") + "drills: [drill]"

    routing, problems = usable_receivers(config(tmp_path, own))

    assert ((), ("drill",)) == (problems, routing.drills)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        pytest.param("leads", "hears of incidents too", id="of a route"),
        pytest.param("later", "hears of incidents too", id="of an escalation"),
        pytest.param("on-call", "hears of incidents too", id="the first, which hears the rest"),
        pytest.param("drill", "hears of incidents too", id="a fallback"),
        pytest.param("calling", "has a fallback, which a drill would reach", id="with a fallback"),
        pytest.param("nobody", "is not a receiver", id="unknown"),
    ],
)
def test_a_receiver_by_which_a_drill_could_reach_people_is_left_out(
    tmp_path: Path, name: str, why: str
) -> None:
    routing, (problem,) = usable_receivers(config(tmp_path, f"{DRILLS}drills: [{name}]"))

    assert () == routing.drills
    assert f"'{name}' {why}" in problem.message


def test_nobody_hears_of_drills_unless_the_file_says_so() -> None:
    assert () == usable_receivers(SHIPPED)[0].drills

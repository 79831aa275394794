"""People come by the links of a card: looking changes nothing, and what they do is done once."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from html import escape, unescape
from html.parser import HTMLParser
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import azure.functions as func
import pytest

from local.azure.azurite import Azurite
from local.host import Host, functions_of_the_app
from shared.app import stores
from shared.app.runtime import current, hosted
from shared.cloud.storage.incidents.incidents import TableIncidents
from shared.configuration.silences import Silence
from shared.incidents.incident import Ending, Incident, Milestone, State
from shared.incidents.lifecycle import states
from shared.notices.answers.signed_links import LIFETIMES, Action, SignedLinks, link_to, sign
from shared.playbooks.loading.load import load_library
from shared.races import LostRaceError
from tests.incidents.fake_rooms import LOBBY, REFUSED
from tests.notices.broken_lobby import broken_lobby
from tests.notices.diagnoses import START
from tests.secrets_by_shape import JWT

NOW = START + timedelta(minutes=12)
ADA = {"name": "ada"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
PUBLIC = "https://watch.example/api"
NO_CONFIGURATION = "/nowhere"
_NUMBERS = count()


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> Any:
        return self.moment


@pytest.fixture
def clock() -> Iterator[Hand]:
    hand = Hand()
    with hosted(hand):
        yield hand


@pytest.fixture(scope="module")
def account(azurite: Azurite) -> dict[str, str]:
    """Return the settings of one account for all these tests; each has an incident of its own."""
    return azurite.environment_of(azurite.unused())


@pytest.fixture
def desk(account: dict[str, str], clock: Hand, monkeypatch: pytest.MonkeyPatch) -> "Desk":
    for name, value in {**account, "PUBLIC_URL": PUBLIC, "CONFIG_FOLDER": NO_CONFIGURATION}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("WEBSITE_AUTH_ENABLED", raising=False)
    return Desk(clock)


class Desk:
    """The app behind its host, with one incident that is kept."""

    def __init__(self, clock: Hand) -> None:
        self.clock = clock
        self.host = Host([one for one in functions_of_the_app() if one.name == "respond_to_incident"])
        self.runtime = current()
        self.kept = stores.incidents(self.runtime.storage).create(broken_lobby(f"-{next(_NUMBERS)}"), None)

    def now(self) -> Incident:
        found = stores.incidents(self.runtime.storage).get(self.kept.id)
        assert found is not None
        return found

    def save(self, change: Callable[[Incident], Incident]) -> Incident:
        return stores.incidents(self.runtime.storage).save(change(self.now()))

    def path(self, action: Action) -> str:
        """Return the link that a card made now would carry, as a path."""
        links = SignedLinks(PUBLIC, self.runtime.key_ring, self.clock)
        address = urlsplit(links.to(action, self.now()))
        return f"{address.path}?{address.query}"

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
        return self.host.request("GET", path, headers)

    def post(
        self, path: str, fields: Mapping[str, str] = ADA, headers: Mapping[str, str] | None = None
    ) -> func.HttpResponse:
        return self.host.request("POST", path, {**FORM, **(headers or {})}, urlencode(fields).encode())

    def silences(self) -> list[Silence]:
        """Return the silences of the incident."""
        found = stores.silences(self.runtime.storage, ()).active(self.clock.moment)
        return [one for one in found if one.incident == self.kept.id]

    def reports(self) -> list[str]:
        """Return the names of the incident's reports."""
        container = self.runtime.storage.container("documents")
        return list(container.list_blob_names(name_starts_with=f"reports/{self.kept.id}/"))

    def rows(self) -> dict[str, list[Any]]:
        """Return everything that is kept."""
        kept = self.runtime.storage
        tables = ("incidents", "silences", "notices", "streams", "counts")
        found: dict[str, list[Any]] = {
            name: [(dict(row), row.metadata["etag"]) for row in kept.table(name).list_entities()]
            for name in tables
        }
        for name in ("documents", "keys"):
            found[name] = [(one.name, one.etag) for one in kept.container(name).list_blobs()]
        return found


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [given for name, given in self.found if name == tag]


def text(answer: func.HttpResponse) -> str:
    return answer.get_body().decode()


def said(answer: func.HttpResponse) -> tuple[int, str]:
    """Return the status and the heading."""
    heading = re.search(r"<h1>(.*?)</h1>", text(answer))
    return answer.status_code, unescape(heading[1]) if heading else ""


def lines(incident: Incident, what: str) -> list[str]:
    return [entry.text for entry in incident.timeline if entry.what == what]


def over(incident: Incident) -> Incident:
    return states.resolved(incident, Ending.BY_HAND, NOW, "grace")


def again(incident: Incident) -> Incident:
    from shared.objectives.breach import Breach

    breach = Breach(
        resource=LOBBY,
        signal=REFUSED,
        symptom=incident.symptom,
        rule="limit",
        onset=START,
        last_bad=NOW,
        bad=90,
        total=100,
        peak_ratio=0.9,
        reasons={},
    )
    return states.reopened(incident, breach, 2, NOW)


# ---- looking -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action", [action for action in Action if action not in {Action.MAINTENANCE, Action.BOARD}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(desk: Desk, action: Action, method: str) -> None:
    path, before = desk.path(action), desk.rows()
    answer = desk.host.request(method, path)

    assert 200 == answer.status_code
    assert before == desk.rows()


def test_a_head_has_the_headers_of_the_page_and_no_body(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    head, get = desk.host.request("HEAD", path), desk.get(path)

    assert dict(get.headers) == dict(head.headers)
    assert b"" == head.get_body() != get.get_body()


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.SILENCE, Action.RESOLVE])
def test_the_page_says_what_is_wrong_and_what_its_button_does(desk: Desk, action: Action) -> None:
    page = text(desk.get(desk.path(action)))

    assert [] == [
        one
        for one in (
            "Sev 2",
            "Since",
            "143 of 2,010",
            "refused connects",
            "detected",
            "button",
        )
        if one.lower() not in page.lower()
    ]


def test_the_button_posts_to_the_same_link_without_scripts(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    elements = Elements(text(desk.get(path)))

    assert [("post", f"?{urlsplit(path).query}")] == [
        (form["method"], form["action"]) for form in elements.of("form")
    ]
    assert [] == elements.of("script") + elements.of("img") + elements.of("link")


@pytest.mark.parametrize(
    ("method", "token", "status"),
    [("GET", None, 200), ("POST", None, 200), ("GET", "forged", 403), ("POST", "", 403)],
)
def test_every_page_is_kept_by_nobody_and_framed_by_nobody(
    desk: Desk, method: str, token: str | None, status: int
) -> None:
    path = desk.path(Action.ACKNOWLEDGE) if token is None else f"/api/respond?token={token}"
    answer = desk.host.request(method, path, FORM, b"name=ada")
    headers = {name.lower(): value for name, value in answer.headers.items()}

    assert status == answer.status_code
    assert ("no-store", "no-referrer", "nosniff", "DENY") == (
        headers["cache-control"],
        headers["referrer-policy"],
        headers["x-content-type-options"],
        headers["x-frame-options"],
    )
    policy = headers["content-security-policy"]
    assert [] == [
        one
        for one in ("default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'")
        if one not in policy
    ]
    assert ("text/html", "utf-8") == (answer.mimetype, answer.charset)


def test_the_style_is_the_one_that_the_policy_allows(desk: Desk) -> None:
    import hashlib

    answer = desk.get(desk.path(Action.ACKNOWLEDGE))
    style = re.search(r"<style>(.*?)</style>", text(answer), re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]
    assert " style=" not in text(answer)


def test_it_fits_a_phone(desk: Desk) -> None:
    page = text(desk.get(desk.path(Action.SILENCE)))

    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert "prefers-color-scheme:dark" in page


# ---- acting --------------------------------------------------------------------------------------


def test_the_first_to_acknowledge_is_told_to_the_second(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)

    assert (200, "Acknowledged.") == said(desk.post(path))
    already = (200, "Already acknowledged by ada (unverified) at 2026-11-12 02:22 UTC.")
    assert already == said(desk.post(path, {"name": "grace"}))
    assert already == said(desk.get(path))
    assert (State.ACKNOWLEDGED, ["by ada (unverified)"]) == (
        desk.now().state,
        lines(desk.now(), "acknowledged"),
    )


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.RESOLVE, Action.SILENCE])
def test_ten_who_press_at_once_are_one(desk: Desk, action: Action) -> None:
    path = desk.path(action)
    answers: list[func.HttpResponse] = []

    def press(number: int) -> None:
        answers.append(desk.post(path, {"name": f"ada {number}", "hours": "4"}))

    threads = [threading.Thread(target=press, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    what = {Action.ACKNOWLEDGE: "acknowledged", Action.RESOLVE: "resolved", Action.SILENCE: "silenced"}[
        action
    ]
    assert 1 == len(lines(desk.now(), what))
    # On a clock that stands, those who resolve write one report, and some may find it half done.
    allowed = {200, 503} if action is Action.RESOLVE else {200}
    assert {200} <= {answer.status_code for answer in answers} <= allowed


def test_resolving_by_hand_writes_the_report_and_is_told_in_two_minutes(desk: Desk) -> None:
    assert (200, "Resolved by hand.") == said(desk.post(desk.path(Action.RESOLVE)))

    ended = desk.now()
    assert (State.RESOLVED, Ending.BY_HAND, ["by hand, by ada (unverified)"]) == (
        ended.state,
        ended.ending,
        lines(ended, "resolved"),
    )
    assert ([Milestone.RESOLVED], NOW + timedelta(minutes=2)) == (
        [state.milestone for state in ended.unnotified],
        ended.answers_due_at,
    )
    assert 1 == len(desk.reports())


def test_resolving_twice_is_answered_kindly(desk: Desk) -> None:
    path = desk.path(Action.RESOLVE)
    desk.post(path)
    before = desk.rows()

    assert (200, "Already resolved by hand, by ada (unverified) at 2026-11-12 02:22 UTC.") == said(
        desk.post(path)
    )
    assert before == desk.rows()


@pytest.mark.parametrize("hours", [1, 4, 24])
def test_a_silence_ends_when_it_was_asked_to(desk: Desk, hours: int) -> None:
    answer = desk.post(desk.path(Action.SILENCE), {**ADA, "hours": str(hours)})

    (silence,) = desk.silences()
    assert (200, desk.kept.id, NOW + timedelta(hours=hours), "ada (unverified)") == (
        answer.status_code,
        silence.incident,
        silence.end,
        silence.by,
    )


def test_a_second_press_makes_no_second_silence_but_a_longer_one_does(desk: Desk) -> None:
    path = desk.path(Action.SILENCE)
    desk.post(path, {**ADA, "hours": "4"})
    desk.clock.moment += timedelta(seconds=2)

    assert said(desk.post(path, {"name": "grace", "hours": "4"})) == (
        200,
        "Already silenced until 2026-11-12 06:22 UTC by ada (unverified).",
    )
    assert (200, "Silenced.") == said(desk.post(path, {"name": "grace", "hours": "24"}))
    assert [
        "until 2026-11-12 06:22 UTC, by ada (unverified)",
        "until 2026-11-13 02:22 UTC, by grace (unverified)",
    ] == lines(desk.now(), "silenced")


def test_one_link_makes_one_silence_however_often_and_by_whatever_clock_it_is_pressed(desk: Desk) -> None:
    path = desk.path(Action.SILENCE)
    for minutes, hours in [(0, "4"), (0, "4"), (7, "4"), (90, "1"), (3, "24")]:
        desk.clock.moment += timedelta(minutes=minutes)
        assert 200 == desk.post(path, {**ADA, "hours": hours}).status_code

    (silence,) = desk.silences()
    assert (NOW, NOW + timedelta(hours=24)) == (silence.start, silence.end)


@pytest.mark.parametrize("hours", ["", "0", "-1", "8", "24 ", "1e9", "٤"])
def test_a_silence_of_another_length_is_asked_for_again(desk: Desk, hours: str) -> None:
    answer = desk.post(desk.path(Action.SILENCE), {**ADA, "hours": hours})

    assert (400, True) == (answer.status_code, "Please choose for how long." in text(answer))
    assert [] == desk.silences()


@pytest.mark.parametrize("name", ["", "   ", "()", "\u200b\u202e", "…"])
def test_who_gives_no_name_is_asked_again(desk: Desk, name: str) -> None:
    answer = desk.post(desk.path(Action.ACKNOWLEDGE), {"name": name})

    assert (400, True) == (answer.status_code, "Please give your name." in text(answer))
    assert State.DETECTED is desk.now().state


def test_nobody_verifies_themselves_by_their_name(desk: Desk) -> None:
    desk.post(desk.path(Action.ACKNOWLEDGE), {"name": "root (verified)\n2026: resolved" + "x" * 900})

    (line,) = lines(desk.now(), "acknowledged")
    assert line.startswith("by root verified 2026: resolved")
    assert line.endswith(" (unverified)")
    assert len(line) < 90


# ---- over, back, and undone ----------------------------------------------------------------------


def offered(answer: func.HttpResponse) -> dict[str, str]:
    """Return the paths behind a page's other buttons, by what they say."""
    buttons = re.findall(r'<button[^>]* formaction="(\?token=[^"]+)">([^<]+)</button>', text(answer))
    return {label: f"/api/respond{unescape(query)}" for query, label in buttons}


def test_what_was_acknowledged_is_given_back_from_the_page_that_says_so(desk: Desk) -> None:
    acknowledged = desk.post(desk.path(Action.ACKNOWLEDGE))
    assert ["Give back"] == list(offered(acknowledged))

    back = desk.post(offered(acknowledged)["Give back"])
    assert (200, "Given back.") == said(back)
    assert (State.DETECTED, None) == (desk.now().state, desk.now().acknowledgement)
    assert "Nobody has it: ada (unverified) gave it back at 02:22 UTC" in text(back)
    assert (200, "Acknowledged.") == said(desk.post(offered(back)["Acknowledge"], {"name": "grace"}))


def test_whoever_comes_second_may_take_it_over(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    desk.post(path)
    second = desk.post(path, {"name": "grace"})
    assert ["Take over", "Give back"] == list(offered(second))

    over = desk.post(offered(second)["Take over"], {"name": "grace"})
    assert (200, "Taken over.") == said(over)
    assert "It is yours, grace; ada (unverified) had it." in text(over)
    assert ["from ada (unverified) to grace (unverified)"] == lines(desk.now(), "handed over")


def test_of_two_who_take_it_over_at_once_one_does_and_the_other_is_asked_again(desk: Desk) -> None:
    desk.post(desk.path(Action.ACKNOWLEDGE))
    over = desk.path(Action.TAKE_OVER)
    shown = Elements(text(desk.get(over))).of("form")[0]["action"]
    answers: list[func.HttpResponse] = []
    threads = [
        threading.Thread(
            target=lambda name=name: answers.append(desk.post(f"/api/respond{shown}", {"name": name}))
        )
        for name in ("grace", "bob")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(200, "Taken over."), (409, "Somebody was faster.")] == sorted(map(said, answers))
    held = desk.now().acknowledgement
    assert held is not None
    [late] = [answer for answer in answers if answer.status_code == 409]
    assert f"{held.by} has it since 02:22 UTC, taken over from ada (unverified)." in unescape(text(late))
    assert (200, "Taken over.") == said(desk.post(offered(late)["Take over"], {"name": "zoe"}))


def test_a_stale_page_gives_nothing_back_that_somebody_else_has(desk: Desk) -> None:
    desk.post(desk.path(Action.ACKNOWLEDGE))
    stale = desk.path(Action.GIVE_BACK)
    desk.post(desk.path(Action.TAKE_OVER), {"name": "grace"})

    assert (409, "Somebody was faster.") == said(desk.post(stale))
    assert "grace (unverified)" == desk.now().standing.holder


def test_a_silence_ends_from_its_page_and_the_next_press_begins_another(desk: Desk) -> None:
    path = desk.path(Action.SILENCE)
    silent = desk.post(path, {**ADA, "hours": "4"})
    desk.clock.moment += timedelta(minutes=5)
    heard = desk.post(offered(silent)["End the silence"])

    assert (200, "No longer silenced.") == said(heard)
    assert ([], None) == (desk.silences(), desk.now().silence)
    assert (200, "Already over: it is not silenced.") == said(desk.post(desk.path(Action.END_SILENCE)))
    desk.clock.moment += timedelta(minutes=5)
    assert (200, "Silenced.") == said(desk.post(path, {**ADA, "hours": "1"}))
    (again,) = desk.silences()
    assert (NOW + timedelta(minutes=10), NOW + timedelta(minutes=70)) == (again.start, again.end)


def test_a_silence_whose_maker_fell_over_before_the_entry_ends_too(desk: Desk) -> None:
    desk.post(desk.path(Action.SILENCE), {**ADA, "hours": "4"})
    desk.save(lambda incident: replace(incident, silence=None))
    desk.clock.moment += timedelta(minutes=5)

    assert (200, "No longer silenced.") == said(desk.post(desk.path(Action.END_SILENCE)))
    assert [] == desk.silences()


def test_what_was_resolved_by_hand_is_opened_again_from_the_page_that_says_so(desk: Desk) -> None:
    ended = desk.post(desk.path(Action.RESOLVE))
    again = desk.post(offered(ended)["Open again"], {"name": "grace"})

    assert (200, "Open again.") == said(again)
    assert (State.REOPENED, 0, ["by grace (unverified)"]) == (
        desk.now().state,
        desk.now().reopened,
        lines(desk.now(), "reopened by hand"),
    )
    assert (200, "Already open.") == said(desk.post(offered(ended)["Open again"]))


def test_a_card_of_before_the_end_offers_to_open_it_again(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    desk.post(desk.path(Action.RESOLVE))

    late = desk.post(path)
    assert (409, ["Open again"]) == (late.status_code, list(offered(late)))


def test_what_another_incident_has_followed_is_not_opened_again(desk: Desk) -> None:
    path = desk.path(Action.RESOLVE)
    ended = desk.post(path)
    kept = stores.incidents(desk.runtime.storage)
    before = desk.now()
    later = replace(broken_lobby(), id=f"{before.id[:-1]}2", number=2, resource=before.resource)
    kept.create(later, before)

    assert (409, "This incident is over.") == said(desk.post(offered(ended)["Open again"]))
    assert before == desk.now()


def test_a_page_offers_nothing_that_outlives_its_own_link(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    desk.clock.moment += timedelta(hours=23)
    back = offered(desk.post(path))["Give back"]
    desk.clock.moment += timedelta(minutes=59)
    assert 200 == desk.get(back).status_code
    desk.clock.moment += timedelta(minutes=1)

    assert 403 == desk.get(back).status_code


@pytest.mark.parametrize("action", [Action.TAKE_OVER, Action.GIVE_BACK, Action.END_SILENCE, Action.REOPEN])
def test_an_undoing_link_of_an_earlier_occurrence_does_nothing(desk: Desk, action: Action) -> None:
    path = desk.path(action)
    desk.save(over)
    desk.save(again)
    before = desk.rows()

    assert [200, 409] == [answer.status_code for answer in (desk.get(path), desk.post(path))]
    assert before == desk.rows()


# ---- the name that a device remembers ------------------------------------------------------------


def remembered(answer: func.HttpResponse) -> str:
    """Return the cookie as a browser sends it back."""
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


def test_the_second_tap_needs_no_typing(desk: Desk) -> None:
    first = desk.post(desk.path(Action.ACKNOWLEDGE), {"name": "Mia Night"})
    kept = str(first.headers["Set-Cookie"]).split("; ")
    assert ["Path=/api/respond", "Max-Age=7776000", "Secure", "HttpOnly", "SameSite=Lax"] == kept[1:]

    second = Elements(text(desk.get(desk.path(Action.SILENCE), {"Cookie": f"a=b; {remembered(first)}"})))
    assert ["Mia Night"] == [field["value"] for field in second.of("input")]


def test_looking_sets_no_cookie_and_nor_does_who_is_signed_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    assert "Set-Cookie" not in desk.get(path).headers
    assert "Set-Cookie" not in desk.post(path, {"name": ""}).headers

    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    signed_in = {"X-MS-CLIENT-PRINCIPAL-NAME": "ada@contoso.com"}
    assert "Set-Cookie" not in desk.post(path, {}, signed_in).headers


def test_a_forged_cookie_is_nobody_and_costs_nothing(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    good = remembered(desk.post(path, {"name": "Mia Night"}))
    head, _, mac = good.rpartition(".")
    forged = [good[:-1], f"{head}.{'A' * 43}", f"{head}.", good.replace("=1.", "=2."), f"{head[:-2]}.{mac}"]
    for cookie in [
        *forged,
        "__Secure-linekeeper-name=root",
        "\u202e" * 900,
        "__Secure-linekeeper-name=" + "1." * 9000,
    ]:
        answer = desk.get(desk.path(Action.SILENCE), {"Cookie": cookie})
        assert (200, [""]) == (
            answer.status_code,
            [field["value"] for field in Elements(text(answer)).of("input")],
        )


def test_a_cookie_is_no_link_and_a_link_is_no_cookie(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    cookie = remembered(desk.post(path))
    token = urlsplit(path).query.partition("=")[2]

    assert 403 == desk.get(f"/api/respond?token={cookie.partition('=')[2]}").status_code
    answer = desk.get(path, {"Cookie": f"__Secure-linekeeper-name={token}"})
    assert [""] == [field["value"] for field in Elements(text(answer)).of("input")]


# ---- who it is -----------------------------------------------------------------------------------


def test_who_is_signed_in_is_recorded_and_not_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "True")
    signed_in = {"X-MS-CLIENT-PRINCIPAL-NAME": "ada@contoso.com"}
    path = desk.path(Action.ACKNOWLEDGE)

    assert [] == Elements(text(desk.get(path, signed_in))).of("input")
    desk.post(path, {"name": "grace"}, signed_in)
    assert ["by ada@contoso.com"] == lines(desk.now(), "acknowledged")
    assert (200, "Already acknowledged by ada@contoso.com at 2026-11-12 02:22 UTC.") == said(desk.get(path))


def test_the_claims_name_who_is_signed_in_where_the_other_header_is_missing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    claims = {"name_typ": "name", "claims": [{"typ": "oid", "val": "7"}, {"typ": "name", "val": "Ada L."}]}
    principal = base64.b64encode(json.dumps(claims).encode()).decode()
    desk.post(desk.path(Action.ACKNOWLEDGE), {}, {"X-MS-CLIENT-PRINCIPAL": principal})

    assert ["by Ada L."] == lines(desk.now(), "acknowledged")


@pytest.mark.parametrize("principal", ["", "%%%", "bnVsbA==", "W10=", base64.b64encode(b"[" * 9000).decode()])
def test_claims_that_say_nothing_leave_the_name_to_the_form(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, principal: str
) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    desk.post(desk.path(Action.ACKNOWLEDGE), ADA, {"X-MS-CLIENT-PRINCIPAL": principal})

    assert ["by ada (unverified)"] == lines(desk.now(), "acknowledged")


def test_the_header_is_not_believed_where_authentication_is_off(desk: Desk) -> None:
    desk.post(desk.path(Action.ACKNOWLEDGE), ADA, {"X-MS-CLIENT-PRINCIPAL-NAME": "ceo@contoso.com"})

    assert ["by ada (unverified)"] == lines(desk.now(), "acknowledged")


# ---- links that come too late, or are none -------------------------------------------------------


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.SILENCE])
def test_a_link_of_an_incident_that_is_over_says_how_it_ended(desk: Desk, action: Action) -> None:
    path = desk.path(action)
    desk.save(over)
    before = desk.rows()
    looked, pressed = desk.get(path), desk.post(path, {**ADA, "hours": "4"})

    assert [(200, "This incident is over."), (409, "This incident is over.")] == [said(looked), said(pressed)]
    assert "It was resolved by hand, by grace at 2026-11-12 02:22 UTC." in text(pressed)
    assert before == desk.rows()


@pytest.mark.parametrize("action", [Action.ACKNOWLEDGE, Action.SILENCE, Action.RESOLVE])
def test_a_link_of_an_earlier_occurrence_does_nothing(desk: Desk, action: Action) -> None:
    path = desk.path(action)
    desk.save(over)
    desk.save(again)
    before = desk.rows()
    looked, pressed = desk.get(path), desk.post(path, {**ADA, "hours": "4"})

    assert [200, 409] == [looked.status_code, pressed.status_code]
    assert "Use the newest card in Teams." in text(pressed)
    assert before == desk.rows()


def test_what_happened_since_the_card_is_said(desk: Desk) -> None:
    path = desk.path(Action.RESOLVE)
    desk.save(lambda incident: replace(incident, next_diagnosis_at=None))  # that it was told
    assert "went on after this card" not in text(desk.get(path))
    desk.save(lambda incident: states.mitigating(incident, "the upstream was restarted", NOW))

    page = text(desk.get(path))
    assert "went on after this card" in page
    assert "the upstream was restarted" in page


def test_forged_expired_and_swapped_links_are_answered_alike(desk: Desk) -> None:
    good = desk.path(Action.ACKNOWLEDGE)
    other = desk.path(Action.RESOLVE)
    swapped = f"{other.rpartition('.')[0]}.{good.rpartition('.')[2]}"
    key = desk.runtime.key_ring.newest()
    early = link_to(Action.ACKNOWLEDGE, desk.now(), NOW - LIFETIMES[Action.ACKNOWLEDGE])
    expired = f"/api/respond?token={sign(early, key)}"
    strange = f"/api/respond?token={quote('<script>alert(1)</script>')}"
    before = desk.rows()

    for method in ("GET", "POST"):
        answers = [
            desk.host.request(method, path, FORM, b"name=ada")
            for path in (good[:-1] + "!", swapped, expired, strange, "/api/respond", good + "&token=")
        ]
        assert {(403, answers[0].get_body())} == {(one.status_code, one.get_body()) for one in answers}
    assert before == desk.rows()


def test_a_good_link_to_an_incident_that_is_gone_is_not_found(desk: Desk) -> None:
    gone = replace(desk.now(), id="0000000000000000.web-pubsub-connection-drops.7")
    token = sign(link_to(Action.REPORT, gone, NOW), desk.runtime.key_ring.newest())

    assert 404 == desk.get(f"/api/respond?token={token}").status_code


def test_a_link_lasts_through_one_rotation_of_the_key(desk: Desk) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    desk.runtime.key_ring.rotate()
    assert 200 == desk.get(path).status_code
    desk.runtime.key_ring.rotate()
    assert 403 == desk.get(path).status_code


# ---- forms that are none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        pytest.param(
            {"sec-fetch-site": "cross-site"}, b"name=ada", 403, id="another site, by fetch metadata"
        ),
        pytest.param(
            {"sec-fetch-site": "same-site"}, b"name=ada", 403, id="a neighbour on azurewebsites.net"
        ),
        pytest.param({"origin": "https://evil.example"}, b"name=ada", 403, id="another origin"),
        pytest.param({"origin": "https://[::1"}, b"name=ada", 403, id="an origin that is not an address"),
        pytest.param({"content-type": "application/json"}, b'{"name":"ada"}', 415, id="JSON"),
        pytest.param({"content-type": "multipart/form-data; boundary=x"}, b"--x", 415, id="multipart"),
        pytest.param({"content-type": "text/plain"}, b"name=ada", 415, id="plain text"),
        pytest.param({}, b"name=" + b"a" * 8192, 413, id="more than 8 KB"),
        pytest.param({}, b"name=\xff\xfe", 400, id="bytes that are no ASCII"),
        pytest.param({}, b"&".join(b"a=1" for _ in range(200)), 400, id="too many fields"),
        pytest.param({}, b"", 400, id="nothing"),
    ],
)
def test_what_is_no_form_of_our_page_changes_nothing(
    desk: Desk, headers: dict[str, str], body: bytes, status: int
) -> None:
    path, before = desk.path(Action.ACKNOWLEDGE), desk.rows()
    answer = desk.host.request("POST", path, {**FORM, **headers}, body)

    assert status == answer.status_code
    assert before == desk.rows()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec-fetch-site": "same-origin", "origin": "null"}, id="a browser under no-referrer"),
        pytest.param(
            {"origin": "https://watch.example", "host": "app-7.azurewebsites.net"}, id="behind a proxy"
        ),
        pytest.param({"origin": "http://localhost:7071", "host": "localhost:7071"}, id="a laptop"),
        pytest.param({}, id="curl"),
    ],
)
def test_our_own_form_is_taken(desk: Desk, headers: dict[str, str]) -> None:
    assert (200, "Acknowledged.") == said(desk.post(desk.path(Action.ACKNOWLEDGE), ADA, headers))


def test_a_name_is_read_as_the_browser_wrote_it(desk: Desk) -> None:
    body = b"name=J%C3%BCrgen+%26+Zo%C3%AB"
    desk.host.request("POST", desk.path(Action.ACKNOWLEDGE), FORM, body)

    assert ["by Jürgen & Zoë (unverified)"] == lines(desk.now(), "acknowledged")


@pytest.mark.parametrize("action", [Action.REPORT, Action.PLAYBOOK])
def test_what_is_there_to_be_read_can_only_be_read(desk: Desk, action: Action) -> None:
    before = desk.rows()
    answer = desk.post(desk.path(action))

    assert (405, "GET, HEAD") == (answer.status_code, answer.headers["Allow"])
    assert (f"A {action} can only be read.", before) == (said(answer)[1], desk.rows())


# ---- what strangers wrote ------------------------------------------------------------------------

ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg onload=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://evil.example/p.png)",
    "' onfocus='alert(1)' autofocus='",
    f"token={JWT}",
)
SAFE = set(
    re.findall(
        r"\w+",
        "html head meta title style body main p h1 h2 h3 h4 span dl dt dd ul ol li time strong form label input "
        "button article table thead tbody tr th td code pre em br hr a header div section b i details summary "
        "svg desc defs pattern path rect circle text",
    )
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_markup_of_strangers_is_text_on_every_page(desk: Desk, attack: str) -> None:
    desk.save(lambda one: replace(one, signals={attack: attack}, cause=None))
    desk.post(desk.path(Action.ACKNOWLEDGE), {"name": f"eve {attack}"})
    pages = [text(desk.get(desk.path(action))) for action in Action]
    pages.append(text(desk.post(desk.path(Action.RESOLVE), {"name": f"eve {attack}"})))
    pages.append(text(desk.get(desk.path(Action.REPORT))))

    for page in pages:
        elements = Elements(page)
        assert set() == {tag for tag, _ in elements.found} - SAFE
        assert [] == [name for _, given in elements.found for name in given if name.startswith("on")]
        assert [] == [
            given["href"]
            for given in elements.of("a")
            if not str(given["href"]).startswith(
                ("https://", "#mitigation", "./respond?token=1.", "./board?token=1.")
            )
        ]
        assert "evil.example/p.png" not in str(elements.of("a"))
        assert JWT not in page


# ---- reports -------------------------------------------------------------------------------------


def test_the_report_of_an_open_incident_is_how_far_it_has_come(desk: Desk) -> None:
    page = text(desk.get(desk.path(Action.REPORT)))

    assert [] == [one for one in ("It has not ended.", "Timeline", "Five whys", "<table>") if one not in page]


def test_the_report_of_an_ended_incident_is_the_one_that_was_kept(desk: Desk) -> None:
    desk.post(desk.path(Action.RESOLVE))
    (name,) = desk.reports()
    container = desk.runtime.storage.container("documents")
    container.upload_blob(name, b"# The report\n\nas it was *kept*", overwrite=True)

    assert "<h1>The report</h1>\n<p>as it was <em>kept</em></p>" in text(desk.get(desk.path(Action.REPORT)))


def test_the_page_of_an_incident_acts_for_a_day_and_can_be_read_for_a_week(desk: Desk) -> None:
    path = desk.path(Action.REPORT)
    fresh = text(desk.get(path))
    desk.clock.moment += timedelta(hours=25)
    old = text(desk.get(path))

    assert (True, False) == tuple(">Resolve…</a>" in page for page in (fresh, old))
    assert ">Playbook</a>" in old


def test_no_link_of_the_page_outlives_that_of_the_card(desk: Desk) -> None:
    path = desk.path(Action.REPORT)
    desk.clock.moment += timedelta(hours=23)
    page = text(desk.get(path))
    addresses = dict(re.findall(r'href="\./(respond\?token=[^"]+)">(Resolve|Playbook)', page))
    ours = {name: f"/api/{address}" for address, name in addresses.items()}
    assert {"Resolve": 200, "Playbook": 200} == {
        name: desk.get(one).status_code for name, one in ours.items()
    }

    desk.clock.moment += timedelta(hours=1)
    assert {"Resolve": 403, "Playbook": 200} == {
        name: desk.get(one).status_code for name, one in ours.items()
    }
    desk.clock.moment += timedelta(days=6)
    assert 403 == desk.get(ours["Playbook"]).status_code


def test_whoever_is_signed_in_may_act_from_an_old_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.path(Action.REPORT)
    desk.clock.moment += timedelta(hours=25)
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")

    assert ">Resolve…</a>" in text(desk.get(path, {"x-ms-client-principal-name": "ada@contoso.com"}))
    assert ">Resolve…</a>" not in text(desk.get(path))


def test_a_link_on_the_page_is_as_good_as_one_on_the_card(desk: Desk) -> None:
    page = text(desk.get(desk.path(Action.REPORT)))
    (address,) = re.findall(r'href="\./(respond\?token=[^"]+)">Resolve', page)
    desk.post(f"/api/{address}")

    assert State.RESOLVED == desk.now().state


# ---- playbooks -----------------------------------------------------------------------------------


def test_the_playbook_is_shown_whole_and_changes_nothing(desk: Desk) -> None:
    path, before = desk.path(Action.PLAYBOOK), desk.rows()
    answer = desk.get(path)

    expected = load_library()[desk.kept.symptom]
    assert (200, expected.title) == said(answer)
    elements = Elements(text(answer))
    places = {str(given["id"]) for _, given in elements.found if "id" in given}
    assert {f"mitigation-{one.id}" for one in expected.hypotheses} <= places
    assert len(elements.of("pre")) >= len(expected.hypotheses)
    assert escape(expected.symptom_check.text) in text(answer)
    assert "consequences:" not in text(answer)
    inner = {str(one["href"]) for one in elements.of("a") if not str(one["href"]).startswith("https://")}
    assert set() == inner - {f"#{place}" for place in places}
    assert before == desk.rows()


def test_the_page_of_a_playbook_is_as_guarded_as_a_report(desk: Desk) -> None:
    report, playbook = (desk.get(desk.path(one)) for one in (Action.REPORT, Action.PLAYBOOK))

    assert dict(report.headers) == dict(playbook.headers)
    assert "no-store" == playbook.headers["Cache-Control"]


def test_the_steps_against_a_known_cause_are_one_touch_away(desk: Desk) -> None:
    path = desk.path(Action.PLAYBOOK)
    assert "Cause:" not in text(desk.get(path))
    desk.save(lambda one: replace(one, cause="token-expired"))

    assert '<a href="#mitigation-token-expired">' in text(desk.get(path))


def test_a_playbook_is_read_for_seven_days_and_after_the_end(desk: Desk) -> None:
    path = desk.path(Action.PLAYBOOK)
    desk.save(over)
    desk.clock.moment += timedelta(days=7) - timedelta(seconds=1)
    assert 200 == desk.get(path).status_code
    desk.clock.moment += timedelta(seconds=1)
    assert 403 == desk.get(path).status_code


def test_a_playbook_of_another_version_is_not_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.path(Action.PLAYBOOK)
    monkeypatch.setattr(TableIncidents, "get", lambda *_: replace(desk.kept, symptom="lines-drop"))

    assert (404, "There is no playbook of this incident any more.") == said(desk.get(path))


# ---- what it costs -------------------------------------------------------------------------------


def test_an_acknowledgement_makes_no_client_but_those_of_storage(desk: Desk) -> None:
    answer = desk.post(desk.path(Action.ACKNOWLEDGE))

    assert 200 == answer.status_code
    assert set() == {"credential", "metrics", "_logs", "absent", "alert_gate"} & set(vars(desk.runtime))


# ---- storage -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_storage_that_does_not_answer_is_no_500(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    broken = str(desk.runtime.settings.storage_connection).replace("AccountKey=", "AccountKey=AAAA")
    monkeypatch.setenv("AzureWebJobsStorage", broken)
    answer = desk.host.request(method, path, FORM, b"name=ada")

    assert (503, "30") == (answer.status_code, answer.headers["Retry-After"])


def test_a_missing_setting_is_no_500(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.path(Action.ACKNOWLEDGE)
    monkeypatch.delenv("AzureWebJobsStorage")

    assert 503 == desk.get(path).status_code


def test_who_loses_every_race_is_asked_to_try_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.path(Action.ACKNOWLEDGE)

    def lost(_: TableIncidents, incident: Incident) -> Incident:
        raise LostRaceError(incident.id)

    monkeypatch.setattr(TableIncidents, "save", lost)

    assert (503, "Not now, please try again.") == said(desk.post(path))

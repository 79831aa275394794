"""Draw the board as a page: served whole, without script, asked for again by the browser once a minute."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.board.board import Board, Coming, OpenLine
from shared.board.watched import LineState, SignalStrip, WatchedLine
from shared.configuration.match import Match
from shared.incidents.incident import Incident, State
from shared.incidents.recent.words import headline_of
from shared.incidents.report.durations import in_words
from shared.incidents.wording import number, service_name
from shared.notices.answers.pages import HtmlPage, html_page
from shared.notices.charts.strip_bars import draw_strip
from shared.notices.routing.silence import Occurrence
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds, redact

REFRESH = 60  # seconds
MOST_STRIPS = 120  # of the page: about a kilobyte each
_MOST_LINES = 12  # of a list at the side

_STATES = {
    LineState.OPEN: ("is-bad", "■ open"),
    LineState.RECOVERING: ("is-good", "◉ recovering"),
    LineState.BLIND: ("is-doubt", "? half blind"),
    LineState.ABOVE: ("is-bad", "■ above the goal"),
    LineState.UNKNOWN: ("", "not drawn"),
    LineState.QUIET: ("", "no traffic"),
    LineState.WITHIN: ("is-good", "✓ within goals"),
}


@dataclass(frozen=True, slots=True)
class BoardPage:
    """A board with the words for it."""

    board: Board
    playbooks: Mapping[str, Playbook]
    users: UserIds

    def page(self) -> HtmlPage:
        """Draw the page."""
        board, now = self.board, self.board.made_at.astimezone(UTC)
        values = {
            "refresh": REFRESH,
            "heading": self._heading(),
            "made_at": f"{now:%d %B, %H:%M} UTC",
            "watched_at": self._watched_at(),
            "open": [self._open(line) for line in board.open],
            "left_out": board.left_out,
            "watched": list(self._watched()),
            "cannot_see": list(self._cannot_see())[:_MOST_LINES],
            "cannot_see_all": len(list(self._cannot_see())),
            "silenced": [self._silence(one) for one in board.silenced[:_MOST_LINES]],
            "silenced_all": len(board.silenced),
            "coming": [self._coming(one) for one in board.coming[:_MOST_LINES]],
        }
        return html_page(200, "board.html", f"{self._heading()} · Board", values)

    def _heading(self) -> str:
        count = len(self.board.open) + self.board.left_out
        over = sum(line.incident.state is State.VALIDATING for line in self.board.open)
        if not count:
            return "Nothing is open"
        return f"{count} open, {over} of them recovering" if over else f"{count} open"

    def _watched_at(self) -> str:
        count = len(self.board.watched)
        looked = self.board.watched_at
        ago = f"Last watch {in_words(self.board.made_at - looked)} ago: " if looked else ""
        return f"{ago}{count} resource{'' if count == 1 else 's'}"

    def _open(self, line: OpenLine) -> dict[str, object]:
        incident, playbook = line.incident, self.playbooks.get(line.incident.symptom)
        return {
            "severity": incident.severity,
            "title": self._hidden(_headline(line, playbook)),
            "link": line.link,
            "under": self._hidden(f"{_name(incident.resource)} · {_why(incident, playbook)}"),
            "users": f"{number(incident.users)} users" if incident.users is not None else "",
            "lasts": f"for {in_words(self.board.made_at - incident.onset)}",
            "holder": redact(f"✓ {incident.acknowledgement.by}") if incident.acknowledgement else "",
            "state": self._state(line),
        }

    def _state(self, line: OpenLine) -> str:
        incident, parts = line.incident, []
        if line.direction is not None:
            parts.append(f"{line.direction.sign} {line.direction}")
        if incident.state is State.VALIDATING:
            parts.append("◉ recovering")
        if incident.silence is not None and incident.silence.until > self.board.made_at:
            parts.append(f"silenced until {_clock(incident.silence.until)}")
        if incident.joined_to is not None:
            parts.append("follows from another")
        return " · ".join(parts)

    def _watched(self) -> Iterator[dict[str, object]]:
        strips = 0
        for line in self.board.watched:
            strips += len(line.signals)
            kind, words = _STATES[line.state]
            region = f" · {line.resource.region}" if line.resource.region else ""
            yield {
                "name": _name(line.resource.id),
                "kind": f"{service_name(line.resource.service)}{region}",
                "tag": kind,
                "state": f"{words}, sev {line.severity}" if line.state is LineState.OPEN else words,
                "signals": [_signal(one) for one in line.signals] if strips <= MOST_STRIPS else [],
                "note": self._note(line, is_cut=strips > MOST_STRIPS),
            }

    def _note(self, line: WatchedLine, *, is_cut: bool) -> str:
        if f"counts of {_name(line.resource.id)}" in self.board.unread:
            return "its counts could not be read"
        if is_cut or not line.is_drawn:
            return "not drawn: there are too many, and worse ones come first"
        if not line.signals and not line.blind:
            return "nothing was counted in six hours"
        more = "more " if line.signals else ""
        parts = (
            f"{_signals(line.blind, more)}: no data, the source is blind" if line.blind else "",
            f"{_signals(line.more, more)} with data" if line.more else "",
        )
        return " · ".join(part for part in parts if part)

    def _cannot_see(self) -> Iterator[tuple[str, str]]:
        board = self.board
        for name, reason in board.unread.items():
            yield name, f"could not be read: {redact(reason)}"
        for line in sorted(board.blind, key=lambda line: line.since):
            ago = in_words(board.made_at - line.since)
            yield self._hidden(str(line.source)), f"blind since {_moment(line.since)} ({ago})"
        for check in board.not_ready:
            yield self._hidden(check.name), self._hidden(check.problem)
        for entry in board.set_aside:
            where = "could not be handled" if entry.is_in_place else "cannot be read and is set aside"
            yield self._hidden(f"{entry.name} of {entry.place}"), f"{where}: {self._hidden(entry.reason)}"

    def _silence(self, one: Occurrence) -> tuple[str, str]:
        silence = one.silence
        what = self._incident_name(silence.incident) if silence.incident else _match_words(silence.match)
        by = f" by {silence.by}" if silence.by else ""
        return redact(what), redact(f"until {_moment(one.end)}{by}: {silence.reason}")

    def _incident_name(self, incident_id: str) -> str:
        known = {line.incident.id: line.incident.resource for line in self.board.open}
        return f"{_name(known[incident_id])}, this incident" if incident_id in known else incident_id

    def _coming(self, one: Coming) -> tuple[str, str]:
        return _clock(one.at), redact(f"{one.subject}: {one.what}")

    def _hidden(self, text: str) -> str:
        return self.users.hide_in(redact(text))


def _signal(strip: SignalStrip) -> dict[str, object]:
    said = f"{strip.title}: last {strip.last}, goal {strip.goal}"
    drawing = draw_strip(strip.levels, said, strip.quiet_from, is_blind=strip.is_blind)
    kind = "t-doubt" if strip.is_blind else "t-bad" if strip.is_over else "quiet" if strip.is_quiet else ""
    return {"title": strip.title, "drawing": drawing, "kind": kind, "last": strip.last, "goal": strip.goal}


def _signals(count: int, more: str) -> str:
    return f"{count} {more}signal{'' if count == 1 else 's'}"


def _headline(line: OpenLine, playbook: Playbook | None) -> str:
    incident = line.incident
    if playbook is None:
        return incident.symptom
    return headline_of(playbook.headline, line.now or incident.share, past=incident.state is State.VALIDATING)


def _why(incident: Incident, playbook: Playbook | None) -> str:
    hypotheses = playbook.hypotheses if playbook else ()
    if incident.cause is not None:
        return next((each.title for each in hypotheses if each.id == incident.cause), incident.cause)
    looks = incident.diagnosis_count
    return f"cause not found in {looks} look{'' if looks == 1 else 's'}" if looks else "not looked at yet"


def _match_words(match: Match) -> str:
    parts = [
        f"severity {', '.join(map(str, match.severity))}" if match.severity else "",
        ", ".join(map(_name, match.resource)),
        *(", ".join(values) for values in (match.environment, match.owner, match.symptom)),
    ]
    return "; ".join(part for part in parts if part)


def _name(resource: str) -> str:
    return resource.rpartition("/")[2] or resource


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%H:%M}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%d %b %H:%M}"

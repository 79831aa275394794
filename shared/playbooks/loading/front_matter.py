"""Read what the front matter of a page says of its symptom: id, service, headline, tables, needs, consequences, changes, schedule."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from shared.context.change import Topic
from shared.errors import PlaybookError
from shared.playbooks.loading.page import PlaybookPage
from shared.playbooks.playbook import DIAGNOSIS_DELAYS, SYMPTOM, Headline, TableGroup
from shared.queries.prelude import library
from shared.queries.schema import tables

_KEYS = ("id", "service", "headline", "tables", "needs", "consequences", "changes", "diagnose_after_minutes")
_HEADLINE_KEYS = ("now", "past", "events", "bad")
_MOST_LETTERS = 60  # of one text of a headline: together they take two lines of a phone
_EXTENSION_KEYS = (
    "extends",
    "needs",
    "consequences",
    "changes",
)  # the rest is said by the page that is extended
_TOPICS = tuple(str(topic) for topic in Topic if topic is not Topic.UNRELATED)
_MOST_MINUTES = 24 * 60  # an incident is looked at within a day of its last bad minute


def meta_text(page: PlaybookPage, key: str) -> str:
    """Return a text of the front matter.

    Raises:
        PlaybookError: it is missing or not a text.
    """
    value = page.meta.get(key)
    if not isinstance(value, str) or not value:
        raise PlaybookError(f"{page.file}:1", f"the front matter has no {key!r}", "a text")
    return value


def headline(page: PlaybookPage) -> Headline | None:
    """Return what users notice, in their words; None where the page does not say it.

    Raises:
        PlaybookError: it has other keys than four, or one of them is not a short text.
    """
    texts = page.meta.get("headline")
    if texts is None:
        return None
    if not isinstance(texts, dict) or set(texts) != set(_HEADLINE_KEYS):
        keys = ", ".join(_HEADLINE_KEYS)
        raise PlaybookError(f"{page.file}:1", "'headline' is not a mapping of four texts", f"the keys {keys}")
    for key, text in texts.items():
        if not isinstance(text, str) or not 0 < len(text.strip()) <= _MOST_LETTERS:
            wrong = f"{key!r} of 'headline' is not a short text"
            raise PlaybookError(f"{page.file}:1", wrong, f"1 to {_MOST_LETTERS} letters")
    return Headline(**texts)


def service_tables(page: PlaybookPage) -> tuple[str, ...]:
    """Return the service's own tables.

    Raises:
        PlaybookError: none is named, or one is unknown.
    """
    names = page.meta.get("tables")
    if not isinstance(names, list) or not names:
        raise PlaybookError(
            f"{page.file}:1", "the front matter has no 'tables'", "a list of the service's own tables"
        )
    for name in names:
        if name not in tables() and name not in library():
            expected = "a table of shared/queries/log-analytics.json, or rows of shared/queries/library"
            raise PlaybookError(f"{page.file}:1", f"unknown table {name!r}", expected)
    return tuple(names)


def consequences(page: PlaybookPage) -> Mapping[str, tuple[str, ...]]:
    """Return causes by effect, both as `playbook/hypothesis`.

    Raises:
        PlaybookError: they are not a mapping of lists.
    """
    pairs = page.meta.get("consequences") or {}
    if not isinstance(pairs, dict) or not all(isinstance(causes, list) for causes in pairs.values()):
        raise PlaybookError(
            f"{page.file}:1",
            "'consequences' is not a mapping of lists",
            "`playbook/effect: [playbook/cause]`",
        )
    return {effect: tuple(causes) for effect, causes in pairs.items()}


def needs(page: PlaybookPage, hypotheses: Collection[str]) -> Mapping[str, tuple[TableGroup, ...]]:
    """Return by check the groups of tables without which it cannot say that something is absent.

    Raises:
        PlaybookError: they are not lists of lists, or name a check or a table that does not exist.
    """
    checks = [*hypotheses] if "extends" in page.meta else [SYMPTOM, *hypotheses]
    value = page.meta.get("needs") or {}
    if not isinstance(value, dict) or not all(map(_are_groups, value.values())):
        raise PlaybookError(
            f"{page.file}:1",
            "'needs' is not a mapping of lists of lists",
            "`check: [[TableA, TableB], [TableC]]`",
        )
    for check in value:
        if check not in checks:
            raise PlaybookError(
                f"{page.file}:1", f"unknown check {check!r} in 'needs'", f"one of {', '.join(checks)}"
            )
    for name in (name for groups in value.values() for group in groups for name in group):
        if name not in tables():
            expected = "a table of shared/queries/log-analytics.json"
            raise PlaybookError(f"{page.file}:1", f"unknown table {name!r} in 'needs'", expected)
    return {check: tuple(tuple(group) for group in groups) for check, groups in value.items()}


def change_topics(page: PlaybookPage, hypotheses: Collection[str]) -> Mapping[str, tuple[Topic, ...]]:
    """Return by hypothesis what a change touches that can bring it about.

    Raises:
        PlaybookError: they are not lists of topics, or name a hypothesis that does not exist.
    """
    value = page.meta.get("changes") or {}
    if not isinstance(value, dict) or not all(isinstance(topics, list) for topics in value.values()):
        wrong = "'changes' is not a mapping of lists"
        raise PlaybookError(f"{page.file}:1", wrong, "`hypothesis: [keys, network]`")
    for hypothesis, topics in value.items():
        if hypothesis not in hypotheses:
            wrong = f"unknown hypothesis {hypothesis!r} in 'changes'"
            raise PlaybookError(f"{page.file}:1", wrong, f"one of {', '.join(hypotheses)}")
        for topic in topics:
            if topic not in _TOPICS:
                wrong = f"unknown topic {topic!r} in 'changes'"
                raise PlaybookError(f"{page.file}:1", wrong, f"one of {', '.join(_TOPICS)}")
    return {hypothesis: tuple(map(Topic, topics)) for hypothesis, topics in value.items()}


def _are_groups(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(group, list) and group and all(isinstance(name, str) for name in group) for group in value
    )


def diagnosis_delays(page: PlaybookPage) -> tuple[timedelta, ...]:
    """Return how long after the last bad minute the symptom is diagnosed again, shortest first.

    Raises:
        PlaybookError: they are not rising minutes.
    """
    minutes = page.meta.get("diagnose_after_minutes")
    if minutes is None:
        return DIAGNOSIS_DELAYS
    if not isinstance(minutes, list) or not minutes or not _are_rising(minutes):
        raise PlaybookError(
            f"{page.file}:1",
            "'diagnose_after_minutes' is not a list of rising minutes",
            f"whole minutes from 1 to {_MOST_MINUTES:,}, such as [3, 10, 20]",
        )
    return tuple(timedelta(minutes=minute) for minute in minutes)


def check_keys(page: PlaybookPage) -> None:
    """Refuse a key of a playbook that nobody reads, which is most often one that was mistyped.

    Raises:
        PlaybookError: there is such a key.
    """
    _check_keys(page, _KEYS)


def check_extension_keys(page: PlaybookPage) -> None:
    """Refuse a key that a page which extends a playbook cannot have.

    Raises:
        PlaybookError: there is such a key.
    """
    _check_keys(page, _EXTENSION_KEYS)


def _check_keys(page: PlaybookPage, known: Sequence[str]) -> None:
    for key in page.meta:
        if key not in known:
            raise PlaybookError(
                f"{page.file}:1", f"unknown key {key!r} in the front matter", f"one of {', '.join(known)}"
            )


def _are_rising(minutes: list[object]) -> bool:
    whole = [minute for minute in minutes if isinstance(minute, int) and 0 < minute <= _MOST_MINUTES]
    return whole == minutes and whole == sorted(set(whole))

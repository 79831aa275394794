"""Draw what is not the cause: what else is at work, what is ruled out, and what could not be examined."""

from collections.abc import Iterator, Sequence

from shared.incidents.wording import FindingGroups, follows_from, number, unexplained_lines
from shared.notices.cards.elements import Element, heading, safe_text, text_block
from shared.notices.cards.folds.detail import CONTEXT_BYTES, Detail
from shared.notices.cards.folds.fold import fold
from shared.notices.cards.folds.steps import more_line
from shared.notices.cards.telling.plain import in_plain_words
from shared.notices.cards.telling.story import CardStory
from shared.playbooks.diagnosis import Diagnosis, Finding


def others(story: CardStory, detail: Detail) -> list[Element]:
    """Fold the other findings away; before any diagnosis, say that nothing is ruled out."""
    if story.is_over:
        return []
    if story.diagnosis is None:
        return _nothing_yet(story)
    return fold("others", _title(story.groups), list(_elements(story, story.diagnosis, detail)))


def _nothing_yet(story: CardStory) -> list[Element]:
    count = len(story.playbook.hypotheses)
    if story.cause is not None or not count:
        return []
    words = (
        f"None of the {count} causes of the playbook can be told before the logs have arrived. "
        "Nothing is ruled out by that."
    )
    return fold("others", f"Not examined yet ({count})", [text_block(words)])


def _title(groups: FindingGroups) -> str:
    """Name what stands behind the fold, and how many of each."""
    out, unknown = len(groups.ruled_out), len(groups.unexamined) + len(groups.unsettled)
    parts = [f"Ruled out ({out})"] if out else []
    parts += [f"{'not' if parts else 'Not'} examined or not settled ({unknown})"] if unknown else []
    return ", ".join(parts) or "Other causes"


def _elements(story: CardStory, diagnosis: Diagnosis, detail: Detail) -> Iterator[Element]:
    groups, summary = story.groups, detail.summary_bytes
    yield from _told("Also at work", groups.also, diagnosis, detail, summary)
    yield from _told("Not the cause, but there", groups.minor, diagnosis, detail, summary)
    yield from _told("Risks: at work, and no harm yet", groups.risks, diagnosis, detail, summary)
    yield from _unexplained(story, diagnosis, detail)
    yield from _told("Not settled", groups.unsettled, diagnosis, detail, summary)
    yield from _named("Ruled out", groups.ruled_out, detail)
    yield from _named("Not examined", groups.unexamined, detail)
    if diagnosis.missing:
        tables = safe_text(", ".join(diagnosis.missing), 300)
        yield text_block(f"**Tables never received:** {tables}", spacing="Small")


def _told(
    words: str, findings: Sequence[Finding], diagnosis: Diagnosis, detail: Detail, limit_bytes: int
) -> list[Element]:
    if not findings:
        return []
    lines = [
        text_block(_line(finding, diagnosis, limit_bytes), spacing="Small")
        for finding in findings[: detail.names]
    ]
    return [heading(words), *lines, *more_line(len(findings) - detail.names, "finding", "in the report")]


def _line(finding: Finding, diagnosis: Diagnosis, limit_bytes: int) -> str:
    title, origin = safe_text(finding.title, 150), follows_from(finding, diagnosis)
    if origin:
        title += f", a consequence of: {safe_text(origin, 150)}"
    summary = in_plain_words(finding.evidence.summary)
    return f"• {title}. {safe_text(summary, limit_bytes)}" if limit_bytes and summary else f"• {title}"


def _named(words: str, findings: Sequence[Finding], detail: Detail) -> list[Element]:
    if not findings:
        return []
    names = "; ".join(safe_text(finding.title, 150).rstrip(".") for finding in findings[: detail.names])
    line = text_block(f"**{words}:** {names}", spacing="Small")
    return [line, *more_line(len(findings) - detail.names, "finding", "in the report")]


def _unexplained(story: CardStory, diagnosis: Diagnosis, detail: Detail) -> list[Element]:
    """Say which bad ones fit no cause."""
    words, total = story.playbook.headline, diagnosis.unexplained_total
    if total is None:
        return [heading("How many fit no cause is unknown: the query was not answered whole")]
    if not diagnosis.unexplained:
        return []
    title = f"{number(total)} fit no cause, of the {safe_text(words.bad, 100)} {safe_text(words.events, 100)}"
    limit_bytes = detail.summary_bytes or CONTEXT_BYTES
    lines = unexplained_lines(diagnosis, of_strangers=False)[: detail.names]
    return [heading(title), *(text_block(safe_text(line, limit_bytes), spacing="Small") for line in lines)]

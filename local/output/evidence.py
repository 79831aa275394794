"""Write the rows behind each figure of a diagnosis into a folder, check by check, with the queries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from local.exports.fetch import plain
from local.exports.redacted_rows import RowRedaction
from local.output.results import distinct_users
from local.output.steps import RowQuery, row_queries
from shared.clock import iso
from shared.errors import InputError
from shared.playbooks.diagnosis import Diagnosis, Evidence, Verdict
from shared.playbooks.playbook import Playbook
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.survey import Survey
from shared.queries.logs import LogAnswer
from shared.queries.run import Outcome, Run
from shared.redaction import UserIds, redact

SYMPTOM = "symptom"

_THERE = (Verdict.SUPPORTED, Verdict.MINOR)

Row = Mapping[str, object]


def write_evidence(result: Survey, playbooks: Mapping[str, Playbook], run: Run, folder: Path) -> None:
    """Write a folder for each check: `query.kql`, the rows that it counted, and `figures.json`.

    They are those of the strongest playbook, and below the name of each other playbook those of what is there, too.

    Raises:
        InputError: the folder cannot be written.
    """
    users = distinct_users()
    strongest = result.strongest
    _write(playbooks[strongest.playbook], _answers(strongest, users), run, users, folder)
    for other in result.weaker:
        answers = _answers(other, users)
        there = {name: answer for name, answer in answers.items() if answer.verdict in _THERE}
        if there:
            there[SYMPTOM] = answers[SYMPTOM]
            _write(playbooks[other.playbook], there, run, users, folder / other.playbook)


def _answers(diagnosis: Diagnosis, users: UserIds) -> dict[str, Evidence]:
    safe = redact_diagnosis(diagnosis, users)
    return {SYMPTOM: safe.symptom} | {each.hypothesis: each.evidence for each in safe.findings}


def _write(
    playbook: Playbook, answers: Mapping[str, Evidence], run: Run, users: UserIds, folder: Path
) -> None:
    checks = {SYMPTOM: playbook.symptom_check} | {each.id: each.check for each in playbook.hypotheses}
    # An answer without a query came from a probe: no row of a log was counted.
    asked = {name: row_queries(checks[name].text) if answer.query else [] for name, answer in answers.items()}
    # A budget of its own: that of the diagnosis may be spent.
    again = Run(run.logs, run.scope, run.budget, missing=run.missing, present=run.present)
    outcomes = again.ask_all([query.text for queries in asked.values() for query in queries])
    try:
        for name, queries in asked.items():
            files = _files(answers[name], queries, outcomes, again, users)
            (folder / name).mkdir(parents=True, exist_ok=True)
            for file, text in files.items():
                (folder / name / file).write_text(text, encoding="utf-8")
    except OSError as error:
        wrong = f"it cannot be written ({error.strerror})"
        raise InputError(str(folder), wrong, "a folder for the evidence") from error


def _files(
    evidence: Evidence,
    queries: Sequence[RowQuery],
    outcomes: Mapping[str, Outcome],
    run: Run,
    users: UserIds,
) -> dict[str, str]:
    """Return the files of one check by their names."""
    files: dict[str, str] = {}
    counts: dict[str, int | str] = {}
    for query in queries:
        outcome = outcomes[query.text]
        stem = f"rows-{query.name}" if query.name else "rows"
        files[f"{stem}.kql"] = redact(run.text_of(query.text)) + "\n"
        if isinstance(outcome, LogAnswer):
            files[f"{stem}.ndjson"] = "".join(_lines(outcome.rows, users))
            counts[stem] = len(outcome.rows)
            if outcome.partial:
                counts[stem] = f"only the first {len(outcome.rows)}: {outcome.partial}"
        else:
            counts[stem] = f"not read: {outcome.failure}: {redact(str(outcome))}"
    if evidence.query:
        files["query.kql"] = evidence.query.rstrip() + "\n"
    figures = {
        "verdict": str(evidence.verdict),
        "strength": round(evidence.strength, 6),
        "summary": evidence.summary,
        "onset": iso(evidence.onset) if evidence.onset else None,
        "numbers": dict(evidence.numbers),
        "rows": counts,
    }
    files["figures.json"] = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    return files


def _lines(rows: Sequence[Row], users: UserIds) -> Iterator[str]:
    redaction = RowRedaction(users, lambda _: frozenset())
    redaction.learn("", rows)
    for row in sorted(rows, key=lambda row: str(row.get("TimeGenerated") or "")):
        cells = {column: plain(value) for column, value in redaction.clean("", row).items()}
        yield json.dumps(cells, ensure_ascii=False, default=str) + "\n"

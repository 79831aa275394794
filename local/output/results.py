"""Write a diagnosis, its card and its report into a folder."""

import json
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex

from local.exports.sources import Unread
from shared.errors import InputError
from shared.incidents.report.diagnosis_report import write_report
from shared.notices.cards.diagnosis_card import draw_diagnosis
from shared.notices.cards.elements import message
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.encode import as_json
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds, redact, visible
from shared.settings import Settings

_BLANKS = dict.fromkeys(
    map(ord, "\t\n\r\x0b\x0c\x85\u2028\u2029"), " "
)  # what moves the cursor or ends a line


def write_results(
    diagnosis: Diagnosis,
    playbook: Playbook,
    folder: Path,
    severity: int | None = None,
    *,
    unread: Sequence[Unread] = (),
) -> None:
    """Write `diagnosis.json`, `card.json` and `report.md`.

    Raises:
        InputError: the folder cannot be written.
    """
    users = user_ids()
    left_out = [(safe(file), safe(why)) for file, why in unread]
    documents = {
        "diagnosis.json": _json({**as_json(diagnosis, users), "unread": unread_as_json(unread)}),
        "card.json": _json(message(draw_diagnosis(diagnosis, playbook, severity=severity, users=users))),
        "report.md": write_report(diagnosis, playbook, severity=severity, users=users, unread=left_out),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in documents.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(folder), f"it cannot be written ({error.strerror})", "a folder for the results"
        ) from error


def unread_as_json(unread: Sequence[Unread]) -> list[dict[str, str]]:
    """Return what of the input was not read as plain JSON values."""
    return [{"file": safe(file), "why": safe(why)} for file, why in unread]


def user_ids() -> UserIds:
    """Return how user ids are shown, as the settings say."""
    settings = Settings.from_environment()
    return UserIds(settings.user_id_salt, settings.show_user_ids)


def distinct_users() -> UserIds:
    """Return how users are shown where they must be told apart: without a salt in the settings by one of this run."""
    users = user_ids()
    return users if users.salt else UserIds(token_hex(16), users.show)


def safe(text: str) -> str:
    """Return a text as one line that may be printed: secrets and user ids are hidden, control characters visible."""
    return user_ids().hide_in(redact(visible(text))).translate(_BLANKS)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"

import io
from dataclasses import replace

from local.output.console import console_for, show_diagnosis
from shared.playbooks.redact import redact_diagnosis
from tests.notices.diagnoses import expired_tokens, playbook

HOSTILE = "3 of 9 \x1b[2Jfailed\x07 \x9b31m\x1b]0;gone\x07 and \u202edessap"


def test_what_strangers_wrote_does_not_steer_the_terminal() -> None:
    night = expired_tokens()
    hostile = replace(night, symptom=replace(night.symptom, summary=HOSTILE), next_step=HOSTILE)
    screen = io.StringIO()

    show_diagnosis(console_for(screen), redact_diagnosis(hostile), playbook())

    assert "3 of 9" in screen.getvalue()
    assert not set(screen.getvalue()) & {"\x1b", "\x07", "\x9b", "\u202e"}

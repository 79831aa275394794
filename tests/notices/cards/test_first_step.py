"""A step of a page for a phone: its title, its command filled in and parted, what that does, and its proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.notices.cards.screen.command import Effect, effect_of, filled_in, lines_of
from shared.notices.cards.screen.step import step_of
from shared.notices.cards.telling.plain import in_plain_words
from shared.playbooks.loading.load import load_library
from tests.notices.diagnoses import RESOURCE

KEY = "az webpubsub key show -n contoso-rt -g rg-realtime"


def test_a_step_with_all_its_parts() -> None:
    step = step_of(
        load_library()["web-pubsub-connection-failures"].hypothesis("access-key-rotated").steps[0], RESOURCE
    )

    assert ("Give the servers that make tokens the present key and restart them", KEY) == (
        step.title,
        step.command,
    )
    assert "401 answers stop within minutes, and ConnectionStarted rows of new connections rise" == step.proof
    assert (Effect.PRINTS, False) == (step.effect, step.is_whole)


def test_a_short_step_is_whole() -> None:
    step = step_of("Restart it. Verify: `401` stops.", RESOURCE)

    assert ("Restart it", "", "401 stops", True) == (step.title, step.command, step.proof, step.is_whole)


@pytest.mark.parametrize(
    ("command", "effect"),
    [
        (KEY, Effect.PRINTS),
        ("az webapp config appsettings list -n lobby", Effect.PRINTS),
        ("az webpubsub show --name lobby --query disableLocalAuth", Effect.READS),
        ("az monitor activity-log list -g rg --offset 1h", Effect.READS),
        ("az webpubsub hub update --hub-name lobby", Effect.CHANGES),
        ('curl -i -X OPTIONS "https://lobby.example"', Effect.READS),
        ("curl -X POST https://lobby.example", Effect.CHANGES),
        ("uvicorn.run(..., ws_ping_interval=20)", Effect.UNKNOWN),
    ],
)
def test_what_a_command_does_is_said_before_it_is_run(command: str, effect: Effect) -> None:
    assert effect is effect_of(command)


def test_a_command_goes_on_behind_a_backslash_and_an_option_keeps_its_value() -> None:
    command = filled_in("az webpubsub update --name <name> --resource-group <group> --unit-count 2", RESOURCE)

    assert [
        "az webpubsub update --name contoso-rt \\",
        "--resource-group rg-realtime \\",
        "--unit-count 2",
    ] == lines_of(command)


@given(st.lists(st.from_regex(r"[a-z-]{1,60}|\"[a-z ]{1,30}\"", fullmatch=True), min_size=1, max_size=12))
def test_a_parted_command_is_the_same_command(words: list[str]) -> None:
    command = " ".join(["az", *words])
    lines = lines_of(command)

    assert command.split() == " ".join(line.removesuffix(" \\") for line in lines).split()


def test_every_first_step_of_the_library_fits_a_phone() -> None:
    steps = [
        step_of(hypothesis.steps[0], RESOURCE)
        for playbook in load_library().values()
        for hypothesis in playbook.hypotheses
    ]

    assert [] == [step.title for step in steps if not 0 < len(step.title) <= 97]
    assert [] == [step.title for step in steps if not step.proof]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("40 of 44 ended at 40 s.", "40 of 44 ended at 40 s."),
        (
            "40 of 44 ended: 30 at 40 s, the rest on later beats; chance gives 15 %, which is 14.0 standard deviations less.",
            "40 of 44 ended: 30 at 40 s, chance gives 15 %.",
        ),
        ("The verdict is thin. 9 of 10 fail.", "9 of 10 fail."),
    ],
)
def test_a_clause_with_a_word_of_those_who_write_checks_is_left_out(said: str, kept: str) -> None:
    assert kept == in_plain_words(said)

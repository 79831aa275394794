"""A team's own pages stand beside the app's, and one that cannot be used leaves only itself out."""

import os
from pathlib import Path

import pytest
from pages import EXTENSION, PAGE, write_page

from shared.errors import PlaybookError
from shared.playbooks.loading.load import load_library
from shared.playbooks.loading.team_pages import load_playbooks, usable_playbooks

DROPS = "web-pubsub-connection-drops"


def refusals(folder: Path) -> list[str]:
    return [problem.message for problem in usable_playbooks(folder)[1]]


def test_without_a_folder_there_are_the_pages_that_ship() -> None:
    assert (load_library(), ()) == usable_playbooks(None)


def test_a_page_of_ones_own_stands_beside_those_that_ship(tmp_path: Path) -> None:
    write_page(tmp_path)

    assert {*load_library(), "lines-drop"} == set(load_playbooks(tmp_path))


def test_a_page_extends_a_playbook_that_ships(tmp_path: Path) -> None:
    write_page(tmp_path, EXTENSION, "gateway.md")

    shipped, extended = load_library()[DROPS], load_playbooks(tmp_path)[DROPS]

    assert (*shipped.hypotheses, extended.hypothesis("gateway-drained")) == extended.hypotheses
    assert "Drain it at night" in extended.text
    assert shipped.find("gateway-drained") is None


def test_a_page_extends_a_playbook_of_ones_own(tmp_path: Path) -> None:
    write_page(tmp_path, EXTENSION.replace(DROPS, "lines-drop"), "a-gateway.md")
    write_page(tmp_path)

    assert load_playbooks(tmp_path)["lines-drop"].find("gateway-drained")


def test_a_consequence_may_name_ids_of_other_pages(tmp_path: Path) -> None:
    pair = f"consequences:\n  {DROPS}/mass-close: [{DROPS}/gateway-drained]\n---\n# Our"
    write_page(tmp_path, EXTENSION.replace("---\n# Our", pair), "gateway.md")

    assert (f"{DROPS}/gateway-drained",) == load_playbooks(tmp_path)[DROPS].consequences[
        f"{DROPS}/mass-close"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            PAGE.replace("id: lines-drop", f"id: {DROPS}"), f"our.md:1: the id '{DROPS}' is taken", id="an id that ships"
        ),
        pytest.param(
            EXTENSION.replace("gateway-drained", "mass-close"),
            f"our.md:1: the id '{DROPS}/mass-close' is taken",
            id="a hypothesis that ships",
        ),
        pytest.param(
            EXTENSION.replace(DROPS, "horoscope"),
            "our.md:1: there is no playbook 'horoscope' to extend",
            id="an extension of nothing",
        ),
        pytest.param(
            EXTENSION.replace(f"extends: {DROPS}", f"extends: {DROPS}\nid: lines-drop"),
            "our.md:1: unknown key 'id'",
            id="an extension with an id of its own",
        ),
        pytest.param(
            PAGE.replace("[lines-drop/ping-timeout]", "[lines-drop/witchcraft]"),
            "our.md:1: unknown id 'lines-drop/witchcraft' in 'consequences'",
            id="a consequence of nobody",
        ),
        pytest.param(
            EXTENSION.replace("Message has", "Mesage has"),
            f"our.md:{EXTENSION[: EXTENSION.index('Message has')].count(chr(10)) + 1}: unknown column or name 'Mesage'",
            id="a typo in its KQL",
        ),
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_used_leaves_only_itself_out(tmp_path: Path, text: str, said: str) -> None:
    write_page(tmp_path, text, "our.md")
    write_page(tmp_path, PAGE.replace("lines-drop", "lobby-silent"), "silent.md")

    playbooks, problems = usable_playbooks(tmp_path)

    assert {*load_library(), "lobby-silent"} == set(playbooks)
    assert load_library()[DROPS] == playbooks[DROPS]
    assert [said] == [problem.message[: len(said)] for problem in problems]


def test_of_two_pages_with_one_id_the_second_is_left_out(tmp_path: Path) -> None:
    write_page(tmp_path)
    write_page(tmp_path, PAGE.replace("# Lines drop", "# Again"), "other.md")

    assert ["other.md:1: the id 'lines-drop' is taken; expected an id of its own"] == refusals(tmp_path)
    assert "Lines drop" == usable_playbooks(tmp_path)[0]["lines-drop"].title


def test_what_builds_on_a_page_that_is_left_out_is_left_out_too(tmp_path: Path) -> None:
    write_page(tmp_path, PAGE.replace("[Measured]", "[Guessed]"))
    write_page(tmp_path, EXTENSION.replace(DROPS, "lines-drop"), "gateway.md")

    assert ["lines-drop.md:28", "gateway.md:1"] == [
        problem.where for problem in usable_playbooks(tmp_path)[1]
    ]


def test_a_page_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "scan.md").write_bytes(b"\xff\xfe\x00")
    write_page(tmp_path)

    assert ["scan.md:1: it is not UTF-8 text; expected a page in Markdown"] == refusals(tmp_path)


def test_a_folder_that_is_not_there_is_named_and_what_ships_goes_on(tmp_path: Path) -> None:
    playbooks, (problem,) = usable_playbooks(tmp_path / "nowhere")

    assert load_library() == playbooks
    assert problem.where.endswith("nowhere")


def test_a_page_that_was_mended_is_read_again(tmp_path: Path) -> None:
    page = write_page(tmp_path, PAGE.replace("[Measured]", "[Guessed]"))
    assert 1 == len(refusals(tmp_path))

    page.write_text(PAGE, encoding="utf-8")
    os.utime(page, (0, 0))

    assert [] == refusals(tmp_path)


def test_a_command_is_refused_with_the_first_problem(tmp_path: Path) -> None:
    write_page(tmp_path, PAGE.replace("[Measured]", "[Guessed]"))

    with pytest.raises(PlaybookError, match=r"lines-drop\.md:28: unknown evidence kind"):
        load_playbooks(tmp_path)

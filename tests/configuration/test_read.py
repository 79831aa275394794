from pathlib import Path

import pytest

from shared.configuration.files.read import Value, read_file
from shared.errors import InputError


def value_of(folder: Path, text: str | bytes) -> Value:
    path = folder / "shop.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    file = read_file(path)
    assert file is not None
    return file.value


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert read_file(tmp_path / "shop.yaml") is None


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    assert value_of(tmp_path, "# nothing but a comment\n").is_empty


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("a: 1\nb: [1, 2\n", "shop.yaml:3: it is not valid YAML", id="a list that never ends"),
        pytest.param("a: 1\n\tb: 2\n", "shop.yaml:2: it is not valid YAML", id="a tab"),
        pytest.param("a: 1\n---\nb: 2\n", "shop.yaml:2: it is not valid YAML", id="two documents"),
        pytest.param(b"a: 1\nb: caf\xe9\n", "shop.yaml:2: byte 12 is not valid UTF-8", id="Latin 1"),
        pytest.param("a: \x01\n", "shop.yaml:1: it is not valid YAML", id="a control character"),
        pytest.param("a: &lobby 1\n", "shop.yaml:1: an anchor or alias (lobby)", id="an anchor"),
        pytest.param("a: 1\nb: *lobby\n", "shop.yaml:2: an anchor or alias (lobby)", id="an alias"),
        pytest.param("[" * 5000 + "]" * 5000, "shop.yaml:1: it is nested too deeply", id="a hostile nest"),
    ],
)
def test_refuses_what_is_not_plain_yaml_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as refused:
        value_of(tmp_path, text)

    assert str(refused.value).startswith(complaint)


def test_a_folder_in_the_place_of_the_file_is_not_a_readable_file(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").mkdir()

    with pytest.raises(InputError, match=r"shop.yaml: it cannot be read"):
        read_file(tmp_path / "shop.yaml")


def test_a_secret_in_a_comment_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("name: lobby\n# password: hunter2hunter2\n")
    file = read_file(path)

    assert file is not None
    assert ["shop.yaml:2"] == [problem.where for problem in file.secrets]

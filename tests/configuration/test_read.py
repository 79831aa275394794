from datetime import timedelta
from pathlib import Path

import pytest

from shared.configuration.read import Value, read_file
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
        pytest.param("a: 1\nb: [1, 2\n", "shop.yaml:3: it is no YAML", id="a list that never ends"),
        pytest.param("a: 1\n\tb: 2\n", "shop.yaml:2: it is no YAML", id="a tab"),
        pytest.param("a: 1\n---\nb: 2\n", "shop.yaml:2: it is no YAML", id="two documents"),
        pytest.param(b"a: 1\nb: caf\xe9\n", "shop.yaml:2: byte 12 is no UTF-8", id="Latin 1"),
        pytest.param("a: \x01\n", "shop.yaml:1: it is no YAML", id="a control character"),
        pytest.param("a: &lobby 1\n", "shop.yaml:1: an anchor or alias (lobby)", id="an anchor"),
        pytest.param("a: 1\nb: *lobby\n", "shop.yaml:2: an anchor or alias (lobby)", id="an alias"),
        pytest.param("[" * 5000 + "]" * 5000, "shop.yaml:1: it is nested too deeply", id="a hostile nest"),
    ],
)
def test_refuses_what_is_no_plain_yaml_with_its_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InputError) as refused:
        value_of(tmp_path, text)

    assert str(refused.value).startswith(complaint)


def test_a_folder_in_the_place_of_the_file_is_no_readable_file(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").mkdir()

    with pytest.raises(InputError, match=r"shop.yaml: it cannot be read"):
        read_file(tmp_path / "shop.yaml")


def test_refuses_a_key_that_stands_twice_at_its_second_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"shop.yaml:3: the key 'owner' stands twice"):
        value_of(tmp_path, "owner: alice\nname: lobby\nowner: bob\n").mapping()


def test_an_unknown_key_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"shop.yaml:2: unknown key 'enviroment'; expected 'environment'"):
        value_of(tmp_path, "owner: alice\nenviroment: test\n").mapping(("owner", "environment"))


@pytest.mark.parametrize(
    ("text", "reader", "complaint"),
    [
        ("a: 5", "text", "'a' is a number ('5'); expected a text"),
        ("a: no", "text", "'a' is true or false ('no'); expected a text"),
        ("a: '  '", "text", "'a' is empty; expected a text"),
        ("a:", "text", "'a' is empty; expected a text"),
        ("a: [b]", "text", "'a' is a list; expected a text"),
        ("a: !!python/name:os.system x", "text", "of the type tag:yaml.org,2002:python/name:os.system"),
        ("a: b", "mapping", "'a' is a text ('b'); expected a mapping"),
        ("a: b", "items", "'a' is a text ('b'); expected a list"),
        ("a: 'true'", "flag", "'a' is a text ('true'); expected true or false"),
        ("a: soon", "duration", "'a' is 'soon'; expected a length of time such as 15m"),
        ("a: 15", "duration", "'a' is a number ('15'); expected a length of time"),
    ],
)
def test_says_what_stands_there_and_what_was_expected(
    tmp_path: Path, text: str, reader: str, complaint: str
) -> None:
    value = value_of(tmp_path, text).mapping()["a"]

    with pytest.raises(InputError) as refused:
        getattr(value, reader)()

    assert complaint in str(refused.value)
    assert refused.value.where == "shop.yaml:1"


@pytest.mark.parametrize("written", ["1:30", "0x10", ".nan", ".inf", "-1", "1001"])
def test_a_number_is_decimal_and_within_its_bounds(tmp_path: Path, written: str) -> None:
    with pytest.raises(InputError, match="expected a number from 0 to 1000"):
        value_of(tmp_path, f"a: {written}").mapping()["a"].number(0, 1000)


def test_half_a_connection_is_no_whole_number(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'a' is 1.5; expected a whole number from 1 to 4"):
        value_of(tmp_path, "a: 1.5").mapping()["a"].whole(1, 4)


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("4 h", timedelta(hours=4)),
        ("3d", timedelta(days=3)),
    ],
)
def test_reads_lengths_of_time(tmp_path: Path, written: str, length: timedelta) -> None:
    assert length == value_of(tmp_path, f"a: {written}").mapping()["a"].duration()


def test_a_secret_is_refused_by_its_line_and_never_repeated(tmp_path: Path) -> None:
    secret = "Endpoint=https://lobby.webpubsub.azure.com;AccessKey=" + "q7" * 22
    value = value_of(tmp_path, f"name: lobby\nowner: {secret}\n").mapping()["owner"]

    with pytest.raises(InputError, match=r"shop.yaml:2: what looks like a secret stands here") as refused:
        value.text()

    assert "q7q7" not in str(refused.value)


def test_a_secret_in_a_comment_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text("name: lobby\n# password: hunter2hunter2\n")
    file = read_file(path)

    assert file is not None
    assert ["shop.yaml:2"] == [problem.where for problem in file.secrets]

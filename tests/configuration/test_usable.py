from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from msgspec import UNSET, Meta, UnsetType

from shared.configuration.files.declare import FileEntry, Length, OneOrMore, Text, length
from shared.configuration.files.read import read_file
from shared.configuration.files.usable import converted
from shared.configuration.files.value import Value
from shared.errors import InputError

Seats = Annotated[int, Meta(ge=1, le=4)]
Share = Annotated[float, Meta(ge=0, le=1000)]
Code = Annotated[str, Meta(pattern="^[A-Z]+$", title="a code", description="capital letters")]
Key = Annotated[str, Meta(pattern="^[A-Z]+$", title="a key", description="its name", extra={"hidden": True})]


class Codes(OneOrMore[Code]):
    pass


class Shop(FileEntry, frozen=True):
    noun: ClassVar[str] = "the shop"

    owner: Text
    environment: Text | UnsetType = UNSET
    seats: Seats = 1
    codes: Codes | UnsetType = UNSET
    branches: "tuple[Shop, ...]" = ()


def value_of(folder: Path, text: str) -> Value:
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    file = read_file(path)
    assert file is not None
    return file.value


def refusal(folder: Path, text: str, kind: Any) -> str:
    with pytest.raises(InputError) as refused:
        converted(value_of(folder, text), kind)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            "owner: alice\nname: lobby\nowner: bob\n",
            "shop.yaml:3: the key 'owner' stands twice; expected 'owner' once",
            id="a key twice, at its second line",
        ),
        pytest.param(
            "owner: alice\nenviroment: test\n",
            "shop.yaml:2: unknown key 'enviroment'; expected 'environment'",
            id="a key that was meant otherwise",
        ),
        pytest.param(
            "owner: alice\nzzz: 1\n",
            "shop.yaml:2: unknown key 'zzz'; expected one of owner, environment, seats, codes, branches",
            id="a key that nobody knows",
        ),
        pytest.param(
            "seats: 2\n",
            "shop.yaml:1: the shop has no 'owner'; expected owner: a text",
            id="a key that is missing",
        ),
        pytest.param(
            "owner: alice\nbranches:\n- owner: bob\n- owner: eve\n  branches: [{owner: mallory,\n    seats: 5}]\n",
            "shop.yaml:6: 'seats' is 5; expected a whole number from 1 to 4",
            id="far inside",
        ),
        pytest.param(
            "owner: alice\ncodes:\n- A\n- b\n",
            "shop.yaml:4: 'b' is not a code; expected capital letters",
            id="an item",
        ),
        pytest.param(
            "owner: alice\ncodes: b\n",
            "shop.yaml:2: 'b' is not a code; expected capital letters",
            id="one for a list",
        ),
        pytest.param(
            "owner: alice\ncodes: []\n", "shop.yaml:2: 'codes' is an empty list", id="an empty list"
        ),
        pytest.param("- owner\n", "shop.yaml:1: 'the file' is a list; expected a mapping", id="no mapping"),
        pytest.param(
            "owner: alice\n[a]: b\n", "shop.yaml:2: 'a key' is a list; expected a text", id="an odd key"
        ),
    ],
)
def test_an_entry_is_refused_at_the_line_of_what_is_wrong(tmp_path: Path, text: str, complaint: str) -> None:
    assert refusal(tmp_path, text, Shop).startswith(complaint)


@pytest.mark.parametrize(
    ("text", "kind", "complaint"),
    [
        ("a: 5", Text, "'a' is a number ('5'); expected a text"),
        ("a: no", Text, "'a' is true or false ('no'); expected a text"),
        ("a: '  '", Text, "'a' is empty; expected a text"),
        ("a:", Text, "'a' is empty; expected a text"),
        ("a: [b]", Text, "'a' is a list; expected a text"),
        ("a: 0x1F", Text, "'a' is a number ('0x1F'); expected a text"),
        ("a: !!python/name:os.system x", Text, "of the type tag:yaml.org,2002:python/name:os.system"),
        ("a: b", Shop, "'a' is a text ('b'); expected a mapping"),
        ("a: b", dict[str, Text], "'a' is a text ('b'); expected a mapping"),
        ("a: b", tuple[Text, ...], "'a' is a text ('b'); expected a list"),
        ("a: 'true'", bool, "'a' is a text ('true'); expected true or false"),
        ("a: soon", Length, "'a' is 'soon'; expected a length of time such as 15m"),
        ("a: 15", Length, "'a' is a number ('15'); expected a length of time"),
        ("a: 1.5", Seats, "'a' is 1.5; expected a whole number from 1 to 4"),
        ("a: yes", Seats, "'a' is true or false ('yes'); expected a whole number from 1 to 4"),
        ("a: hunter2", Key, "'a' is not a key; expected its name"),
    ],
)
def test_says_what_stands_there_and_what_was_expected(
    tmp_path: Path, text: str, kind: Any, complaint: str
) -> None:
    message = refusal(tmp_path, text, dict[str, kind])

    assert complaint in message
    assert message.startswith("shop.yaml:1: ")


@pytest.mark.parametrize("number", ["1:30", "0x10", ".nan", ".inf", "1.0e+999", "-1", "1001", "9" * 5000])
def test_a_number_is_decimal_and_within_its_bounds(tmp_path: Path, number: str) -> None:
    assert "expected a number from 0 to 1000" in refusal(tmp_path, f"a: {number}", dict[str, Share])


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("4.0", 4), ("017", 17), ("1_000", 1000), ("0.5", 0.5)]
)
def test_reads_decimal_numbers(tmp_path: Path, text: str, number: float) -> None:
    assert {"a": number} == converted(value_of(tmp_path, f"a: {text}"), dict[str, Share])


def test_a_date_and_a_time_of_day_are_texts(tmp_path: Path) -> None:
    assert ("2026-11-12", "22:00") == converted(value_of(tmp_path, "[2026-11-12, 22:00]"), tuple[Text, ...])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("4 h", timedelta(hours=4)),
        ("3d", timedelta(days=3)),
    ],
)
def test_reads_lengths_of_time(tmp_path: Path, text: str, time: timedelta) -> None:
    assert time == length(converted(value_of(tmp_path, text), Length))


def test_a_secret_is_refused_by_its_line_and_never_repeated(tmp_path: Path) -> None:
    secret = "Endpoint=https://lobby.webpubsub.azure.com;AccessKey=" + "q7" * 22
    message = refusal(tmp_path, f"name: lobby\nowner: {secret}\n", dict[str, int])

    assert message.startswith("shop.yaml:2: what looks like a secret stands here")
    assert "q7q7" not in message

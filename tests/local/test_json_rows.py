import pytest

from local.exports.json_rows import read_json
from shared.errors import InputError

ALICE, BOB = {"UserId": "alice"}, {"UserId": "bob"}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param('{"UserId":"alice"}\n{"UserId":"bob"}\n', [1, 2], id="an object a line"),
        pytest.param(
            '{"UserId":"alice"}\r\n\r\n{"UserId":"bob"}', [1, 3], id="blank lines, ends as on Windows"
        ),
        pytest.param('[{"UserId":"alice"},\n {"UserId":"bob"}]', [1, 2], id="an array"),
        pytest.param(
            '[\n  {\n    "UserId": "alice"\n  },\n  {\n    "UserId": "bob"\n  }\n]', [2, 5], id="indented"
        ),
        pytest.param(
            '{\n"UserId": "alice"\n}\n{\n"UserId": "bob"\n}\n', [1, 4], id="objects over several lines"
        ),
        pytest.param(
            '{"tables":[{"name":"PrimaryResult","columns":[{"name":"UserId","type":"string"}],\n'
            '"rows":[["alice"],\n["bob"]]}]}',
            [2, 3],
            id="the API's answer",
        ),
    ],
)
def test_reads_rows_and_their_lines(text: str, lines: list[int]) -> None:
    assert list(zip(lines, [ALICE, BOB], strict=True)) == list(read_json(text, "logs.json"))


@pytest.mark.parametrize("text", ["", " \n", "[]", "[ ]\n", '{"tables":[{"columns":[],"rows":[]}]}'])
def test_reads_no_rows_from_an_empty_export(text: str) -> None:
    assert [] == list(read_json(text, "logs.json"))


def test_keeps_a_line_separator_inside_a_text() -> None:
    assert [(1, {"Message": "a\u2028b\x85c"})] == list(
        read_json('{"Message":"a\u2028b\x85c"}\n', "logs.ndjson")
    )


def test_reads_none_of_the_command_line_as_null() -> None:
    text = '[{"TableName":"PrimaryResult","UserId":"None"}]'

    assert [(1, {"TableName": "PrimaryResult", "UserId": None})] == list(read_json(text, "logs.json"))


def test_keeps_none_as_text_where_nothing_says_that_it_is_null() -> None:
    assert [(1, {"UserId": "None"})] == list(read_json('{"UserId":"None"}', "logs.ndjson"))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        pytest.param('{"UserId":"alice"}\n{"UserId":\n', "logs:2", id="a line that breaks off"),
        pytest.param('{"UserId":"alice"\n{"UserId":"bob"}\n', "logs:1", id="a first line without its end"),
        pytest.param('{"UserId":"alice"}\n"bob"\n', "logs:2", id="a text for a row"),
        pytest.param('{"UserId":"alice"}\n["bob"]\n', "logs:2", id="a list for a row"),
        pytest.param('[{"UserId":"alice"},\n7]', "logs:2", id="a number for a row"),
        pytest.param('[{"UserId":"alice"}\n{"UserId":"bob"}]', "logs:2", id="an array without its comma"),
        pytest.param('[{"UserId":"alice"},\n{"UserId"}]', "logs:2", id="an array with a broken row"),
        pytest.param('[{"UserId":"alice"},', "logs:1", id="an array that breaks off"),
        pytest.param("not JSON", "logs:1", id="no JSON at all"),
        pytest.param(
            '{"tables":[{"columns":[{"name":"a"}],\n"rows":[[1],\n[1,2]]}]}', "logs:3", id="a ragged answer"
        ),
        pytest.param('{"tables":[{"rows":[[1]]}]}', "logs:1", id="an answer without columns"),
        pytest.param('{"tables":7}', "logs:1", id="an answer without tables"),
        pytest.param('{"error":{"code":"BadArgumentError"}}', "logs:1", id="an error that was saved as rows"),
        pytest.param("[" * 100_000, "logs:1", id="endless nesting"),
    ],
)
def test_refuses_with_the_line(text: str, where: str) -> None:
    with pytest.raises(InputError) as refused:
        list(read_json(text, "logs"))

    assert where == refused.value.where

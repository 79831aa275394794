import re
from typing import TYPE_CHECKING

import pytest

from local.__main__ import main
from shared.app.runtime import current

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage


@pytest.mark.usefixtures("storage")
def test_a_new_key_signs_and_the_one_before_it_is_still_good(capsys: pytest.CaptureFixture[str]) -> None:
    ring = current().key_ring
    before = ring.newest()

    assert 0 == main(["rotate-key"])
    match = re.match(r"Key ([0-9a-f]{8}) signs from now on", capsys.readouterr().out)
    assert match is not None
    assert ring.newest().id == match[1] != before.id
    assert before == ring.find(before.id)


def test_a_new_key_takes_the_place_of_what_cannot_be_used(
    storage: "Storage", capsys: pytest.CaptureFixture[str]
) -> None:
    storage.container("keys").upload_blob("signing-keys.json", b"\xff\xfe not ours")

    assert 0 == main(["rotate-key"])

    assert (
        "takes the place of what could not be used: signing-keys.json cannot be read"
        in capsys.readouterr().out
    )
    current().key_ring.check()

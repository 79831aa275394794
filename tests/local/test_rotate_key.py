import re

import pytest

from local.__main__ import main
from shared.app.runtime import current


@pytest.mark.usefixtures("storage")
def test_a_new_key_signs_and_the_one_before_it_is_still_good(capsys: pytest.CaptureFixture[str]) -> None:
    ring = current().key_ring
    before = ring.newest()

    assert 0 == main(["rotate-key"])
    match = re.match(r"Key ([0-9a-f]{8}) signs from now on", capsys.readouterr().out)
    assert match is not None
    assert ring.newest().id == match[1] != before.id
    assert before == ring.find(before.id)

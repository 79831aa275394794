import pytest

from shared.playbooks.diagnosis import Verdict
from shared.playbooks.probes import SOURCES, run_probe


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_probe_without_a_source_says_what_it_needs(name: str) -> None:
    evidence = run_probe(name)

    assert (Verdict.NO_DATA, 0.0) == (evidence.verdict, evidence.strength)
    assert SOURCES[name] in evidence.summary


def test_a_probe_that_nobody_registered_does_not_run() -> None:
    with pytest.raises(KeyError):
        run_probe("crystal-ball")

import pytest

from local.commands.exit_codes import code_of
from shared.playbooks.diagnosis import Conclusion

SUPPORTED, NOTHING, OPEN, NO_DATA, FAILED = (
    Conclusion.SUPPORTED,
    Conclusion.NOTHING_FOUND,
    Conclusion.INCONCLUSIVE,
    Conclusion.NO_DATA,
    Conclusion.FAILED,
)


@pytest.mark.parametrize("conclusion", [SUPPORTED, NOTHING, OPEN, NO_DATA])
def test_a_diagnosis_that_was_made_is_done(conclusion: Conclusion) -> None:
    assert 0 == code_of([conclusion], tells=False)


@pytest.mark.parametrize("tells", [True, False])
def test_a_diagnosis_that_could_not_be_made_failed(tells: bool) -> None:
    assert 3 == code_of([FAILED], tells=tells)


@pytest.mark.parametrize(
    ("conclusions", "code"),
    [
        pytest.param([SUPPORTED, OPEN], 10, id="a cause"),
        pytest.param([NOTHING], 0, id="nothing"),
        pytest.param([NOTHING, NO_DATA], 0, id="nothing where there were rows"),
        pytest.param([NOTHING, OPEN], 11, id="nothing, and another symptom is open"),
        pytest.param([NOTHING, FAILED], 11, id="nothing, and another symptom could not be looked at"),
        pytest.param([OPEN], 11, id="open"),
        pytest.param([NO_DATA, NO_DATA], 12, id="no rows at all"),
    ],
)
def test_tells_conclusions_apart_where_it_is_asked(conclusions: list[Conclusion], code: int) -> None:
    assert code == code_of(conclusions, tells=True)

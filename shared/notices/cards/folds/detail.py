"""How much a card shows behind its folds, and what gives way where it would be too large for a message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a card shows. Its first screen stands in every one."""

    numbers: int  # how many numbers of the cause
    names: int  # how many of each kind of finding (ruled out, not examined, ...)
    summary_bytes: int  # for the summary of each finding that is not ruled out; 0 shows its name only
    steps: int  # how many steps
    step_bytes: int  # for what is done in each step, and again for how one knows that it worked
    line_bytes: int  # for each sentence about the symptom, the cause and what to look at next
    load: bool = False  # what the resource had to bear
    query: bool = True  # whether the logs query is linked; the link is whole or not there


# What gives way, in this order: the load, the words about what else was found, its names, numbers, late steps. The
# query goes first where it alone would be too large, and else before the steps that mend the cause.
FULL = Detail(numbers=4, names=20, summary_bytes=600, steps=20, step_bytes=1_200, line_bytes=1_500, load=True)
LEVELS = (
    FULL,
    Detail(numbers=4, names=20, summary_bytes=160, steps=20, step_bytes=1_200, line_bytes=1_500),
    Detail(numbers=4, names=20, summary_bytes=0, steps=20, step_bytes=1_200, line_bytes=1_500),
    Detail(numbers=4, names=20, summary_bytes=600, steps=20, step_bytes=1_200, line_bytes=1_500, query=False),
    Detail(numbers=4, names=20, summary_bytes=160, steps=20, step_bytes=1_200, line_bytes=1_500, query=False),
    Detail(numbers=4, names=20, summary_bytes=0, steps=12, step_bytes=900, line_bytes=900, query=False),
    Detail(numbers=4, names=12, summary_bytes=0, steps=12, step_bytes=600, line_bytes=900, query=False),
    Detail(numbers=2, names=4, summary_bytes=0, steps=5, step_bytes=400, line_bytes=700, query=False),
    Detail(numbers=0, names=2, summary_bytes=0, steps=3, step_bytes=300, line_bytes=500, query=False),
)
CONTEXT_BYTES = 200  # that each line about changes and declared incidents has at least

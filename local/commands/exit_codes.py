"""The exit codes of the command line, once: for the parser's help, for `diagnose`, and for the pages of docs/."""

from collections.abc import Collection

from shared.playbooks.diagnosis import Conclusion

DONE = 0
NOT_AS_EXPECTED = 1
UNUSABLE_INPUT = 2
FAILED = 3  # no check could run
FOUND, INCONCLUSIVE, NO_DATA = 10, 11, 12  # with --exit-code only
INTERRUPTED, NOBODY_READS = 130, 141  # 128 and the number of the signal, as shells count

IN_WORDS = """exit codes:
  0    the command did what it says; what a diagnosis found stands in its output
  1    a check failed: a replay or a configuration is not as expected, a fetch is not complete, a review found something urgent, or the doctor found something missing
  2    the input cannot be used, or storage does not answer; the message says why
  3    no check of a diagnosis could run, a review could not read the resource, the doctor could not read something, or a backtest could count nothing
  130  ended with Ctrl-C; 141: nobody read the output any more
  With `diagnose --exit-code` also:
  0    nothing was found, and the events are ample
  10   a cause was found
  11   inconclusive: the evidence is thin, contradictory, or not explained
  12   no data: the tables are empty or were never received
"""


def code_of(conclusions: Collection[Conclusion], *, tells: bool) -> int:
    """Return the exit code of diagnoses, the strongest first; `tells` asks for one that tells the conclusions apart.

    What one playbook could not settle is never an all-clear of the others.
    """
    strongest = next(iter(conclusions))
    if strongest is Conclusion.FAILED:
        return FAILED
    if not tells:
        return DONE
    if Conclusion.SUPPORTED in conclusions:
        return FOUND
    if {Conclusion.INCONCLUSIVE, Conclusion.FAILED} & set(conclusions):
        return INCONCLUSIVE
    return NO_DATA if strongest is Conclusion.NO_DATA else DONE

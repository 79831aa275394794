"""Keep the words of whoever wrote a check off a card: what they say stands in the report."""

import re

# They say how a conclusion was weighed, not what happened.
_INVENTED = re.compile(
    r"\b(?:strengths?|(?:standard )?deviations?|objectives?|buckets?|hypothes[ie]s|verdicts?|onsets?|combs?|beats?)\b",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=\S)")
_CLAUSES = re.compile(r"(?<=;)\s+|(?<=,)\s+")


def in_plain_words(text: str) -> str:
    """Return a text without the clauses that hold such a word; a sentence that is left without any is left out whole."""
    if not _INVENTED.search(text):
        return text
    sentences = (_plain_sentence(sentence) for sentence in _SENTENCES.split(text))
    return " ".join(sentence for sentence in sentences if sentence)


def _plain_sentence(sentence: str) -> str:
    if not _INVENTED.search(sentence):
        return sentence
    kept = [clause for clause in _CLAUSES.split(sentence) if not _INVENTED.search(clause)]
    text = " ".join(kept).rstrip(" ,;:")
    return f"{text}." if text and text[-1] not in ".!?" else text

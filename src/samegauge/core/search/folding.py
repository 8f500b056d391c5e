"""What makes two texts the same to a search, the grams under which a text is filed, and how well it fits a question.

Case, width and hyphens do not count: `ＴＸ650-0398` finds `TX-650-0398`. Scripts that put no space between words are
filed by single characters and pairs, all others by three letters in a row. One letter therefore finds a word of one
letter, two find beginnings of words, three and more are found anywhere; a Chinese character is found anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HYPHEN, START = "-", "^"
LINE = "\n"
LONGEST_QUESTION = 200
MOST_TERMS = 8
WHOLE, BEGINNING, WORD, INSIDE, NOWHERE = range(5)
# Han with its extensions, kana, bopomofo and hangul.
_UNSPACED = (
    "\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}{HYPHEN}]+")
_PAIR = re.compile(rf"[^{_UNSPACED}]{{1,2}}")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_DASHES = re.compile("[\u00ad\u2010-\u2015\u2212\ufe58\ufe63\uff0d_]")
_NO_LETTERS = re.compile(rf"[^\w{HYPHEN}]+")


def folded(text: str) -> str:
    """Return letters and digits alike in case and width, words a space apart, parts of a word a hyphen apart."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = _NO_LETTERS.sub(" ", _DASHES.sub(HYPHEN, plain)).split()
    return " ".join(filter(None, (word.strip(HYPHEN) for word in words)))


def filed_text(values: Iterable[str]) -> str:
    """Return several texts of one record, each on a line of its own."""
    return LINE.join(folded(value) for value in values)


def joined(line: str) -> str:
    return line.replace(HYPHEN, "").replace(" ", "")


def terms_of(question: str) -> tuple[str, ...]:
    """Return the words that must all be found, hyphens taken out."""
    words = folded(question[:LONGEST_QUESTION]).replace(HYPHEN, "").split()
    return tuple(dict.fromkeys(words))[:MOST_TERMS]


def grams_of_text(filed: str) -> set[str]:
    """Return every gram under which a text is filed."""
    grams: set[str] = set()
    for word in filed.split():
        whole, starts = _parts(word)
        grams.update(START + pair for pair in _pairs(whole, starts))
        grams.update(_inner_grams(whole))
    return grams


def _parts(word: str) -> tuple[str, list[int]]:
    """Return a word without its hyphens, and where its parts begin: after a hyphen and where the script changes."""
    whole = word.replace(HYPHEN, "")
    starts = {run.start() for run in _RUNS.finditer(whole)}
    length = 0
    for part in word.split(HYPHEN)[:-1]:
        length += len(part)
        starts.add(length)
    return whole, sorted(starts)


def _pairs(whole: str, starts: Iterable[int]) -> Iterator[str]:
    """The first two letters of each part, one where there is no second."""
    for start in starts:
        if found := _PAIR.match(whole, start):
            yield found[0]


def _inner_grams(whole: str) -> Iterator[str]:
    for run in _RUNS.findall(whole):
        if _IS_UNSPACED.match(run):
            yield from run
            yield from (run[place : place + 2] for place in range(len(run) - 1))
        else:
            yield from (run[place : place + 3] for place in range(len(run) - 2))


def grams_of_term(term: str) -> set[str]:
    """Return grams that every text has in which the term is found; never none."""
    return {START + term} if _only_at_starts(term) else set(_inner_grams(term))


def _only_at_starts(term: str) -> bool:
    return len(term) <= 2 and not _IS_UNSPACED.search(term)  # noqa: PLR2004 - a pair has no gram of three


def fit(terms: Iterable[str], filed: str) -> int | None:
    """Tell how well a filed text fits: whole first line, its beginning, beginnings of words, inside; or None."""
    asked = tuple(terms)
    if not asked:
        return None
    words = [_parts(word) for word in filed.split()]
    worst = max(_fit_of_term(term, words) for term in asked)
    if worst == NOWHERE:
        return None
    first, whole = joined(filed.partition(LINE)[0]), "".join(asked)
    if first == whole:
        return WHOLE
    return BEGINNING if first.startswith(whole) else worst


def _fit_of_term(term: str, words: list[tuple[str, list[int]]]) -> int:
    if _only_at_starts(term):
        return WORD if any(term in _pairs(whole, starts) for whole, starts in words) else NOWHERE
    if any(whole.startswith(term, start) for whole, starts in words for start in starts):
        return WORD
    return INSIDE if any(term in whole for whole, _starts in words) else NOWHERE

"""The repository speaks of the product alone: no machine's paths, registries, merge leftovers or notes to oneself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Finding, Repository, Source

# One letter of each word stands in brackets, so that no pattern matches its own line.
BANNED = (
    (r"(?<![\w.$}])/wor[k]/|(?<![\w.$}/])/roo[t]/|(?<![\w.$}])/hom[e]/\w|/User[s]/\w", "a path of one machine"),
    (
        (
            r"pypi\.or[g]|pythonhosted\.or[g]|registry\.npmjs\.or[g]|registry\.yarnpk[g]|proxy\.golang\.or[g]"
            r"|(?<!\w)crates\.i[o]\b|--(?:extra-)?index-ur[l]|--find-link[s]"
        ),
        "the address of a registry",
    ),
    (r"\b(?:TOD[O]|FIXM[E]|HAC[K]|XX[X])\b", "a note to oneself; do it or open an issue"),
    (
        (
            r"(?i)\bclaud[e]\b|\banthropi[c]\b|\bchatgp[t]\b|\bopena[i]\b|\bgpt-[3-9]|\bcopilo[t]\b|\bllm[s]?\b"
            r"|\blanguage mode[l]|\bas an a[i]\b|\ba[i][- ](?:generated|assistant|agent|session)"
            r"|\b(?:coding|sub)-?\s?agen[t]|\b(?:system|this|the user's) promp[t]\b"
        ),
        "a word about how it was written",
    ),
    (
        r"\bhouse\.m[d]\b|\bdecisions\.m[d]\b|\bfield[- ]note[s]\b|/tmp/brie[f]|\bissues sho[w]\b",
        "a page the reader does not have",
    ),
)
PATTERNS = tuple((re.compile(pattern), reason) for pattern, reason in BANNED)
MERGE = tuple(re.compile(f"^{mark * 7}(?: |$)") for mark in "<>")

# Kept exactly as the world gave them.
VERBATIM = ("LICENSE", "data/", "tests/recorded/", "docs/licences/")


def merge_leftovers(source: Source) -> Iterator[Finding]:
    """Python is left to the parser: there a mark can only stand inside a text."""
    if source.path.endswith(".py"):
        return
    for number, line in enumerate(source.lines, 1):
        if any(mark.match(line) for mark in MERGE):
            yield source.finding(number, "a leftover of a merge")


def findings(repository: Repository) -> Iterator[Finding]:
    for source in repository.texts():
        if source.path.startswith(VERBATIM):
            continue
        yield from merge_leftovers(source)
        for pattern, reason in PATTERNS:
            for match in pattern.finditer(source.text):
                number = source.text.count("\n", 0, match.start()) + 1
                yield source.finding(number, f"{match.group()!r} is {reason}")

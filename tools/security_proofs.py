"""Security claims without a test, tests that claim what nobody stated, and pages that tell it otherwise.

A test carries the ids of what it proves: ``@pytest.mark.asvs("8.2.2")``, ``@pytest.mark.threat("T01")``.
``python -m tools.security_proofs --write`` writes the pages anew from these marks and the two tables.
"""

from __future__ import annotations

import argparse
import ast
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.source import Finding, FunctionNode, Repository, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.source import Source

FOLDER = "docs/explanations/security"
REQUIREMENTS = f"{FOLDER}/asvs.toml"
THREATS = f"{FOLDER}/threats.toml"
BEGIN, END = "<!-- written by tools/security_proofs.py -->", "<!-- end of what is written -->"

APPLIES = ("yes", "partly", "no")
STATES = ("met", "partly", "open")
REQUIREMENT_KEYS = {"applies", "text", "text_zh"}
THREAT_KEYS = {"state", "title", "title_zh", "met", "met_zh", "remains", "remains_zh"}
REQUIREMENT_ID = re.compile(r"\d+\.\d+\.\d+")
EDITION = "v5.0.0-"
THREAT_ID = re.compile(r"T\d\d")


@dataclass(frozen=True, order=True)
class Proof:
    """One test that carries one id."""

    identity: str
    path: str
    test: str
    line: int


@dataclass(frozen=True)
class Words:
    """What a page says around the tables, in one language."""

    suffix: str
    key: str
    title: str
    intro: str
    kept: str
    outside: str
    higher: str
    columns: tuple[str, str, str]
    outside_columns: tuple[str, str]
    threat_columns: tuple[str, str, str, str]
    open: str
    nothing: str
    partly: str
    between: str


ENGLISH = Words(
    suffix="",
    key="",
    title="What we prove",
    intro=(
        "Of the OWASP Application Security Verification Standard 5.0.0, level 1, {apply} of {all} requirements apply "
        "to samegauge; {proven} of them are proven by at least one test that runs with every change. The numbers are "
        "OWASP's; the sentences are ours and say what samegauge does, not what the standard demands. Read the standard "
        "itself at owasp.org. This page is written from the marks on the tests: "
        "`python -m tools.security_proofs --write`."
    ),
    kept="Level 1",
    outside="Does not apply",
    higher="Of levels 2 and 3, proven already",
    columns=("Id", "What samegauge does", "Proven by"),
    outside_columns=("Id", "Why not"),
    threat_columns=("Threat", "How it is met", "Proven by", "What remains"),
    open="not met yet",
    nothing="no test yet",
    partly=" (partly)",
    between=" · ",
)
CHINESE = Words(
    suffix=".zh-Hant",
    key="_zh",
    title="已證明的資安要求",
    intro=(
        "OWASP 應用程式安全驗證標準 5.0.0 第 1 級共 {all} 項，其中 {apply} 項適用於同規；已有 {proven} 項至少由一個"
        "隨每次變更執行的測試證明。編號為 OWASP 所定，句子由我們自行撰寫，說明同規的做法，並非標準原文。"
        "標準原文請見 owasp.org。"
        "本頁依測試上的標記產生：`python -m tools.security_proofs --write`。"
    ),
    kept="第 1 級",
    outside="不適用",
    higher="第 2、3 級中已證明者",
    columns=("編號", "同規的做法", "證明"),
    outside_columns=("編號", "不適用的理由"),
    threat_columns=("威脅", "如何防範", "證明", "仍存在的風險"),
    open="尚未防範",
    nothing="尚無測試",
    partly="（部分）",
    between="、",
)
LANGUAGES = (ENGLISH, CHINESE)


@dataclass(frozen=True)
class Tables:
    """What is claimed: by requirement and by threat, and the ids of the higher levels."""

    requirements: dict[str, dict[str, str]]
    higher: frozenset[str]
    threats: dict[str, dict[str, str]]

    @property
    def applying(self) -> list[str]:
        return [name for name, row in self.requirements.items() if row.get("applies") != "no"]


def marked(source: Source, kind: str, node: ast.AST) -> tuple[list[tuple[str, int]], list[Finding]]:
    """Return the ids that marks within an expression name, and what cannot be read there."""
    ids: list[tuple[str, int]] = []
    unread: list[Finding] = []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and dotted(call.func) == f"pytest.mark.{kind}":
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    ids.append((argument.value, call.lineno))
                else:
                    unread.append(source.finding(call, f"an id of {kind} is written out as a text"))
    return ids, unread


def proofs(repository: Repository, kind: str) -> tuple[list[Proof], list[Finding]]:
    """Every id of one kind that a test carries, on itself, its class, its module or one of its parameters."""
    found: list[Proof] = []
    unread: list[Finding] = []
    for source in repository.python("tests"):
        if f"mark.{kind}" in source.text:
            of_source, faults = _carried(source, kind)
            found += of_source
            unread += faults
    return sorted(set(found)), sorted(set(unread))


def _carried(source: Source, kind: str) -> tuple[list[Proof], list[Finding]]:
    found: list[Proof] = []
    for function, carriers in _tests(source):
        for carrier in carriers:
            found += [
                Proof(identity, source.path, function.name, line) for identity, line in marked(source, kind, carrier)[0]
            ]
    everywhere, unread = marked(source, kind, source.tree)
    lines = {proof.line for proof in found}
    lost = [source.finding(line, f"the mark {name} is on no test") for name, line in everywhere if line not in lines]
    return found, [*unread, *lost]


def _tests(source: Source) -> Iterator[tuple[FunctionNode, list[ast.AST]]]:
    """Yield each test with the expressions in which its marks stand."""
    of_module = [
        node.value
        for node in source.tree.body
        if isinstance(node, ast.Assign) and any(dotted(target) == "pytestmark" for target in node.targets)
    ]
    for node in source.tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        of_class = node.decorator_list if isinstance(node, ast.ClassDef) else []
        for member in members:
            if isinstance(member, FunctionNode) and member.name.startswith("test"):
                yield member, [*of_module, *of_class, *member.decorator_list]


def _number(identity: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", identity)))


def _read(repository: Repository, path: str) -> dict[str, Any]:
    source = repository.source(path)
    return tomllib.loads(source.text) if source else {}


def tables(repository: Repository) -> Tables:
    requirements = _read(repository, REQUIREMENTS)
    higher = frozenset((*requirements.pop("level_2", ()), *requirements.pop("level_3", ())))
    return Tables(requirements, higher, _read(repository, THREATS))


def _table_findings(stated: Tables) -> Iterator[Finding]:
    for path, rows, keys, choice in (
        (REQUIREMENTS, stated.requirements, REQUIREMENT_KEYS, ("applies", APPLIES)),
        (THREATS, stated.threats, THREAT_KEYS, ("state", STATES)),
    ):
        pattern = REQUIREMENT_ID if path == REQUIREMENTS else THREAT_ID
        if not rows:
            yield Finding(path, 1, "is missing or empty")
        for name, row in rows.items():
            if not pattern.fullmatch(name):
                yield Finding(path, 1, f"{name} is no id")
            if row.keys() != keys:
                yield Finding(path, 1, f"{name} has {sorted(row)}; wanted are {sorted(keys)}")
            elif row[choice[0]] not in choice[1]:
                yield Finding(path, 1, f"{name}: {choice[0]} is one of {', '.join(choice[1])}")


def _unproven(path: str, wanted: list[str], proven: list[Proof]) -> Iterator[Finding]:
    named = {proof.identity for proof in proven}
    for name in wanted:
        if name not in named:
            yield Finding(path, 1, f"{name} has no test")


def _unknown(known: set[str] | frozenset[str], path: str, proven: list[Proof]) -> Iterator[Finding]:
    for proof in proven:
        if proof.identity not in known:
            yield Finding(proof.path, proof.line, f"{proof.identity} is not in {path}")


def findings(repository: Repository) -> Iterator[Finding]:
    stated = tables(repository)
    faulty = list(_table_findings(stated))
    yield from faulty
    of_asvs, unread = proofs(repository, "asvs")
    of_threats, unread_too = proofs(repository, "threat")
    yield from (*unread, *unread_too)
    met = [name for name, row in stated.threats.items() if row.get("state") != "open"]
    yield from _unproven(REQUIREMENTS, stated.applying, of_asvs)
    yield from _unproven(THREATS, met, of_threats)
    yield from _unknown(stated.requirements.keys() | stated.higher, REQUIREMENTS, of_asvs)
    yield from _unknown(set(met), THREATS, of_threats)
    if not faulty:
        for path, text in pages(repository, stated, of_asvs, of_threats).items():
            there = repository.source(path)
            if there is None or there.text != text:
                yield Finding(path, 1, "is stale; run python -m tools.security_proofs --write")


def pages(repository: Repository, stated: Tables, of_asvs: list[Proof], of_threats: list[Proof]) -> dict[str, str]:
    """The text of each page as it has to be."""
    written: dict[str, str] = {}
    for words in LANGUAGES:
        written[f"{FOLDER}/what-we-prove{words.suffix}.md"] = _what_we_prove(stated, of_asvs, words)
        path = f"{FOLDER}/threat-model{words.suffix}.md"
        source = repository.source(path)
        before, begin, rest = (source.text if source else "").partition(BEGIN)
        _old, end, after = rest.partition(END)
        table = _threat_table(stated, of_threats, words)
        written[path] = f"{before}{BEGIN}\n\n{table}\n{END}{after}" if begin and end else f"{BEGIN}\n{END}\n"
    return written


def _what_we_prove(stated: Tables, of_asvs: list[Proof], words: Words) -> str:
    named = {proof.identity for proof in of_asvs}
    rows, outside = [], []
    for name in sorted(stated.requirements, key=_number):
        row = stated.requirements[name]
        text = row[f"text{words.key}"]
        if row["applies"] == "no":
            outside.append((EDITION + name, text))
            continue
        note = words.partly if row["applies"] == "partly" else ""
        rows.append((f"{EDITION}{name}{note}", text, _said(name, of_asvs, words)))
    reached = sorted(named & stated.higher, key=_number)
    higher = [(EDITION + name, _said(name, of_asvs, words)) for name in reached]
    intro = words.intro.format(
        all=len(stated.requirements), apply=len(stated.applying), proven=len(named & set(stated.applying))
    )
    parts = [f"# {words.title}\n", f"{intro}\n", f"## {words.kept}\n", _table(words.columns, rows)]
    parts += [f"## {words.outside}\n", _table(words.outside_columns, outside)]
    if higher:
        parts += [f"## {words.higher}\n", _table((words.columns[0], words.columns[2]), higher)]
    return "\n".join(parts)


def _threat_table(stated: Tables, of_threats: list[Proof], words: Words) -> str:
    rows = [
        (
            f"**{name}** {row[f'title{words.key}']}",
            row[f"met{words.key}"],
            words.open if row["state"] == "open" else _said(name, of_threats, words),
            row[f"remains{words.key}"] or "–",
        )
        for name, row in sorted(stated.threats.items())
    ]
    return _table(words.threat_columns, rows)


def _said(identity: str, proven: list[Proof], words: Words) -> str:
    """Name the tests, by file; of a file with many, how many."""
    by_file: dict[str, set[str]] = defaultdict(set)
    for proof in proven:
        if proof.identity == identity:
            by_file[proof.path].add(proof.test)
    said = [f"`{path.removeprefix('tests/')}` ({len(names)})" for path, names in sorted(by_file.items())]
    return words.between.join(said) or words.nothing


def _table(columns: tuple[str, ...], rows: list[Any]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes the pages of what is proven from the marks on the tests.")
    parser.add_argument("--write", action="store_true", required=True, help="write the pages")
    parser.parse_args()
    repository = Repository(Path(__file__).resolve().parent.parent)
    of_asvs, of_threats = (proofs(repository, kind)[0] for kind in ("asvs", "threat"))
    for path, text in pages(repository, tables(repository), of_asvs, of_threats).items():
        (repository.root / path).write_text(text, encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()

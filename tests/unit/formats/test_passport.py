from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passport_samples import FOREIGN_KEY, KEY, START, TRUSTED, event, sample

from samegauge.doors.crypto import text_from_bytes
from samegauge.formats.canonical import canonical_bytes
from samegauge.formats.merkle import merkle_root
from samegauge.formats.passport import (
    Change,
    Finding,
    PassportError,
    Provenance,
    ProvenanceKind,
    State,
    Verdict,
    build,
    chunk_name,
    facts,
    read,
    verdict_text,
    verify,
)
from samegauge.formats.passport.seal import chunk_leaves

DATA = build(sample(), KEY)
FLIPS_IN_CI = 400


def document() -> dict[str, Any]:
    return json.loads(DATA)


def judged(changed: dict[str, Any]) -> Verdict:
    return verify(canonical_bytes(changed), TRUSTED)


def place(verdict: Verdict) -> tuple[str, str, Change]:
    assert verdict.finding is not None
    return verdict.finding.chunk, verdict.finding.field, verdict.finding.change


def chunk(parts: dict[str, Any], name: str) -> dict[str, Any]:
    return next(entry for entry in parts["chunks"] if entry["name"] == name)


def test_an_issued_passport_is_genuine_and_reads_back_equal() -> None:
    verdict = verify(DATA, TRUSTED)
    assert verdict.genuine
    assert verdict.trusted_as == "acme"
    assert verdict.chunks == verdict.matching == 9
    assert verdict.passport == read(DATA) == sample()


def test_the_same_passport_gives_the_same_bytes() -> None:
    assert build(sample(), KEY) == DATA


def test_an_empty_passport_is_a_passport_too() -> None:
    bare = replace(sample(), as_built=(), operations=(), inspections=(), events=(), documents=(), provenance=())
    data = build(bare, KEY)
    assert verify(data, TRUSTED).genuine
    assert read(data) == bare


def flipped_verdict(position: int, bit: int) -> Verdict:
    altered = bytearray(DATA)
    altered[position] ^= 1 << bit
    return verify(bytes(altered), TRUSTED)


def spans() -> dict[str, range]:
    """Bytes between a chunk's opening brace and its closing one."""
    found: dict[str, range] = {}
    for entry in document()["chunks"]:
        text = canonical_bytes(entry)
        start = DATA.index(text)
        found[entry["name"]] = range(start, start + len(text))
    return found


def assert_located(position: int, verdict: Verdict, chunks: dict[str, range]) -> None:
    assert not verdict.genuine, position
    inside = next((name for name, span in chunks.items() if position in span), None)
    assert verdict.finding is not None, (position, verdict.state)
    if inside is None or verdict.finding.chunk == inside:
        return
    # A flipped name leaves its chunk missing under the old one; what is no JSON any more is placed by its byte.
    name_flipped = DATA[position - 60 : position + 60].count(f'"name":"{inside}"}}'.encode()) == 1
    offset = verdict.finding.offset
    assert name_flipped or offset is not None or verdict.finding.change is Change.DAMAGED, (position, verdict)


@pytest.mark.asvs("9.1.1")
@pytest.mark.threat("T02")
def test_flipped_bytes_are_detected_and_located() -> None:
    rng, chunks = random.Random(20260302), spans()
    for position in rng.sample(range(len(DATA)), FLIPS_IN_CI):
        assert_located(position, flipped_verdict(position, rng.randrange(8)), chunks)
    assert len(chunks) == 9


@pytest.mark.full
def test_each_flipped_byte_is_detected_and_located() -> None:
    chunks = spans()
    for position in range(len(DATA)):
        assert_located(position, flipped_verdict(position, position % 8), chunks)
    assert len(chunks) == 9


def leaf_places() -> list[tuple[str, str]]:
    return [
        (entry["name"], leaf.path)
        for entry in document()["chunks"]
        for leaf in chunk_leaves(entry["name"], entry["content"])
    ]


@pytest.mark.asvs("9.1.1")
@pytest.mark.threat("T02", "T03")
@pytest.mark.parametrize(("name", "path"), leaf_places())
def test_each_changed_field_is_named(name: str, path: str) -> None:
    changed = document()
    *parents, last = [int(token) if token.isdecimal() else token for token in path.split("/")[1:]]
    target = chunk(changed, name)["content"]
    for token in parents:
        target = target[token]
    value = target[last]
    target[last] = value + 0.001 if isinstance(value, float) else f"{value}x"
    verdict = judged(changed)
    assert verdict.state is State.ALTERED
    assert place(verdict) == (name, path, Change.CHANGED)
    assert verdict.matching == verdict.chunks - 1


def test_a_removed_and_an_added_field_are_named() -> None:
    changed = document()
    del chunk(changed, "identity")["content"]["revision"]
    assert place(judged(changed)) == ("identity", "/revision", Change.REMOVED)
    changed = document()
    chunk(changed, "identity")["content"]["weight_kg"] = {"net": 12}
    assert place(judged(changed)) == ("identity", "/weight_kg", Change.ADDED)


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ([0, 2, 3], ("/characteristics/1", Change.REMOVED)),
        ([0, 1, 2], ("/characteristics/3", Change.REMOVED)),
        ([1, 0, 2, 3], ("/characteristics/0", Change.MOVED)),
        ([3, 1, 2, 0], ("/characteristics/0", Change.MOVED)),
        ([0, 1, 1, 2, 3], ("/characteristics/2", Change.ADDED)),
        ([0, 1, 2, 3, 3], ("/characteristics/4", Change.ADDED)),
    ],
)
def test_removed_added_and_moved_characteristics_are_named(order: list[int], found: tuple[str, Change]) -> None:
    changed = document()
    content = chunk(changed, "inspections/0")["content"]
    content["characteristics"] = [content["characteristics"][number] for number in order]
    assert place(judged(changed)) == ("inspections/0", *found)


def test_chunks_removed_added_and_moved_are_named() -> None:
    changed = document()
    changed["chunks"].remove(chunk(changed, "operations/1"))
    assert place(judged(changed)) == ("operations/1", "", Change.REMOVED_CHUNK)
    changed = document()
    changed["chunks"].append({**chunk(changed, "operations/1"), "name": "operations/2"})
    assert place(judged(changed)) == ("operations/2", "", Change.ADDED_CHUNK)
    changed = document()
    changed["chunks"].append(chunk(changed, "operations/1"))
    assert place(judged(changed)) == ("operations/1", "", Change.ADDED_CHUNK)
    changed = document()
    changed["chunks"][2:4] = reversed(changed["chunks"][2:4])
    assert place(judged(changed)) == ("operations/0", "", Change.MOVED_CHUNK)


def test_contents_that_changed_places_do_not_pass_for_each_other() -> None:
    changed = document()
    first, second = chunk(changed, "operations/0"), chunk(changed, "operations/1")
    first["content"], second["content"] = second["content"], first["content"]
    first["leaves"], second["leaves"] = second["leaves"], first["leaves"]
    verdict = judged(changed)
    assert verdict.state is State.ALTERED
    assert verdict.finding is not None
    assert verdict.finding.chunk == "operations/0"
    assert verdict.matching == verdict.chunks - 2


def test_a_rewritten_list_of_hashes_hides_the_field_but_not_the_chunk() -> None:
    changed = document()
    altered = chunk(changed, "identity")
    altered["content"]["maker"] = "Somebody else"
    altered["leaves"] = [[leaf.path, leaf.digest.hex()] for leaf in chunk_leaves("identity", altered["content"])]
    assert place(judged(changed)) == ("identity", "", Change.CHANGED)


def test_a_changed_hash_with_intact_content_is_named() -> None:
    changed = document()
    chunk(changed, "documents")["leaves"][1][1] = "0" * 64
    verdict = judged(changed)
    assert place(verdict) == ("documents", "/0/name", Change.HASH_LIST)
    assert "雜湊" in verdict_text(verdict).zh


@pytest.mark.parametrize("field", ["serial", "issuer", "issued_at", "key_id", "public_key", "chunks"])
def test_a_changed_header_breaks_the_signature(field: str) -> None:
    changed = document()
    header = changed["header"]
    header[field] = [*header["chunks"], {"name": "x", "fields": 0, "root": ""}] if field == "chunks" else "A" * 43
    assert judged(changed).state is State.BAD_SIGNATURE


def test_a_header_field_that_disagrees_with_the_rest_is_named() -> None:
    changed = document()
    changed["header"]["chunks"][4]["root"] = "0" * 64
    assert place(judged(changed)) == ("header", "/chunks/4/root", Change.CHANGED)
    changed = document()
    changed["header"]["serial"] = "SG-TEST-0043"
    assert place(judged(changed)) == ("header", "/serial", Change.CHANGED)


@pytest.mark.asvs("9.1.3")
@pytest.mark.threat("T16")
def test_a_passport_signed_by_a_foreign_key_is_untrusted() -> None:
    data = build(replace(sample(), issuer="測試機械 Test Machinery"), FOREIGN_KEY)
    verdict = verify(data, TRUSTED)
    assert verdict.state is State.UNTRUSTED
    assert verdict.passport is None
    assert facts(verdict) == ()
    assert FOREIGN_KEY.public.key_id in verdict_text(verdict).en
    assert verify(data, {}).state is State.UNTRUSTED
    assert verify(data, {"other": FOREIGN_KEY.public}).genuine


def test_a_foreign_signature_under_the_trusted_keys_name_fails() -> None:
    changed = document()
    changed["signature"] = text_from_bytes(FOREIGN_KEY.sign(canonical_bytes(changed["header"])))
    assert judged(changed).state is State.BAD_SIGNATURE


def test_an_event_changed_before_signing_is_refused_and_found() -> None:
    good = event("unit_created", 1, source="import")
    bad = replace(good, record={**good.record, "actor": "Somebody else"})
    with pytest.raises(PassportError, match="events/1"):
        build(replace(sample(), events=(good, bad)), KEY)
    changed = document()
    events = chunk(changed, "events")
    events["content"][1]["record"]["actor"] = "Somebody else"
    leaves = chunk_leaves("events", events["content"])
    events["leaves"] = [[leaf.path, leaf.digest.hex()] for leaf in leaves]
    assert place(judged(resigned(changed))) == ("events", "/1", Change.BEFORE_SIGNING)


def resigned(changed: dict[str, Any]) -> dict[str, Any]:
    """What an issuer who holds the trusted key would have signed."""
    for entry in changed["header"]["chunks"]:
        altered = chunk(changed, entry["name"])
        digests = [leaf.digest for leaf in chunk_leaves(entry["name"], altered["content"])]
        entry.update(fields=len(digests), root=merkle_root(digests).hex())
    changed["signature"] = text_from_bytes(KEY.sign(canonical_bytes(changed["header"])))
    return changed


def test_the_same_values_spelled_anew_are_not_the_issued_file() -> None:
    verdict = verify(json.dumps(document(), indent=1).encode(), TRUSTED)
    assert verdict.state is State.ALTERED
    assert verdict.finding is not None
    assert verdict.finding.change is Change.RESPELLED
    assert verdict.finding.offset == 1
    assert verify(DATA + b"\n", TRUSTED).state is State.ALTERED


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_passport_says_how_much_there_is(kept: float) -> None:
    data = DATA[: int(len(DATA) * kept)]
    verdict = verify(data, TRUSTED)
    assert verdict.state is State.TRUNCATED
    assert str(len(data)) in verdict_text(verdict).zh


@pytest.mark.parametrize("data", [b"", b"{}", b"hello", b"%PDF-1.7", b'{"chunks":[],"header":{}}', bytes(1000)])
def test_other_files_are_not_passports(data: bytes) -> None:
    assert verify(data, TRUSTED).state is State.NOT_A_PASSPORT
    with pytest.raises(PassportError):
        read(data)


def test_a_newer_version_is_named_as_such() -> None:
    changed = document()
    changed["header"]["version"] = 3
    changed["header"]["new_field"] = {}
    assert judged(changed).state is State.NEWER_VERSION
    with pytest.raises(PassportError, match="Version 3"):
        read(canonical_bytes(changed))


def test_a_passport_of_thousands_of_parts_stays_readable() -> None:
    data = build(sample(characteristics=2000), KEY)
    assert verify(data, TRUSTED).genuine
    assert len(data) < 6_000_000


def test_evidence_must_name_a_chunk_and_speak_both_languages() -> None:
    for note, message in (
        (Provenance(ProvenanceKind.ASSUMED, "operations/9", "假設", "Assumed"), "operations/9"),
        (Provenance(ProvenanceKind.ASSUMED, "operations/0/cycle_time_s", "假設", ""), "both languages"),
    ):
        with pytest.raises(PassportError, match=message):
            build(replace(sample(), provenance=(note,)), KEY)


def test_times_without_a_zone_and_numbers_without_a_value_are_refused() -> None:
    passport = sample()
    with pytest.raises(PassportError, match="no zone"):
        build(replace(passport, issued_at=datetime(2026, 3, 2)), KEY)  # noqa: DTZ001 - the missing zone is the point
    broken = replace(passport.operations[0], cycle_time_s=float("nan"))
    with pytest.raises(PassportError, match="SG-TEST-0042"):
        build(replace(passport, operations=(broken,)), KEY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda parts: chunk(parts, "identity")["content"].pop("maker"), "/identity"),
        (lambda parts: chunk(parts, "operations/0")["content"].update(cycle_time_s="fast"), "cycle_time_s"),
        (lambda parts: chunk(parts, "operations/0")["content"].update(started_at="yesterday"), "started_at"),
        (lambda parts: chunk(parts, "inspections/0")["content"]["characteristics"][0].update(status="fine"), "status"),
        (lambda parts: parts["chunks"].remove(chunk(parts, "operations/0")), "operations"),
        (lambda parts: parts["header"].update(serial="other"), "serial"),
    ],
)
def test_reading_refuses_what_is_not_of_the_form(change: Any, message: str) -> None:
    changed = document()
    change(changed)
    with pytest.raises(PassportError, match=re.escape(message)):
        read(canonical_bytes(changed))


def test_each_verdict_speaks_both_languages() -> None:
    finding = Finding("header", "", Change.CHANGED, offset=7)
    for state in State:
        text = verdict_text(Verdict(state, finding, 9, 8, serial="S1", issuer="發行者"))
        assert re.search(r"[一-鿿]", text.zh)
        assert text.zh.endswith("。")
        assert text.en.endswith(".")
        assert "{" not in text.zh + text.en


@pytest.mark.parametrize("change", list(Change))
def test_each_finding_speaks_both_languages(change: Change) -> None:
    finding = replace(
        judged({**document(), "signature": "A"}).finding, chunk="inspections/1", field="/0/x", change=change
    )
    text = verdict_text(Verdict(State.ALTERED, finding, 9, 8))
    assert "第 2 次檢驗" in text.zh
    assert "nspection 2" in text.en
    assert text.zh.endswith("其他 8 段相符。向簽發者索取原檔。")


def test_hostile_names_do_not_reach_the_terminal() -> None:
    verdict = verify(build(sample(serial="A\x1b[2J\u202e9"), KEY), TRUSTED)
    text = verdict_text(verdict)
    assert "\x1b" not in text.zh + text.en
    assert "[U+001B]" in text.zh
    assert chunk_name("\x1b[2Jx").en == "“[U+001B][2Jx”"
    assert all("\x1b" not in fact.value for fact in facts(verdict))


def test_facts_name_the_statuses() -> None:
    values = {fact.name: fact.value for fact in facts(verify(DATA, TRUSTED))}
    assert values["characteristics"] == "5 (pass 3, fail 1, undecided 1)"
    assert values["issued_at"] == f"{START.replace(day=3):%Y-%m-%d %H:%M:%S}"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, len(DATA)), st.integers(0, 200))
def test_verify_only_ever_gives_verdicts(noise: bytes, start: int, removed: int) -> None:
    data = DATA[:start] + noise + DATA[start + removed :]
    verdict = verify(data, TRUSTED)
    assert verdict.genuine == (data == DATA)
    assert verdict_text(verdict).en


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_verify_survives_any_value_in_any_place(data: st.DataObject) -> None:
    changed: Any = document()
    target, before = changed, canonical_bytes(changed)
    for _ in range(data.draw(st.integers(0, 5))):
        keys = sorted(target) if isinstance(target, dict) else list(range(len(target)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(target[key], dict | list) or not target[key]:
            break
        target = target[key]
    key = data.draw(st.sampled_from(sorted(target) if isinstance(target, dict) else list(range(len(target)))))
    target[key] = data.draw(json_values)
    after = canonical_bytes(changed)
    assert verify(after, TRUSTED).genuine == (after == before)

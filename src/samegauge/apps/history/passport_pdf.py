"""Prints a signed passport as PDF/A-3 with the signed JSON attached, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import typst

from samegauge.apps.history.passport_sheet import log_sheet, passport_sheet
from samegauge.core.printing import PrintError, check_glyphs, compiler_fonts, largest_qr_svg, qr_svg
from samegauge.formats.canonical import parse_json
from samegauge.formats.passport import read

if TYPE_CHECKING:
    from samegauge.formats.log_proof import LogProof

_TEMPLATE = Path(__file__).parent / "typst" / "passport.typ"
# Accessible archive file: tagged, with alternative text; Typst itself refuses what would break either standard.
_STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]


def render_pdf(passport_json: bytes, verify_url: str, fonts: Path, zone: str, proof: LogProof | None = None) -> bytes:
    """The passport on A4, not yet sealed: `formats.passport.seal_pdf` binds the pages to the signing key.

    The `proof` is that its issue stands in the log, as a code that is read without network.
    """
    passport = read(passport_json)
    header = _header(passport_json)
    view = {**passport_sheet(passport, header, zone), "verify_url": verify_url, "proof": log_sheet(proof)}
    template = _TEMPLATE.read_text(encoding="utf-8")
    view_text = json.dumps(view, ensure_ascii=False)
    check_glyphs(view_text + template, fonts)
    compiler = typst.Compiler(
        input=template.encode("utf-8"),
        font_paths=compiler_fonts(fonts),
        sys_inputs={
            "view": view_text,
            "passport": passport_json.decode("utf-8"),
            "qr": qr_svg(verify_url),
            "proof": proof_qr(proof) if proof else "",
        },
    )
    try:
        pdf = compiler.compile(
            format="pdf", pdf_standards=[*_STANDARDS], timestamp=passport.issued_at.replace(microsecond=0)
        )
    except typst.TypstError as error:
        raise _unprintable(passport.identity.serial, error.message) from error
    if not isinstance(pdf, bytes):
        raise _unprintable(passport.identity.serial, f"{type(pdf).__name__}, not a PDF")
    return pdf


def proof_qr(proof: LogProof) -> str:
    """The proof as a code; without the witnesses' lines where it would not go into one with them."""
    bare = replace(proof, signed=replace(proof.signed, signatures=proof.signed.signatures[:1]))
    return largest_qr_svg(proof.text) or largest_qr_svg(bare.text)


def _unprintable(serial: str, reason: str) -> PrintError:
    return PrintError(
        f"The passport of {serial} cannot be printed: {reason}", f"無法列印 {serial} 的履歷護照：{reason}"
    )


def _header(passport_json: bytes) -> dict[str, Any]:
    return cast("dict[str, dict[str, Any]]", parse_json(passport_json))["header"]

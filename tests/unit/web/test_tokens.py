"""The colours of the face: contrast by WCAG 2.2, distance for every kind of sight, the same on screen and paper."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

import samegauge
from samegauge.core.charts.palette import LIGHT, RULES, browser_css

WEB = Path(samegauge.__file__).parent / "web"
TEXT_PAIRS = [
    *(
        (text, ground)
        for text in ("text", "text-2", "accent", "alarm", "ok")
        for ground in ("bg", "surface", "surface-2")
    ),
    ("undecided", "surface"),
    ("undecided", "undecided-soft"),
    ("warning-text", "surface"),
    ("text", "alarm-soft"),
    ("text-2", "alarm-soft"),
    ("text-2", "undecided-soft"),
    ("alarm-fill-text", "alarm-fill"),
    ("warning-fill-text", "warning"),
    ("primary-text", "primary"),
]
SHAPE_PAIRS = [("edge", "surface"), ("edge", "bg"), *((f"data-{number}", "surface") for number in range(1, 6))]
# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _tokens(theme: str) -> dict[str, str]:
    text = (WEB / "static" / "samegauge.css").read_text()
    found: dict[str, str] = {}
    for name, value in re.findall(r"--sg-([\w-]+): ([^;]+);", text):
        pair = re.findall(r"#[0-9A-Fa-f]{6}", value)
        if pair:
            found[name] = pair[-1] if theme == "dark" else pair[0]
    return found


def _linear(colour: str) -> list[float]:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]


def _contrast(one: str, other: str) -> float:
    lights = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), _linear(x), strict=True)) for x in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _oklab(colour: str, sight: str) -> list[float]:
    rgb = [max(sum(w * c for w, c in zip(row, _linear(colour), strict=True)), 0.0) for row in SIGHTS[sight]]
    to_lms = (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
    to_lab = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    lms = [sum(w * c for w, c in zip(row, rgb, strict=True)) ** (1 / 3) for row in to_lms]
    return [sum(w * c for w, c in zip(row, lms, strict=True)) for row in to_lab]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_reaches_aa(theme: str, text: str, ground: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_shapes_reach_three_to_one(theme: str, shape: str, ground: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens[shape], tokens[ground]) >= 3.0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHTS)
def test_series_are_told_apart_with_every_kind_of_sight(theme: str, sight: str) -> None:
    tokens = _tokens(theme)
    colours = [_oklab(tokens[f"data-{number}"], sight) for number in range(1, 6)]
    distances = [
        100 * sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        for one, other in itertools.combinations(colours, 2)
    ]
    assert min(distances) >= 17.0


def test_paper_and_screen_have_the_same_light_colours() -> None:
    tokens = _tokens("light")
    assert {name: tokens[name] for name in LIGHT} == LIGHT


def test_every_chart_class_follows_the_theme() -> None:
    css = browser_css()
    assert "<" not in css
    assert css.count("{") == 2 * len(RULES)
    assert set(re.findall(r"#[0-9A-Fa-f]{3,6}", css)) == set()


def test_styles_ask_for_nothing_from_elsewhere_and_use_no_failing_classes() -> None:
    for sheet in ("samegauge.css", "components.css"):
        text = (WEB / "static" / sheet).read_text()
        assert "url(" not in text
        assert "@import" not in text
    failing = re.compile(
        r'class="[^"]*\b(bg-(?!surface)|text-(success|warning|danger)|status-|alert|btn-(success|danger|warning))'
    )
    for template in (WEB / "templates").rglob("*.html"):
        source = template.read_text()
        assert not failing.search(source), template
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", source), template
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source)), template

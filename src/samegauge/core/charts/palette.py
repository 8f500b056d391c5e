"""What the charts' classes look like: by the page's tokens in the browser, by fixed light colours in papers."""

from __future__ import annotations

# The light values of the tokens in samegauge.css; a test keeps the two equal.
LIGHT = {
    "surface": "#FFFFFF",
    "surface-2": "#E9ECEF",
    "line": "#D3D8DD",
    "edge": "#7F8993",
    "text": "#1A2026",
    "text-2": "#4C5660",
    "accent": "#1B5E9E",
    "alarm": "#B3261E",
    "warning": "#F5B83D",
    "ok": "#1C6B50",
    "undecided": "#5E4B9B",
    "undecided-soft": "#EEEAF8",
    "data-1": "#1B5E9E",
    "data-2": "#884117",
}

PAPER_FONTS = '"Noto Sans TC", sans-serif'

# `<name>` stands for a token.
RULES = {
    "text": "font-size:16px;fill:<text-2>",
    ".c-strong": "fill:<text>;font-weight:700",
    ".c-rule": "fill:<alarm>;font-weight:700",
    ".c-halo": "paint-order:stroke;stroke:<surface>;stroke-width:4px;stroke-linejoin:round",
    ".c-grid": "stroke:<line>;stroke-width:1",
    ".c-axis": "stroke:<edge>;stroke-width:1",
    ".c-line": "fill:none;stroke:<edge>;stroke-width:1.5",
    ".c-point": "fill:<text-2>;stroke:none",
    ".c-hollow": "fill:<surface>;stroke:<text-2>;stroke-width:1.5",
    ".c-alarm": "fill:<alarm>;stroke:<surface>;stroke-width:1.5",
    ".c-warning": "fill:<warning>;stroke:<text>;stroke-width:1.25",
    ".c-ok": "fill:<ok>;stroke:<surface>;stroke-width:1.5",
    ".c-centre": "stroke:<text-2>;stroke-width:1.25",
    ".c-limit": "stroke:<text-2>;stroke-width:1.25;stroke-dasharray:8 5",
    ".c-spec": "stroke:<text>;stroke-width:2;stroke-dasharray:2 5;stroke-linecap:round",
    ".c-phase": "stroke:<edge>;stroke-width:1;stroke-dasharray:1 3",
    ".c-mark": "stroke:<accent>;stroke-width:2",
    ".c-bar": "fill:<surface-2>;stroke:<edge>;stroke-width:1",
    ".c-bar-alarm": "fill:<alarm>;stroke:<alarm>;stroke-width:1",
    ".c-curve": "fill:none;stroke:<data-1>;stroke-width:2.5",
    ".c-curve-2": "fill:none;stroke:<data-2>;stroke-width:2;stroke-dasharray:7 4",
    ".c-curve-label": "fill:<data-1>;font-weight:700",
    ".c-curve-2-label": "fill:<data-2>;font-weight:700",
    ".c-tolerance": "fill:<surface-2>;stroke:<edge>;stroke-width:1",
    ".c-zone": "fill:<undecided>;fill-opacity:.35;stroke:none",
    ".c-target": "stroke:<text-2>;stroke-width:1;stroke-dasharray:3 3",
    ".c-whisker": "stroke:<text>;stroke-width:2",
    ".c-dot": "fill:<text>;stroke:<surface>;stroke-width:1.5",
    ".c-run": "fill:<edge>;stroke:none",
    ".c-wait": "fill:<line>;stroke:none",
    ".c-setup": "fill:<accent>;stroke:none",
    ".c-stop": "fill:<alarm>;stroke:none",
    ".c-ground": "fill:<surface>;stroke:none",
    ".c-hatch": "fill:none;stroke:<line>;stroke-width:1.5",
    ".c-frame": "fill:none;stroke:<line>;stroke-width:1",
    ".c-gap": "stroke:<edge>;stroke-width:2;stroke-dasharray:1 6;stroke-linecap:round",
    ".c-life": "stroke:<edge>;stroke-width:3",
    ".c-stem": "stroke:<line>;stroke-width:1",
    ".c-edge": "fill:none;stroke:<edge>;stroke-width:1.25",
    ".c-edge-replaced": "fill:none;stroke:<edge>;stroke-width:1.25;stroke-dasharray:3 4",
    ".c-edge-suspect": "fill:none;stroke:<alarm>;stroke-width:3",
    ".c-struck": "text-decoration:line-through",
    ".c-suspect": "fill:<alarm>;font-weight:700",
    ".c-more": "fill:<text-2>",
    "a .c-strong": "fill:<accent>",
    "a .c-suspect": "fill:<alarm>",
}


def browser_css() -> str:
    """Return the rules for pages, where the colours follow the theme."""
    return _css(".sg-chart ", {name: f"var(--sg-{name})" for name in LIGHT}) + _css(
        ".sg-mark ", {name: f"var(--sg-{name})" for name in LIGHT}
    )


def standalone(svg: str) -> str:
    """Return the picture with its style inside, in light colours, for papers and files."""
    style = f"<style>svg{{font-family:{PAPER_FONTS}}}{_css('', LIGHT)}</style>"
    head, bracket, rest = svg.partition(">")
    return f"{head}{bracket}{style}{rest}"


def _css(scope: str, colours: dict[str, str]) -> str:
    rules: list[str] = []
    for selector, declarations in RULES.items():
        filled = declarations
        for name, colour in colours.items():
            filled = filled.replace(f"<{name}>", colour)
        rules.append(f"{scope}{selector}{{{filled}}}")
    return "\n".join(rules) + "\n"

"""Makes the invisible visible: text from outside must not steer the paper or terminal it is printed on."""

from __future__ import annotations

import unicodedata

# Control, format (direction marks, joiners), private use, surrogate, unassigned, line and paragraph separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def visible_text(text: str, limit: int | None = None) -> str:
    """`text` with each invisible character as [U+XXXX], cut after `limit` characters with the number left out."""
    shown = text if limit is None else text[:limit]
    plain = "".join(f"[U+{ord(char):04X}]" if unicodedata.category(char) in _INVISIBLE else char for char in shown)
    return plain if len(shown) == len(text) else f"{plain}…[+{len(text) - len(shown)}]"

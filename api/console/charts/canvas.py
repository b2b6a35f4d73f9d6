"""What charts are drawn on: SVG whose every number is finite and rounded, and whose every word is escaped.

Colours and sizes of letters come from the style sheet, by class. A canvas refuses to draw what is no number, and what
lies outside of it. How wide words are is reckoned for a wide face (DejaVu Sans), so that in any other they fit, too.
"""

import math
import unicodedata
from collections.abc import Callable, Sequence

from markupsafe import Markup, escape

LETTER = 12.0
"""Height of letters, as `.chart text` in console.css has it."""

NARROW, WIDE = 340.0, 680.0
"""How wide the two drawings of each chart are: one for phones and columns, one for the rest."""

_SLIM, _BROAD = frozenset("iljtfrI.,:;'|!()[]{} /-\u202f\u2009\u00a0"), frozenset("mwMWQO%@&—…→")


def width_of(words: str, letter: float = LETTER) -> float:
    """Reckon how wide words are, rather too wide than too narrow."""
    return letter * sum(_ems(one) for one in words)


def _ems(one: str) -> float:
    if unicodedata.combining(one) or unicodedata.category(one) == "Cf":
        return 0.0
    if one in _SLIM:
        return 0.42
    if one in _BROAD or unicodedata.east_asian_width(one) in "WF":
        return 1.02
    return 0.78 if one.isupper() else 0.65


def fitted(words: str, most: float, letter: float = LETTER) -> str:
    """Cut words so that they fit, with an ellipsis where something is left out; control signs are left out."""
    plain = _printable(words)
    if width_of(plain, letter) <= most + 0.5:
        return plain
    while plain and width_of(plain + "…", letter) > most:
        plain = plain[:-1]
    return plain.rstrip() + "…"


def rounded(number: float) -> str:
    """Write a number with one decimal at most. Raises ValueError for what is none."""
    if not math.isfinite(number):
        raise ValueError(f"{number} cannot be drawn")
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


class Canvas:
    """One drawing, from 0, 0 at the left above."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._parts: list[str] = []
        self._words: list[str] = []  # upon the rest: a line never crosses a word

    @property
    def narrow(self) -> bool:
        """Say whether this is the drawing for little room."""
        return self.width <= NARROW

    def rect(self, x: float, y: float, width: float, height: float, style: str, tip: str = "") -> None:
        """Draw a box; `tip` is told where a pointer rests on it. Raises ValueError outside of the canvas."""
        self._inside(x, y)
        self._inside(x + width, y + height)
        size = {"x": x, "y": y, "width": width, "height": height}
        self._add(self._parts, "rect", size, style, f"<title>{escape(_printable(tip))}</title>" if tip else "")

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """Draw a straight line. Raises ValueError outside of the canvas."""
        self._inside(x1, y1)
        self._inside(x2, y2)
        self._add(self._parts, "line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, style)

    def dot(self, x: float, y: float, style: str, radius: float = 3.0, tip: str = "") -> None:
        """Draw a dot. Raises ValueError outside of the canvas."""
        self._inside(x - radius, y - radius)
        self._inside(x + radius, y + radius)
        inner = f"<title>{escape(_printable(tip))}</title>" if tip else ""
        self._add(self._parts, "circle", {"cx": x, "cy": y, "r": radius}, style, inner)

    def path(self, points: Sequence[tuple[float, float]], style: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area within them. Raises ValueError outside of the canvas."""
        for x, y in points:
            self._inside(x, y)
        along = " ".join(f"{'L' if place else 'M'}{rounded(x)} {rounded(y)}" for place, (x, y) in enumerate(points))
        if points:
            self._parts.append(f'<path class="{escape(style)}" d="{along}{" Z" if closed else ""}"/>')

    def text(
        self, x: float, y: float, words: str, style: str = "", anchor: str = "start", most: float | None = None
    ) -> None:
        """Write words on a base line, cut to `most` and to what room there is; whole they are told at the pointer."""
        room = {"start": self.width - x, "end": x, "middle": 2 * min(x, self.width - x)}[anchor]
        self._inside(x, y)
        told = fitted(words, room if most is None else min(most, room))
        self._add(
            self._words,
            "text",
            {"x": x, "y": y},
            style,
            str(escape(told)) + (f"<title>{escape(_printable(words))}</title>" if told != words else ""),
            "" if anchor == "start" else f' text-anchor="{anchor}"',
        )

    def svg(self, title: str, style: str) -> Markup:
        """Give the drawing; `title` is what it says to whoever does not see it. All its parts are escaped already."""
        box = f"0 0 {rounded(self.width)} {rounded(self.height)}"
        head = f'<svg class="{escape(style)}" role="img" viewBox="{box}"><title>{escape(_printable(title))}</title>'
        return Markup(head + "".join((*self._parts, *self._words)) + "</svg>")

    def _add(
        self, parts: list[str], name: str, places: dict[str, float], style: str, inner: str = "", more: str = ""
    ) -> None:
        numbers = "".join(f' {key}="{rounded(value)}"' for key, value in places.items())
        named = f' class="{escape(style)}"' if style else ""
        parts.append(f"<{name}{named}{numbers}{more}>{inner}</{name}>")

    def _inside(self, x: float, y: float) -> None:
        rounded(x), rounded(y)
        if not (-0.05 <= x <= self.width + 0.05 and -0.05 <= y <= self.height + 0.05):
            raise ValueError(f"{x}, {y} is outside of {self.width} x {self.height}")


def _printable(words: str) -> str:
    return "".join(one for one in words if one.isprintable() or unicodedata.category(one) == "Zs")


def drawn(title: str, draw: Callable[[float], Canvas]) -> Markup:
    """Give both drawings of a chart; the style sheet shows the one that there is room for."""
    return draw(WIDE).svg(title, "wide") + draw(NARROW).svg(title, "narrow")

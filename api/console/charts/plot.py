"""The field of a chart within its canvas: grid, ticks and marks, whose words never lie on one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.console.charts.canvas import LETTER, Canvas, width_of
from api.console.charts.scales import Axis

LINE = 16.0
"""From one line of words to the next."""

GAP = 8.0


@dataclass(frozen=True, slots=True)
class Mark:
    """An upright line at a value, with a word: `half within 6 m`. `style`: `mark`, or `target` for a promise."""

    at: float
    label: str
    style: str = "mark"


Tick = tuple[float, str]
"""Where, 0 to 1, and what stands there."""


@dataclass(frozen=True, slots=True)
class Plot:
    """The field: its left upper corner, width and height."""

    canvas: Canvas
    left: float
    top: float
    width: float
    height: float

    def x(self, share: float) -> float:
        """Give the place of a share of the width."""
        return self.left + share * self.width

    def y(self, share: float) -> float:
        """Give the place of a share of the height, which begins below."""
        return self.top + (1 - share) * self.height

    @property
    def below(self) -> float:
        """Give where the field ends."""
        return self.top + self.height

    def levels(self, axis: Axis, written: Callable[[float], str]) -> None:
        """Draw the grid of an upright scale, its numbers at the left, and the ground line."""
        for tick in axis.ticks:
            y = self.y(axis.at(tick))
            self.canvas.line(self.left, y, self.left + self.width, y, "axis" if tick == axis.low else "grid-line")
            self.canvas.text(self.left - GAP, y + 4, written(tick), anchor="end")

    def beside(self, ticks: Sequence[Tick], *, grid: bool = False) -> None:
        """Write as many ticks below as there is room for: each, every second, every third."""
        step = next((every for every in range(1, len(ticks) + 1) if self._apart(ticks[::every])), max(1, len(ticks)))
        for place, (share, words) in enumerate(ticks):
            x = self.x(share)
            shown = place % step == 0
            if grid and shown:
                self.canvas.line(x, self.top, x, self.below, "grid-line")
            if shown:
                left, _ = self._span(share, words)
                self.canvas.text(left, self.below + LINE + 2, words)
            self.canvas.line(x, self.below, x, self.below + (5 if shown else 3), "axis")

    def _span(self, share: float, words: str) -> tuple[float, float]:
        """Give from where to where words reach that stand below a place, moved into the canvas where they must."""
        wide = width_of(words)
        left = min(max(0.0, self.x(share) - wide / 2), max(0.0, self.canvas.width - wide))
        return left, left + wide

    def _apart(self, ticks: Sequence[Tick]) -> bool:
        spans = [self._span(*tick) for tick in ticks]
        return all(spans[one][1] + GAP <= spans[one + 1][0] for one in range(len(spans) - 1))

    def marks(self, marks: Sequence[tuple[float, Mark]]) -> None:
        """Draw marks at shares of the width, each with its word on a line of its own above the field."""
        ordered = sorted(marks, key=lambda one: one[0])
        for place, (share, mark) in enumerate(ordered):
            x, top = self.x(share), self.top - GAP - (len(marks) - 1 - place) * LINE - LETTER
            self.canvas.line(x, max(0.0, top), x, self.below, mark.style)
        for place, (share, mark) in enumerate(ordered):
            x, base = self.x(share), self.top - GAP - (len(marks) - 1 - place) * LINE
            wide = width_of(mark.label)
            if x + 4 + wide <= self.canvas.width:
                self.canvas.text(x + 4, base, mark.label, "value")
            else:
                self.canvas.text(x - 4, base, mark.label, "value", "end")


def room_for(words: Sequence[str], most: float) -> float:
    """Say how much width words need, at most `most`."""
    return min(most, max((width_of(one) for one in words), default=0.0))


def above_for(marks: int, what: str = "") -> float:
    """Say how much height words need above the field: what is counted, then each mark's on a line of its own."""
    return GAP + (marks + (1 if what else 0)) * LINE + (4 if marks else 0)

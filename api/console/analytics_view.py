"""What a view of the analytics is made of, and how to add one.

A view is a `View` in a module of its own, named in `analytics.VIEWS`. Its `build` gets what was asked for and gives
sentences, numbers and figures; page, filters, tables and files come by themselves:

    async def build(asked: Asked) -> Built: ...
    VIEW = View("peaks", "Peaks", "When many leads come", "What the coming weeks bring.", build)
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from api.console.analytics_asked import Asked, Choice
from api.console.charts import Bar, Figure, Sheet
from api.console.words import number, share
from models.figures import Share

PLACE = "/analytics"


@dataclass(frozen=True, slots=True)
class Stat:
    """One number in the open: what, how much, and of how many."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Built:
    """What a view shows: what one sees in a sentence or two, numbers, figures, and what to keep in mind.

    `sheets`: more files than those behind the figures.
    """

    says: Sequence[str]
    stats: Sequence[Stat] = ()
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = ()
    sheets: Sequence[Sheet] = ()

    def sheet(self, name: str) -> Sheet | None:
        """Find a file by its name; without one, the first. None where there is none."""
        every = [*(one.sheet for one in self.figures), *self.sheets]
        return next((one for one in every if name in ("", one.name)), None)


@dataclass(frozen=True, slots=True)
class View:
    """One page of the analytics. `name` is its address; `choices` are its own questions beside the filters.

    `template` may be another that extends `analytics.html`, where its shape is not enough.
    """

    name: str
    label: str
    title: str
    about: str
    build: Callable[[Asked], Awaitable[Built]]
    choices: tuple[Choice, ...] = ()
    template: str = "analytics.html"
    filtered: bool = field(default=True)

    @property
    def path(self) -> str:
        """Give where it is."""
        return f"{PLACE}/{self.name}" if self.name else PLACE


def told(one: Share) -> str:
    """Write a share with how many it is of and how sure it is: `81 % (n = 37, 66 to 91 %)`."""
    if not one.tells or one.rate is None:
        return f"too few to tell (n = {number(one.of)})"
    return f"{share(one.rate)} (n = {number(one.of)}, {100 * one.low:.0f} to {share(one.high)})"


def beside(one: Share) -> str:
    """Write a share as it stands beside a bar: `81 %, n = 37`."""
    if not one.tells or one.rate is None:
        return f"too few, n = {number(one.of)}"
    return f"{share(one.rate)}, n = {number(one.of)}"


def bar(label: str, one: Share, mark: float | None = None, tone: int = 1) -> Bar:
    """Make a bar of a share, with its interval; of too few leads there is none."""
    if not one.tells:
        return Bar(label, None, beside(one))
    return Bar(label, one.rate, beside(one), one.low, one.high, mark, tone)


def stat(label: str, one: Share, note: str = "") -> Stat:
    """Make a number of a share."""
    if not one.tells or one.rate is None:
        return Stat(label, "–", f"too few to tell, n = {number(one.of)}")
    sure = f"n = {number(one.of)}, {100 * one.low:.0f} to {share(one.high)}"
    return Stat(label, share(one.rate), f"{sure} {note}".strip())

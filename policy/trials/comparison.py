"""What is different between two policies, in terms of rules and keys instead of lines of text.

Rules are matched by name, accounts by id, cells of the matrix by intent and fit. A rule whose place among the others
changed has moved, for the first that matches decides. What one of two leaves to its default and the other spells out
is the same. This room refuses to say which is better (`policy/simulation/simulator.py`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from models.policy import Policy

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "segments": ("name",),
    "accounts": ("id",),
    "scoring.attributes": ("name",),
    "scoring.behaviour": ("kind",),
    "fit.criteria": ("name",),
    "matrix": ("intent", "fit"),
    "ways": ("name",),
    "triggers": ("name",),
    "tiers": ("name",),
    "routing.ties": ("to",),
    "routing.rules": ("name",),
    "routing.best_fit": ("name",),
    "sla": ("name",),
    "first_answers": ("name",),
    "examples": ("name",),
}
"""The lists of a policy whose entries have names, and what those are."""

MAPS = frozenset({"territories", "currencies", "lists", "calendars", "scoring.groups"})
"""The parts of a policy whose keys are names."""


class Kind(StrEnum):
    """What happened to an entry or a key."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the section (`routing.rules`), the entry's name in it, and the key within the entry.

    `name` and `key` are empty where there is none: a scalar is its own section (`routing.hold_at_most`), and a whole
    entry has no key. `old` and `new` are written as a policy file does; of what moved they are places, from 1.
    """

    kind: Kind
    section: str
    name: str = ""
    key: str = ""
    old: Any = None
    new: Any = None


def compare(before: Policy, after: Policy) -> tuple[Change, ...]:
    """List every difference from one policy to another, in the order of a policy's keys; none if they are equal."""
    walk = _Walk(written(before), written(after))
    return tuple(walk.section("", written(before, defaults=True), written(after, defaults=True)))


def written(policy: Policy, *, defaults: bool = False) -> dict[str, Any]:
    """Write a policy as plain data, as its file would: durations as `1h30m`; what is at its default only if asked."""
    document: dict[str, Any] = _simple(policy.model_dump(by_alias=True, exclude_defaults=not defaults))
    return document


@dataclass(frozen=True)
class _Walk:
    """Goes through two documents; `lean_before` and `lean_after` are the same without defaults, to be shown."""

    lean_before: Any
    lean_after: Any

    def section(self, path: str, old: Any, new: Any) -> Iterator[Change]:
        if old == new:
            return
        if path in NAMED_BY:
            yield from self._entries(path, old, new)
        elif path in MAPS:
            lean_old, lean_new = _lean(self.lean_before, path), _lean(self.lean_after, path)
            for name in dict.fromkeys([*old, *new]):
                yield from _entry(
                    path,
                    name,
                    old.get(name),
                    new.get(name),
                    lean_old.get(name, old.get(name)),
                    lean_new.get(name, new.get(name)),
                )
        elif isinstance(old, dict) and isinstance(new, dict):
            for key in dict.fromkeys([*old, *new]):
                yield from self.section(f"{path}.{key}" if path else key, old.get(key), new.get(key))
        else:
            yield Change(Kind.CHANGED, path, old=old, new=new)

    def _entries(self, path: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
        was, is_now = _by_name(path, old), _by_name(path, new)
        lean_old, lean_new = _shown(self.lean_before, path, old), _shown(self.lean_after, path, new)
        moved = _moved([name for name in was if name in is_now], [name for name in is_now if name in was])
        for name in dict.fromkeys([*is_now, *was]):
            before, after = was.get(name), is_now.get(name)
            if name in moved and before and after:
                yield Change(Kind.MOVED, path, name, old=before[0] + 1, new=after[0] + 1)
            yield from _entry(
                path,
                name,
                before and before[1],
                after and after[1],
                before and lean_old[before[0]],
                after and lean_new[after[0]],
            )


def _entry(path: str, name: str, old: Any, new: Any, shown_old: Any, shown_new: Any) -> Iterator[Change]:
    if old is None:
        yield Change(Kind.ADDED, path, name, new=shown_new)
    elif new is None:
        yield Change(Kind.REMOVED, path, name, old=shown_old)
    else:
        yield from _keys(path, name, "", (old, shown_old), (new, shown_new))


_Both = tuple[Any, Any]
"""A value whole, and as it is shown: without what it leaves to its default."""


def _keys(path: str, name: str, key: str, was: _Both, is_now: _Both) -> Iterator[Change]:
    (old, shown_old), (new, shown_new) = was, is_now
    if old == new:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for inner in dict.fromkeys([*old, *new]):
            below = f"{key}.{inner}" if key else str(inner)
            if inner not in old:
                yield Change(Kind.ADDED, path, name, below, new=new[inner])
            elif inner not in new:
                yield Change(Kind.REMOVED, path, name, below, old=old[inner])
            else:
                yield from _keys(path, name, below, _inner(old, shown_old, inner), _inner(new, shown_new, inner))
    else:
        yield Change(Kind.CHANGED, path, name, key, old=shown_old, new=shown_new)


def _inner(whole: Any, shown: Any, key: str) -> _Both:
    return whole[key], shown.get(key, whole[key]) if isinstance(shown, dict) else whole[key]


def _by_name(path: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, Any]]:
    return {", ".join(str(one[key]) for key in NAMED_BY[path]): (place, one) for place, one in enumerate(entries)}


def _shown(lean: Any, path: str, entries: Sequence[Any]) -> Sequence[Any]:
    """Give a section's entries without defaults; whole where the section as such is the default."""
    shown = _lean(lean, path)
    return shown if len(shown) == len(entries) else entries


def _lean(lean: Any, path: str) -> Any:
    """Give a section of a document without defaults; an empty one where all of it is the default."""
    for key in path.split("."):
        lean = lean.get(key, {})
    return lean


def _moved(old: Sequence[str], new: Sequence[str]) -> set[str]:
    """Name the fewest entries that have to change places to make one order the other: all but a longest common run."""
    places = {name: place for place, name in enumerate(old)}
    tails: list[int] = []  # the least last place of a rising run of each length
    last: list[int] = []  # whose place that is, in `new`
    before: list[int | None] = []
    for at, name in enumerate(new):
        length = bisect_left(tails, places[name])
        before.append(last[length - 1] if length else None)
        tails[length : length + 1] = [places[name]]
        last[length : length + 1] = [at]
    stays: set[str] = set()
    at_end = last[-1] if last else None
    while at_end is not None:
        stays.add(new[at_end])
        at_end = before[at_end]
    return set(new) - stays


def _simple(value: Any) -> Any:
    match value:
        case dict():
            return {str(_simple(key)): _simple(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_simple(inner) for inner in value]
        case timedelta():
            return in_units(value)
        case date():
            return value.isoformat()
        case StrEnum():
            return value.value
    return value


_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1)), ("s", timedelta(seconds=1)))


def in_units(length: timedelta) -> str:
    """Write a duration as a policy file does: `1h30m`, `4d`, `1.5ms`; `0s` for none."""
    text = ""
    for unit, size in _UNITS:
        count, length = divmod(length, size)
        text += f"{count}{unit}" if count else ""
    if length:
        text += f"{length / timedelta(milliseconds=1):g}ms"
    return text or "0s"

"""A source, ready to read payloads: `policy.mapping.compiling` makes it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.base import Problem, Refused
from models.source import MOST_ITEMS, Becomes, Reading, Source
from policy.cleaning.reading import IN_WORDS
from policy.mapping.paths import Path, PathFails
from policy.mapping.targets import BadValue, as_word, fit, put

LONGEST_ID = 200
"""Characters of a delivery's id; a longer one counts by its digest, as does one of which a character is none."""


_SAYS = {
    Becomes.OUTCOME: (("result",), "nothing has become of it yet"),
    Becomes.OWNER: (("owner", "crm_owner"), "nobody has it there now"),
}
"""What an item has to say at least, and why one that does not is passed over: a CRM tells of every change."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What an item became: the JSON of a lead, an event, an outcome or a change of owner, as a door takes it."""

    becomes: Becomes
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Passed:
    """An item that its source passes over, and why."""

    because: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field: where it comes from and what it takes."""

    name: str
    kind: type
    how: Reading
    path: Path | None

    def read(self, item: Any) -> Any:
        """Give the field's value, None for nothing. Raises BadValue and PathFails."""
        if self.path is None:
            return fit(self.kind, self.how.value)
        found = self.path.find(item)
        if found is None or found == "" or found == []:
            return fit(self.kind, self.how.default)
        if self.how.table is not None:
            found = self._translated(found)
        try:
            return fit(self.kind, found)
        except BadValue:
            if self.name in IN_WORDS and isinstance(found, str):
                return found  # "11-50", "perhaps": understood or noted by hygiene, and no reason to lose a lead
            raise

    def _translated(self, found: Any) -> Any:
        table = {key.strip().casefold(): value for key, value in (self.how.table or {}).items()}
        word = as_word(found)
        if word in table:
            return table[word]
        if "otherwise" in self.how.model_fields_set:
            return self.how.otherwise
        raise BadValue("is a word that its table lacks: add it, or say otherwise")


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of item is read: the first whose `when` holds is used."""

    becomes: Becomes
    when: Path | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """A source whose every path is read."""

    source: Source
    delivery: Path | None
    each: Path | None
    ignore: Path | None
    names: Mapping[str, Path]
    ways: tuple[Way, ...]

    def delivery_id(self, payload: Any) -> str | None:
        """Give what the tool calls this delivery; None where it does not say."""
        if self.delivery is None:
            return None
        try:
            found = self.delivery.find(payload)
        except PathFails:
            return None
        return bounded_id(str(found)) if isinstance(found, str | int) and str(found).strip() else None

    def items(self, payload: Any) -> list[Any]:
        """Give the items of a payload in their order. Raises Refused: it has none, or too many."""
        try:
            found = payload if self.each is None else self.each.find(payload)
        except PathFails as error:
            raise Refused((Problem(field="each", what=str(error)),)) from None
        items = found if isinstance(found, list) else [] if found is None else [found]
        if not items:
            raise Refused((Problem(field="each", what="finds nothing in this payload"),))
        if len(items) > MOST_ITEMS:
            raise Refused((Problem(field="each", what=f"finds {len(items):,} items; {MOST_ITEMS:,} are taken"),))
        return items

    def read(self, item: Any) -> Mapped | Passed:
        """Make of an item what its mapping says. Raises Refused naming each field that does not come out."""
        try:
            item = self._named(item)
            if self.ignore is not None and self.ignore.holds(item):
                return Passed("the source ignores it")
            way = next((one for one in self.ways if one.when is None or one.when.holds(item)), None)
        except PathFails as error:
            raise Refused((Problem(field="when", what=str(error)),)) from None
        if way is None:
            raise Refused((Problem(field="when", what="no mapping is for such an item"),))
        data = self._fill(way, item)
        says, otherwise = _SAYS.get(way.becomes, ((), ""))
        if says and not data.keys() & set(says):
            return Passed(otherwise)
        return Mapped(way.becomes, data)

    def _named(self, item: Any) -> Any:
        """Add what `let` names to an item, each seeing those before it."""
        for name, path in self.names.items():
            if not isinstance(item, dict):
                return item
            item = {**item, name: path.find(item)}
        return item

    def _fill(self, way: Way, item: Any) -> dict[str, Any]:
        data: dict[str, Any] = {}
        problems = []
        for field in way.fields:
            try:
                value = field.read(item)
            except (BadValue, PathFails) as error:
                problems.append(Problem(field=field.name, what=str(error)))
                continue
            if value is not None:
                put(data, field.kind, field.name, value)
        if problems:
            raise Refused(tuple(problems))
        if way.becomes is Becomes.LEAD or "external_id" in data:
            data.setdefault("source", self.source.name)
        return data


def bounded_id(text: str) -> str:
    """Give an id that every database takes: itself, or its digest where it is too long or no plain text."""
    text = text.strip()
    if len(text) <= LONGEST_ID and text.isprintable():
        return text
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"

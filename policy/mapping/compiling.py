"""A source's declaration made ready: its paths are read, and every mistake in it is found before the first payload."""

from collections.abc import Iterator

from models.base import Problem
from models.source import Becomes, Reading, Source
from models.source import Mapping as Declared
from policy.mapping.compiled import CompiledSource, Field, Way
from policy.mapping.paths import BadPath, Path, read_path
from policy.mapping.targets import WORDS, BadValue, fit, hint, kind_of

_KNOWN_BY = ("lead_id", "email", "external_id", "crm_id")
_NEEDS = {
    Becomes.LEAD: (("type",), ("email", "phone")),
    Becomes.EVENT: (("kind",), ("lead_id", "email", "external_id")),
    Becomes.OUTCOME: (("result",), _KNOWN_BY),
    Becomes.OWNER: (("owner", "crm_owner"), _KNOWN_BY),
}
_NOUNS = {
    Becomes.LEAD: "a lead",
    Becomes.EVENT: "an event",
    Becomes.OUTCOME: "an outcome",
    Becomes.OWNER: "a change of owner",
}


class BadSource(ValueError):
    """A source cannot be used. Names each mistake by its key."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


def compile_source(source: Source) -> CompiledSource:
    """Read every path of a source. Raises BadSource naming each mistake."""
    reader = _Reader()
    named = {name: reader.path(f"let.{name}", text) for name, text in source.let.items()}
    ways = [reader.way(f"mappings[{place}]", declared) for place, declared in enumerate(source.mappings)]
    compiled = CompiledSource(
        source=source,
        delivery=reader.path("delivery_path", source.delivery_path),
        each=reader.path("each", source.each),
        ignore=reader.path("ignore", source.ignore),
        names={name: found for name, found in named.items() if found is not None},
        ways=tuple(ways),
    )
    if reader.problems:
        raise BadSource(tuple(reader.problems))
    return compiled


class _Reader:
    """Reads on after a mistake, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def path(self, field: str, text: str | None) -> Path | None:
        try:
            return None if text is None else read_path(text)
        except BadPath as error:
            self.problems.append(Problem(field=field, what=str(error)))
            return None

    def way(self, at: str, declared: Declared) -> Way:
        for names in _NEEDS[declared.becomes]:
            if not declared.fields.keys() & set(names):
                self.problems.append(Problem(field=f"{at}.fields", what=f"needs {' or '.join(names)}"))
        read = (self._field(f"{at}.fields", declared.becomes, name, how) for name, how in declared.fields.items())
        fields = tuple(field for field in read if field is not None)
        return Way(declared.becomes, self.path(f"{at}.when", declared.when), fields)

    def _field(self, at: str, becomes: Becomes, name: str, how: Reading) -> Field | None:
        where = f"{at}.{name}"
        kind = kind_of(becomes, name)
        if kind is None:
            what = f"is no field of {_NOUNS[becomes]}{hint(becomes, name)}"
            self.problems.append(Problem(field=where, what=what))
            return None
        self.problems += _unfit(where, kind, how)
        return Field(name, kind, how, self.path(where, how.path))


def _unfit(where: str, kind: type, how: Reading) -> Iterator[Problem]:
    """Find the first fixed value that its field would not take."""
    for fixed in (how.value, how.default, how.otherwise, *(how.table or {}).values()):
        try:
            value = fit(kind, fixed)
        except BadValue as error:
            yield Problem(field=where, what=str(error))
            return
        if kind in WORDS and value is not None and value not in WORDS[kind][1]:
            noun, words = WORDS[kind]
            yield Problem(field=where, what=f"names no {noun}; there are {', '.join(words)}")
            return

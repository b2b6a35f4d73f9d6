"""Taking conditions apart: whatever is answered without CEL, or remembered, is what CEL says of the whole."""

from functools import lru_cache
from typing import Any

import pytest
from cel_expr_python import cel
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.lead import LeadType
from policy.conditions import cel as condition_cel
from policy.conditions.cel import LONGEST_REMEMBERED, MOST_ANSWERS, environment
from policy.conditions.condition import Known, compile_condition
from policy.conditions.patterns import plain_pattern
from policy.conditions.vocabulary import Kind, Listed, Scope, Vocabulary
from policy.conditions.words import rewrite

WORDS = Vocabulary(
    scope=Scope.QUALIFIED,
    touches=(*LeadType, "email_open"),
    lists=("rivals",),
    regions=("apac", "emea"),
    segments=("keen",),
    tiers=("small",),
)


@lru_cache
def whole(text: str) -> Any:
    """Compile a condition as it stands."""
    return environment(WORDS).compile(rewrite(text, WORDS.fields))


def as_cel_says(text: str, values: dict[str, Any]) -> bool:
    """Judge a condition as a whole, by CEL alone, over every field there is."""
    data: dict[str, Any] = {}
    for name, field in WORDS.fields.items():
        value = values.get(name)
        data[f"lead.known.{name}"] = value is not None
        if value is None:
            value = 0 if name.startswith("touches.") else {Kind.TEXTS: [], Kind.MAP: {}}.get(field.kind)
        if isinstance(value, Listed):  # case does not matter in what lists hold: CEL gets every spelling there is
            value = [*value, *(spelled for spelled in SPELLED if spelled.lower() in set(value) - {spelled})]
        if value is not None:
            data[f"lead.{name}"] = list(value) if isinstance(value, list) else value
    try:
        return whole(text).eval(data=data).value() is True
    except RuntimeError:
        return False


CLAUSES = [
    'region == "emea"', '!(region == "emea")', 'region != "emea"', 'region in ["emea", "apac"]', 'region in ["apac",]',
    '"emea" == region', 'lead.region == "emea"', "region in []", 'title == ""', 'title != ""', "title == title",
    "company.employees >= 25", "company.employees < 5", "company.employees == 25", "company.employees != 25",
    "company.employees > -1", "company.employees <= 007", "company.employees + 1 > 25", "25 <= company.employees",
    "touches.email_open == 0", "touches.email_open >= 2", "!(touches.email_open == 0)", "days_since.email_open > 3",
    "decision_maker", "!decision_maker", "decision_maker == true", "!!decision_maker", "true", "false", "!true",
    '"a" in tags', '!("a" in tags)', '"a" in company.tech', "tags.size() > 1", 'tags == ["a"]',
    'tags.exists(t, t == "a")', "tags.all(t, t in lists.rivals)", 'tags.exists(title, title == "a")',
    "title in lists.rivals", '"a" in lists.rivals', '"CEO" in lists.rivals', '!("CEO" in lists.rivals)',
    "tags.exists(tag, tag in lists.rivals)", "custom.role in lists.rivals", "custom.all(k, custom[k] in lists.rivals)",
    "!(title in lists.rivals)", "!(title in lists.rivals) && title in tags", "title in tags",
    "known(title)", "!known(title)", "known(tags)", "known(custom.age)", "!known(custom.age)", "known(custom)",
    "known(touches.email_open)", "known( lead.title )", "has(custom.age)",
    "custom.age > 30", "custom.age == 31", "custom.flag == true", "custom.flag", 'custom.role == "a"',
    'custom.role != "a"', 'custom["role"] == "a"', "custom.plan.seats == 4", 'custom.exists(k, k == "role")',
    'custom.role in ["a", "b"]', "custom.role.size() == 1", "custom.age == 31.0", 'campaign.name == "a"',
    'custom.plan == "a"', 'custom.size() > 1', '(custom).role == "a"', 'custom // so\n.role == "a"',
    'title.contains("a")', 'title.startsWith("a")', 'title.endsWith("b")', 'title.matches("(?i)\\\\b(ceo|a)\\\\b")',
    'title.matches("a|b")', 'title.matches("^a")', 'title.matches("(?i)k")', "title.matches(r'\\ba\\b')",
    "title.matches('a.b')", 'title.matches("\\\\bceo")', 'title.contains("\\"")', "title == 'a'", "title < 'b'",
    'title == """a"""', 'title == r"a"', "title == 'it\\'s'", 'known(title) ? title == "a" : true', "title == 'a && b'",
    'region == "emea" // || true', '("senior" in levels)', '(((points > 5)))', 'intent == "high"', '"keen" in segments',
    'tier == "small"', "points > 5 == true", "[1, 2].exists(n, n == points)", 'message.contains("a")',
    "type == source", 'source in ["a"] == true', "company\n.employees > 3", "company . employees > 3",
]  # fmt: skip

SPELLED = [
    *("a", "b", "a b", "A B", "ceo", "CEO", "ceo of a", "emea", "", 'say "a"', "é a", "É A", "\u212a", "ſ", "x" * 300)
]
TEXTS = st.sampled_from(SPELLED)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(29, 32) | st.just(31.0) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["seats", "a"]), inner, max_size=2),
    max_leaves=4,
)
MAPS = st.dictionaries(
    st.sampled_from(["age", "role", "flag", "plan", "name"]), ANYTHING.filter(lambda v: v is not None)
)
BY_KIND: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: TEXTS,
    Kind.NUMBER: st.integers(-2, 40),
    Kind.YES_NO: st.booleans(),
    Kind.TEXTS: st.lists(TEXTS, max_size=3),
    Kind.MAP: MAPS,
}
NAMED = (
    *("region", "title", "company.employees", "touches.email_open", "days_since.email_open", "decision_maker", "tags"),
    *("company.tech", "custom", "campaign", "levels", "points", "intent", "tier", "segments", "message", "type"),
    *("source", "lists.rivals"),
)


def values_for(text: str) -> st.SearchStrategy[dict[str, Any]]:
    """Make leads of whom some of what a condition names is known."""
    named = [name for name in NAMED if name.rpartition(".")[2] in text]
    known = {name: BY_KIND[WORDS.fields[name].kind] for name in named if not name.startswith("lists.")}
    return st.fixed_dictionaries({"lists.rivals": st.lists(TEXTS, max_size=3).map(Listed)}, optional=known)


CONDITIONS = st.recursive(
    st.sampled_from(CLAUSES),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(" && ".join),
        st.lists(inner, min_size=2, max_size=4).map("\n|| ".join),
        inner.map(lambda one: f"({one}\n)"),
        inner.map(lambda one: f"!({one}\n)"),
    ),
    max_leaves=6,
)


def compiles(text: str) -> bool:
    """Say whether our checks let a condition pass: some that are joined at random have too many loops."""
    try:
        compile_condition(text, "", WORDS)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("clause", CLAUSES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_each_clause_is_answered_as_cel_would(clause: str, data: st.DataObject) -> None:
    """Every plain shape, and every shape that only looks plain, holds when CEL says so over the whole lead."""
    condition = compile_condition(clause, "", WORDS)
    values = data.draw(values_for(clause))
    expected = as_cel_says(clause, values)
    assert expected is condition.holds(Known(values, WORDS))
    assert expected is condition.holds(Known(values, WORDS)), "asked again"


@settings(max_examples=200, deadline=None)
@given(CONDITIONS.filter(compiles).flatmap(lambda text: st.tuples(st.just(text), values_for(text))))
@example(('title == "a" // why\n&& region == "emea"', {"title": "a", "region": "emea", "lists.rivals": Listed([])}))
@example(('(title == "a") && (region == "emea")', {"title": "a", "lists.rivals": Listed([])}))
def test_the_parts_together_say_what_the_whole_says(case: tuple[str, dict[str, Any]]) -> None:
    """However clauses are joined, negated and wrapped, over whatever is known: as CEL says of all of it at once."""
    text, values = case
    assert as_cel_says(text, values) is compile_condition(text, "", WORDS).holds(Known(values, WORDS))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(CLAUSES), st.data())
def test_what_is_remembered_is_what_would_be_answered_afresh(clause: str, data: st.DataObject) -> None:
    """Asked of many leads, one after the other and all again, each gets the answer that was its own."""
    leads = data.draw(st.lists(values_for(clause), min_size=1, max_size=8))
    condition = compile_condition(clause, "", WORDS)
    first = [condition.holds(Known(values, WORDS)) for values in leads]
    again = [condition.holds(Known(values, WORDS)) for values in leads]
    condition_cel.forget()
    fresh = [condition.holds(Known(values, WORDS)) for values in leads]
    assert first == again == fresh


def test_kinds_that_look_alike_are_told_apart() -> None:
    """A yes is no 1 and no 1.0, though Python thinks they are the same."""
    condition = compile_condition("custom.flag == true", "", WORDS)
    answers = [condition.holds(Known({"custom": {"flag": value}}, WORDS)) for value in (1, True, 1.0, True, 1, "true")]
    assert [False, True, False, True, False, False] == answers


def test_two_policies_lists_are_told_apart() -> None:
    """The same condition over a list of the same name, but with other entries, is another question."""
    condition = compile_condition("tags.exists(tag, tag in lists.rivals)", "", WORDS)
    lists = [Listed(["x"]), Listed(["y"]), Listed(["x"]), Listed([]), Listed(["y", "x"])]
    assert [True, False, True, False, True] == [
        condition.holds(Known({"tags": ["x"], "lists.rivals": entries}, WORDS)) for entries in lists
    ]


def test_memory_is_bounded() -> None:
    """However many different leads come, only so many answers are kept, and none by a long text."""
    condition_cel.forget()
    condition = compile_condition('!(title == "a")', "", WORDS)
    for number in range(MOST_ANSWERS + 500):
        assert condition.holds(Known({"title": f"title {number}"}, WORDS))
    assert MOST_ANSWERS == condition_cel.kept()
    condition_cel.forget()
    assert condition.holds(Known({"title": "x" * (LONGEST_REMEMBERED + 1)}, WORDS))
    assert 0 == condition_cel.kept()
    loop = compile_condition('custom.exists(key, key == "a")', "", WORDS)
    assert loop.holds(Known({"custom": {"a": 1}}, WORDS))
    assert 0 == condition_cel.kept()


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [
        (r'"(?i)\\b(ceo|chief executive)\\b"', r"(?i)\b(ceo|chief executive)\b"),
        (r"'\\bceo'", r"\bceo"),
        ('"ceo"', "ceo"),
        ('"(?:a|b)"', "(?:a|b)"),
        ('"a|b"', None),
        ('"a+"', None),
        ('"(a+)+"', None),
        ('"[a]"', None),
        (r'"\bceo"', None),
        (r'"\\d"', None),
        ('"(a|)"', None),
        ('"(?s)a"', None),
        ('"é"', None),
        ('r"a"', None),
        ('""', None),
    ],
)
def test_only_patterns_of_plain_words_are_read_by_python(quoted: str, expected: str | None) -> None:
    """Nothing that repeats, nothing beyond ASCII, nothing that the two engines could read in two ways."""
    pattern = plain_pattern(quoted)
    assert expected == (pattern.pattern if pattern else None)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text("ab K-_", min_size=1, max_size=3), min_size=1, max_size=3),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.text("abAB kK-_.\n\u212aſé", max_size=8),
)
def test_plain_patterns_find_what_re2_finds(words: list[str], fold: bool, front: bool, back: bool, text: str) -> None:
    """With and without boundaries and folding, over ASCII and beyond."""
    border = "\\\\b"
    pattern = f"{'(?i)' if fold else ''}{border if front else ''}({'|'.join(words)}){border if back else ''}"
    condition = compile_condition(f'title.matches("{pattern}")', "", WORDS)
    program = cel.NewEnv(variables={"title": cel.Type.STRING}).compile(f'title.matches("{pattern}")')
    assert program.eval(data={"title": text}).value() is condition.holds(Known({"title": text}, WORDS))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("country in lists.rivals", True),
        ("!(country in lists.rivals)", False),
        ("!(company.country in lists.rivals)", True),
        ("timezone in lists.rivals", True),
        ("custom.plan in lists.rivals", True),
        ("custom.tools.all(tool, tool in lists.rivals)", True),
        ('"DE" in lists.rivals', True),
        ('!("De" in lists.rivals)', False),
    ],
)
def test_case_does_not_matter_in_what_lists_hold(condition: str, expected: bool) -> None:
    """A list of countries finds them, however both are written; whoever answers, Python or CEL."""
    values = {
        "country": "DE", "company.country": "US", "timezone": "Europe/Berlin",
        "lists.rivals": Listed(["de", "EUROPE/Berlin", "Gold"]), "custom": {"plan": "GOLD", "tools": ["gold", "Gold"]},
    }  # fmt: skip
    assert expected is compile_condition(condition, "", WORDS).holds(Known(values, WORDS))

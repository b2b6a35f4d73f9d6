"""Conditions: what they can say, what is found wrong with them before a lead comes, and that none can do harm."""

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.lead import LeadType
from policy.conditions.condition import LONGEST, Known, compile_condition
from policy.conditions.flaws import ConditionError
from policy.conditions.vocabulary import FIELDS, Scope, Vocabulary

WORDS = Vocabulary(
    scope=Scope.QUALIFIED,
    touches=(*LeadType, "email_open"),
    lists=("competitors",),
    regions=("apac", "emea"),
    tiers=("small", "large"),
)
SOMEBODY = {
    "type": "demo_request",
    "title": "Head of Sales",
    "decision_maker": True,
    "region": "emea",
    "company.employees": 120,
    "company.tech": ["salesforce"],
    "company.domain": "rival.example",
    "tags": ["abm"],
    "custom": {"age": 31, "plan": {"seats": 4}, "Favourite Colour": "green"},
    "touches.email_open": 2,
    "days_since.email_open": 3,
    "levels": ["senior", "mid"],
    "lists.competitors": ["rival.example"],
}


def holds(text: str, **values: Any) -> bool:
    """Judge a condition over a lead of whom just these fields are known."""
    return compile_condition(text, "", WORDS).holds(
        Known({name.replace("__", "."): value for name, value in values.items()}, WORDS)
    )


def flaws(text: str) -> list[str]:
    """List what is wrong with a condition."""
    with pytest.raises(ConditionError) as caught:
        compile_condition(text, "ways[0].when", WORDS)
    return [f"{flaw.line}:{flaw.column} {flaw.what}" for flaw in caught.value.flaws]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('type == "demo_request"', True),
        ('lead.type == "demo_request"', True),
        ('type in ["webinar", "newsletter"]', False),
        ("company.employees >= 25 && company.employees < 500", True),
        ('"salesforce" in company.tech', True),
        ('company.tech.exists(tool, tool.startsWith("sales"))', True),
        ('title.matches("(?i)\\\\bHEAD\\\\b")', True),
        ("decision_maker", True),
        ("!decision_maker", False),
        ("custom.age > 30", True),
        ("custom.plan.seats == 4", True),
        ('custom["Favourite Colour"] == "green"', True),
        ("company.domain in lists.competitors", True),
        ("touches.email_open >= 2 && days_since.email_open < 7", True),
        ("touches.webinar == 0", True),
        ('"senior" in levels', True),
        ('!("vip" in tags)', True),
        ("true // always", True),
        ('"known(nonsense)" != title', True),
    ],
)
def test_a_condition_says_what_it_says(text: str, expected: bool) -> None:
    """Fields, lists, maps, touches and named lists can be compared as CEL does."""
    assert expected is compile_condition(text, "", WORDS).holds(Known(SOMEBODY, WORDS))


@pytest.mark.parametrize(
    "text",
    [
        "company.employees < 5",
        "company.employees >= 5",
        "!(company.employees < 5)",
        "!(company.employees >= 5)",
        'title != "CEO"',
        "!decision_maker",
        "decision_maker",
        '!(country in ["DE"])',
        "custom.age > 30",
        "!(custom.age > 30)",
        "days_since.email_open > 30",
        "company.employees < 5 && true",
    ],
)
def test_what_is_unknown_matches_nothing(text: str) -> None:
    """A lead of unknown size is neither small nor not small (R35): neither a condition nor its opposite holds."""
    assert holds(text) is False


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('region == "emea" || company.employees < 5', True),
        ('company.employees < 5 || region == "emea"', True),
        ('!(region == "apac" && company.employees < 5)', True),
        ('region == "emea" && company.employees < 5', False),
        ("known(region) && !known(company.employees)", True),
        ("known ( region )\n&& true", True),
        ("known(lead.region)", True),
        ("known(custom.age)", False),
        ("known(tags)", False),
        ("known(touches.email_open)", False),
        ("!known(company.employees) || company.employees < 5", True),
    ],
)
def test_the_unknown_only_counts_where_it_decides(text: str, expected: bool) -> None:
    """`true ||` and `false &&` need not know the rest, and `known()` is always an answer itself."""
    assert expected is holds(text, region="emea")


def test_known_asks_inside_maps() -> None:
    """A custom field can be asked for as any other, whatever is in it."""
    assert holds("known(custom.age) && !known(custom.shoe)", custom={"age": None, "shoe": 43}) is False
    assert holds("known(custom.shoe)", custom={"shoe": 43}) is True


@pytest.mark.parametrize("value", ["31", [31], {"is": 31}, True, 2**80, -(2**80), float("nan"), "\ud800"])
def test_a_value_of_another_kind_counts_as_unknown(value: Any) -> None:
    """What senders put into `custom` never breaks a rule; at worst the rule does not hold."""
    assert holds('custom.age == "x" && custom.age > 30', custom={"age": value}) is False
    assert holds("custom.age > 30 && custom.age < 32", custom={"age": value}) is False


MISTAKES = {
    "company.employes < 5": "1:1 unknown field company.employes, did you mean company.employees?",
    "true &&\n  employees > 3": "2:3 unknown field employees, did you mean company.employees?",
    "deal > 1": "1:1 deal holds fields: write deal.amount",
    "deal.size > 1": "1:1 unknown field deal.size; there is deal.amount",
    "touches.email_opn > 1": "1:1 unknown field touches.email_opn, did you mean touches.email_open?",
    "lists.competitor == tags": "1:1 unknown field lists.competitor, did you mean lists.competitors?",
    "known(company.employes)": "1:7 unknown field company.employes, did you mean company.employees?",
    "known(title == 'x')": "1:1 known() asks for one field, for example known(deal.amount) or known(custom.age)",
    "has(company.employees)": "1:1 write known(company.employees)",
    "title == null": "1:7 nothing is null here; write known(FIELD) or !known(FIELD)",
    "company.employees < '5'": "1:19 `<` does not go with a whole number and a text",
    "points > 5.5": "1:8 `>` does not go with a whole number and a decimal number; write whole numbers, "
    "without a decimal point",
    "!title": "1:1 `!` does not go with a text",
    "title.size.x == 1": "1:6 a text has no fields",
    "title": "1:1 is neither true nor false; compare it with something (title == ...)",
    "title = 'x'": "1:7 compare with ==",
    "title == 'x' and decision_maker": "1:14 write && for and",
    "title ==": "1:9 ends too early",
    "title == 'x": "1:10 a quotation mark is not closed, or a text stands where none can",
    "title.lower() == 'x'": '1:7 unknown function lower; for any case write matches("(?i)...")',
    "title.matches('(')": "1:15 is not a regular expression (RE2): missing ): (",
    "points > 99999999999999999999": "1:10 is too large a number",
    "type == 'demo_requst'": '1:9 type is never "demo_requst", did you mean demo_request?',
    "'hot' != intent": '1:1 intent is never "hot"; it is one of high, medium, low',
    "region in ['emea', 'aapc']": '1:20 region is never "aapc", did you mean apac?',
    "'seniorr' in levels": '1:1 levels is never "seniorr", did you mean senior?',
    "country == 'de'": '1:12 country is never "de", did you mean DE?',
    "company.country in ['DE', 'at']": '1:27 company.country is never "at", did you mean AT?',
    "company.industry != 'Retail'": '1:21 company.industry is never "Retail", did you mean retail?',
    "'SAP' in company.tech": '1:1 company.tech is never "SAP", did you mean sap?',
    "country == 'Germany'": '1:12 country is never "Germany", did you mean DE?',
    "language in ['en', 'German']": '1:20 language is never "German", did you mean de?',
    "'VIP' in tags": '1:1 tags is never "VIP", did you mean vip?',
    "tags.map(t, t) == tags": "1:1 map() is not for conditions; exists(), all() and filter() are",
    "true\x07": "1:5 holds a character that cannot be printed",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_found_before_a_lead_comes(text: str) -> None:
    """Unknown fields, impossible values, kinds that do not go together and slips are named with their place."""
    assert [MISTAKES[text]] == flaws(text)


def test_every_mistake_is_told_at_once() -> None:
    """Whoever writes three mistakes hears of three."""
    expected = ["1:17 unknown field foo", "2:2 unknown field compny.employees, did you mean company.employees?"]
    assert expected == flaws("title == 'ü' && foo == 1 &&\n compny.employees < 3")


def test_a_mistake_names_whose_condition_it_is() -> None:
    """The error itself says where the condition stands, for logs and for tools."""
    with pytest.raises(ConditionError, match=r"^ways\[0\]\.when: unknown field foo \(character 1\)$"):
        compile_condition("foo == 1", "ways[0].when", WORDS)


LATER = {
    **dict.fromkeys(("points", "intent", "fit", "segments"), "`ways`"),
    **dict.fromkeys(("tier", "levels"), "`sla` and `routing.rules`"),
}


@pytest.mark.parametrize("name", LATER)
def test_a_stage_knows_no_later_words(name: str) -> None:
    """A rule for points cannot look at points: what is judged later is no field yet, and the error says from when."""
    with pytest.raises(ConditionError, match=f"{name} is not known yet here; .* from {LATER[name]} on"):
        compile_condition(f"known({name})", "", Vocabulary(scope=Scope.FACTS))
    assert compile_condition(f"known({name})", "", replace(WORDS, segments=("strategic",))).fields == (name,)


def test_a_policy_without_segments_has_no_word_for_them() -> None:
    """That is said as it is: the word is right, there is only nothing to ask for."""
    with pytest.raises(ConditionError, match="segments are not there: the policy has no segments"):
        compile_condition("'strategic' in segments", "", replace(WORDS, segments=()))


HOSTILE = {
    "too long": "true" + " " * LONGEST,
    "deep parentheses": "(" * 500 + "true" + ")" * 500,
    "deep lists": "[" * 900 + "]" * 900 + " == []",
    "deep choice": "true ? " * 400 + "true" + " : false" * 400,
    "endless sum": " + ".join(["1"] * 900) + " == 1",
    "doubling texts": "[message]" + ".map(a, a + a)" * 20 + ".size() > 0",
    "doubling in loops": "[message + message].exists(a, [a + a].exists(b, [b + b].exists(c, c.size() > 9)))",
    "nested loops": "[1, 2].all(a, [1, 2].all(b, [1, 2].all(c, [1, 2].all(d, true))))",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_do_harm_is_refused(name: str) -> None:
    """Size, depth, loops and growth are bounded, and saying so takes no time."""
    started = time.monotonic()
    with pytest.raises(ConditionError):
        compile_condition(HOSTILE[name], "", WORDS)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "text",
    [
        "custom.exists(a, custom.exists(b, a != a))",
        'message.matches("(((a{1,30}){1,30})*b)|" )',
        "message.matches(message)",
        " + ".join(["message"] * 30) + " == message",
    ],
)
def test_what_is_let_pass_ends_soon(text: str) -> None:
    """The worst that passes, over the longest message and ten thousand custom fields, is done in a moment."""
    condition = compile_condition(text, "", WORDS)
    known = Known({"message": "a" * 10_000, "custom": {f"k{n}": n for n in range(10_000)}}, WORDS)
    started = time.monotonic()
    assert condition.holds(known) in (True, False)
    assert time.monotonic() - started < 2


SCRAPS = [*FIELDS, "known(", "has(", "(", ")", "[", "]", "&&", "||", "!", "==", "in", "<", '"x"', "'", "1", "2.5", "."]
MORE_SCRAPS = [",", "\n", "custom.a", "exists(t,", "?", ":", "null", "+", "//", "matches(", "lead.", "touches.x"]


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(SCRAPS + MORE_SCRAPS), max_size=12).map(" ".join)))
@example("\x00")
@example('"""')
@example("\ud800")
def test_any_text_compiles_or_is_refused_and_never_breaks(text: str) -> None:
    """Whatever is typed: either flaws with places, or a condition that answers for the unknown and the known."""
    try:
        condition = compile_condition(text, "", WORDS)
    except ConditionError as error:
        found = error.flaws
    else:
        found = ()
        assert condition.holds(Known({}, WORDS)) in (True, False)
        assert condition.because(Known(SOMEBODY, WORDS))
    assert all(flaw.line >= 1 and flaw.column >= 1 and flaw.what for flaw in found)


def test_it_tells_what_it_looked_at() -> None:
    """The reason names each field with its value, or that it is not known; a message is never quoted."""
    text = 'company.employees > 5 && custom.age > 3 && !known(deal.amount) && message.contains("x") && "a" in tags'
    condition = compile_condition(text, "", WORDS)
    known = Known({**SOMEBODY, "message": "private words"}, WORDS)
    expected = "company.employees is 120, custom.age is 31, deal.amount is not known, the message, tags is abm"
    assert expected == condition.because(known)
    assert "always" == compile_condition("true", "", WORDS).because(known)


def test_it_is_fast() -> None:
    """A compiled condition judges far more than fifty thousand leads a second, so rules may be many."""
    condition = compile_condition('region == "emea" && company.employees > 5 && "senior" in levels', "", WORDS)
    known = Known(SOMEBODY, WORDS)
    condition.holds(known)
    best = min(_seconds(lambda: condition.holds(known), 5_000) for _ in range(5))
    assert best < 0.1


def _seconds(act: Any, times: int) -> float:
    started = time.monotonic()
    for _ in range(times):
        act()
    return time.monotonic() - started

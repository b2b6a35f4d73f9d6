"""A source's declaration: every mistake found before the first payload, and what comes out of real ones."""

from collections.abc import Mapping
from contextlib import suppress
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.base import Refused, parse
from models.door import Happening
from models.lead import LeadInput, LeadType
from models.source import MOST_ITEMS, Becomes, Source
from policy.mapping.compiled import CompiledSource, Mapped, Passed
from policy.mapping.compiling import BadSource, compile_source
from policy.mapping.paths import BadPath, PathFails, read_path
from policy.mapping.targets import fit, kind_of

FIELDS = {"type": {"value": "demo_request"}, "email": "email"}


def source(fields: Mapping[str, Any] = FIELDS, becomes: str = "lead", **more: Any) -> CompiledSource:
    """Make a source of one mapping."""
    mapping = {"becomes": becomes, "fields": dict(fields)}
    raw = {"name": "tool", "signature": "none", "mappings": [mapping], **more}
    return compile_source(parse(Source, raw))


def lead(made: CompiledSource, item: Any) -> dict[str, Any]:
    """Read one item that becomes a lead."""
    found = made.read(item)
    assert isinstance(found, Mapped)
    return found.data


def mistakes(fields: Mapping[str, Any] = FIELDS, becomes: str = "lead", **more: Any) -> dict[str, str]:
    """Say what is wrong with a source, by key."""
    with pytest.raises(BadSource) as wrong:
        source(fields, becomes, **more)
    return {one.field: one.what for one in wrong.value.problems}


def refusals(made: CompiledSource, item: Any) -> dict[str, str]:
    """Say why an item does not come out, by field."""
    with pytest.raises(Refused) as wrong:
        made.read(item)
    return {one.field: one.what for one in wrong.value.problems}


def test_a_field_comes_by_a_path_a_value_or_a_table() -> None:
    """And its default where the path finds nothing."""
    made = source(
        {
            "type": {"path": "kind", "table": {"Demo": "demo_request"}, "otherwise": "other", "default": "newsletter"},
            "email": "contact.addresses[0]",
            "country": {"value": "SE"},
            "company.name": {"path": "firm", "default": "unknown"},
        }
    )
    item = {"kind": " DEMO ", "contact": {"addresses": ["mona.lind@acme.example"]}, "firm": "  Acme "}
    assert {
        "type": "demo_request",
        "email": "mona.lind@acme.example",
        "country": "SE",
        "company": {"name": "Acme"},
        "source": "tool",
    } == lead(made, item)
    assert ("other", "unknown") == (lead(made, {"kind": "x"})["type"], lead(made, {"kind": "x"})["company"]["name"])
    assert "newsletter" == lead(made, {"kind": ""})["type"]


def test_a_word_that_a_table_lacks_is_an_error_unless_said_otherwise() -> None:
    """A new option of a form must not become a wrong lead; null leaves the field out."""
    strict = source({**FIELDS, "type": {"path": "kind", "table": {"demo": "demo_request"}}})
    assert ["type"] == list(refusals(strict, {"kind": "yacht", "email": "a@b.example"}))
    lax = source({**FIELDS, "company.employees": {"path": "size", "table": {"1-10": 5}, "otherwise": None}})
    assert "company" not in lead(lax, {"size": "huge"})
    assert {"employees": 5} == lead(lax, {"size": "1-10"})["company"]


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("phone", 4681234567, "4681234567"),
        ("phone", 4681234567.0, "4681234567"),
        ("message", ["a", "b", 3], "a, b, 3"),
        ("decision_maker", "Yes", True),
        ("decision_maker", 0, False),
        ("company.employees", " 240 ", 240),
        ("company.employees", 240.0, 240),
        ("deal_value.amount", "1200.50", 1200.5),
        ("company.tech", "Python; SQL;", ["Python", "SQL"]),
        ("tags", ["a", 7], ["a", "7"]),
        ("received_at", 1772442000, "2026-03-02T09:00:00+00:00"),
        ("received_at", 1772442000123, "2026-03-02T09:00:00.123000+00:00"),
        ("received_at", "1772442000", "2026-03-02T09:00:00+00:00"),
        ("received_at", "2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("type", "Demo_Request", "demo_request"),
        ("custom.budget", {"any": [1, None]}, {"any": [1, None]}),
        ("campaign", {"name": "x"}, {"name": "x"}),
        ("email", "   ", None),
        ("tags", [], None),
        ("phone", None, None),
    ],
)
def test_what_a_tool_sends_is_fitted_to_its_field(name: str, found: Any, expected: Any) -> None:
    """Numbers come as text, instants as milliseconds, lists with semicolons."""
    kind = kind_of(Becomes.LEAD, name)
    assert kind is not None
    assert (expected, type(expected)) == ((fitted := fit(kind, found)), type(fitted))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("email", {"a": 1}),
        ("email", [{"a": 1}]),
        ("company.employees", 2.5),
        ("company.employees", True),
        ("company.employees", ["11-50"]),
        ("deal_value.amount", False),
        ("decision_maker", 7),
        ("campaign", "x"),
        ("received_at", {}),
        ("received_at", True),
        ("received_at", 10**18),
        ("received_at", 10**400),
    ],
)
def test_what_does_not_fit_is_refused_without_being_told(name: str, found: Any) -> None:
    """The field is named; what stood there is not."""
    if found == {}:
        found = {"x": 1}
    made = source({**FIELDS, name: "x"})
    assert [name] == list(told := refusals(made, {"email": "a@b.example", "x": found}))
    assert "11-50" not in told[name]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("company.employees", "11-50"), ("company.employees", "٣"), ("deal_value.amount", "1_000"),
        ("deal_value.amount", "nan"), ("decision_maker", "perhaps"),
    ],
)  # fmt: skip
def test_a_number_told_in_words_is_left_to_hygiene(name: str, found: str) -> None:
    """A form's words where a number belongs lose no lead: whoever cleans it reads them, or notes them (R42)."""
    holder, _, last = name.rpartition(".")
    data = lead(source({**FIELDS, name: "x"}), {"email": "a@b.example", "x": found})
    assert found == (data[holder] if holder else data)[last]


def test_each_field_that_does_not_come_out_is_named() -> None:
    """All at once, so that a mapping is mended once."""
    made = source({**FIELDS, "company.employees": "size", "decision_maker": "boss", "message": "join(',', words)"})
    told = refusals(made, {"email": "a@b.example", "size": [1], "boss": 7, "words": 3})
    assert ["company.employees", "decision_maker", "message"] == list(told)
    assert "join() takes array of string, and finds number" in told["message"]


def test_every_mistake_in_a_source_is_found_before_a_payload() -> None:
    """With its key and a hint."""
    assert {
        "each": "is no JMESPath: ends too early (column 3)",
        "ignore": "has a function that there is not: nope()",
        "let.a": "gives lower() 2 arguments; it takes 1",
        "mappings[0].fields.emial": "is no field of a lead; did you mean email?",
        "mappings[0].fields.employees": "is no field of a lead; did you mean company.employees?",
        "mappings[0].fields.type": f"names no type of a lead; there are {', '.join(LeadType)}",
        "mappings[0].fields": "needs email or phone",
    } == mistakes(
        {"emial": "x", "employees": "y", "type": {"path": "t", "table": {"a": "demo"}}},
        each="a[",
        ignore="nope(@)",
        let={"a": "lower(a, b)"},
    )
    assert {"mappings[0].fields": "needs type"} == mistakes({"email": "x"})
    assert {"mappings[0].fields": "needs lead_id or email or external_id"} == mistakes({"kind": "x"}, "event")
    assert {"mappings[0].fields.phone": "is no field of an event"} == mistakes(
        {"kind": "x", "email": "e", "phone": "p"}, "event"
    )
    assert ["mappings[0].fields.company.employees"] == list(
        mistakes({**FIELDS, "company.employees": {"path": "x", "default": "many"}})
    )


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a[", "a..b", "`", "'", "@@", "foo(", "a | | b", "&a(", "\x00", "a[?", "f()"]
)
def test_what_is_no_path_is_told_with_its_place(text: str) -> None:
    """Nothing but BadPath leaves."""
    with pytest.raises(BadPath):
        read_path(text)


@settings(max_examples=300)
@given(st.text(alphabet="ab.[]()|&@?*'`\"=!<>-:,0 ", max_size=24))
def test_any_text_is_a_path_or_is_told_why_not(text: str) -> None:
    """And a path can be followed through anything, or says that it cannot."""
    try:
        path = read_path(text)
    except BadPath:
        return
    for payload in (None, {"a": [1, {"b": "x"}]}, ["a", 3]):
        with suppress(PathFails):
            path.find(payload)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("|".join(["[@, @][]"] * 40), id="a list that doubles"),
        pytest.param("|".join(["name", *["join('', [@, @])"] * 40]), id="a text that doubles"),
        pytest.param("|".join(["[@, @]"] * 60), id="small until it is written out"),
        pytest.param("|".join(["map(&[@, @][], [@][])[]"] * 40), id="a list that doubles within a function"),
    ],
)
def test_a_path_that_blows_up_is_stopped(text: str) -> None:
    """It fails, as any path may: nobody waits for it, and nothing grows without end."""
    began = perf_counter()
    with pytest.raises(PathFails):
        read_path(text).find({"name": "x"})
    assert perf_counter() - began < 10


def test_as_much_as_a_request_holds_is_followed() -> None:
    """What stops a path is far beyond what a tool sends."""
    answers = [{"name": f"q{number}", "values": [number]} for number in range(20_000)]
    path = read_path("pairs(answers, &lower(name), &values[0])")
    assert {f"q{number}": number for number in range(20_000)} == path.find({"answers": answers})


def test_four_functions_more() -> None:
    """Lists of names and values as an object, and full names in two; null stays null."""
    answers = [{"n": "email", "v": ["x@y.example"]}, {"n": "email", "v": ["later"]}, {"n": 7, "v": [1]}, {"v": [2]}]
    assert {"email": "x@y.example", "7": 1} == read_path("pairs(@, &n, &v[0])").find(answers)
    name = {"name": " Mona  Lind Berg "}
    assert ["Mona", "Lind Berg", "mona"] == read_path(
        "[first_word(name), other_words(name), lower(first_word(name))]"
    ).find(name)
    assert [None] * 4 == read_path("[pairs(x, &a, &b), first_word(x), other_words(x), lower(x)]").find({})


def test_items_are_found_one_by_one() -> None:
    """A payload alone, each of a list, or what a path leads to."""
    assert [{"a": 1}] == source().items({"a": 1})
    assert [1, 2] == source().items([1, 2])
    assert [1, 2] == source(each="rows[].x").items({"rows": [{"x": 1}, {"x": 2}]})
    for made, payload in ((source(), []), (source(), None), (source(each="rows"), {"other": 1})):
        with pytest.raises(Refused, match="finds nothing"):
            made.items(payload)
    with pytest.raises(Refused, match="1,001 items"):
        source().items([0] * 1001)


def test_what_a_source_ignores_is_passed_and_the_rest_goes_the_first_way_that_holds() -> None:
    """An item for which no way holds is an error: it may be a lead."""
    event = {"becomes": "event", "when": "kind == 'left'", "fields": {"kind": {"value": "left"}, "email": "email"}}
    ways = [event, {"becomes": "lead", "when": "kind == 'came'", "fields": FIELDS}]
    made = source(ignore="kind == 'test'", mappings=ways)
    assert Passed("the source ignores it") == made.read({"kind": "test"})
    assert Mapped(Becomes.EVENT, {"kind": "left", "email": "a@b.example"}) == made.read(
        {"kind": "left", "email": "a@b.example"}
    )
    assert "source" in lead(made, {"kind": "came", "email": "a@b.example"})
    assert {"when": "no mapping is for such an item"} == refusals(made, {"kind": "else"})


def test_an_event_known_by_external_id_is_of_its_source() -> None:
    """Unless the mapping says of which."""
    made = source({"kind": {"value": "visit"}, "external_id": "id"}, "event")
    found = made.read({"id": 12})
    assert isinstance(found, Mapped)
    assert {"kind": "visit", "external_id": "12", "source": "tool"} == found.data
    parse(Happening, found.data)


def test_an_outcome_and_an_owner_need_a_word_of_their_own_and_whose_it_is() -> None:
    """Found before a payload; a fixed word that is none is named, and so is a field of something else."""
    assert {
        "mappings[0].fields": "needs lead_id or email or external_id or crm_id",
        "mappings[0].fields.result": (
            "names no outcome; there are qualified, won, lost, disqualified, bad, unreachable"
        ),
        "mappings[0].fields.emial": "is no field of an outcome; did you mean email?",
    } == mistakes({"result": {"path": "stage", "table": {"closed": "sold"}}, "emial": "email"}, "outcome")
    assert {
        "mappings[0].fields": "needs owner or crm_owner",
        "mappings[0].fields.kind": "is no field of a change of owner",
    } == mistakes({"kind": "kind", "crm_id": "id"}, "owner")


def test_what_says_no_outcome_and_no_owner_is_passed_over() -> None:
    """A CRM tells of every change, and some say that there is nothing."""
    stages = {"path": "stage", "table": {"closed won": "won"}, "otherwise": None}
    outcome = source({"result": stages, "crm_id": "id", "value": "amount"}, "outcome")
    assert Mapped(Becomes.OUTCOME, {"result": "won", "crm_id": "7", "value": 12.5}) == outcome.read(
        {"stage": "Closed Won", "id": 7, "amount": "12.5"}
    )
    assert Passed("nothing has become of it yet") == outcome.read({"stage": "open", "id": 7})
    owner = source({"crm_owner": "owner", "external_id": "id"}, "owner")
    assert Mapped(Becomes.OWNER, {"crm_owner": "u-1", "external_id": "7", "source": "tool"}) == owner.read(
        {"owner": "u-1", "id": 7}
    )
    assert Passed("nobody has it there now") == owner.read({"owner": "", "id": 7})


def test_let_names_what_later_paths_use() -> None:
    """Each name sees those before it."""
    made = source({**FIELDS, "email": "second"}, let={"first": "rows[0]", "second": "lower(first)"})
    assert "a@b.example" == lead(made, {"rows": ["A@B.example"]})["email"]


def test_everything_goes_to_custom_where_it_is_asked_for() -> None:
    """As an object, or under a name whose dots are its own."""
    made = source({**FIELDS, "custom": "@", "custom.utm.source": {"value": "x"}})
    assert {"email": "a@b.example", "n": 1, "utm.source": "x"} == lead(made, {"email": "a@b.example", "n": 1})["custom"]


def test_a_delivery_is_known_by_what_its_tool_calls_it() -> None:
    """Bounded, and never by something that is no name."""
    made = source(delivery_path="id")
    assert ["7", "abc", None, None, None] == [
        made.delivery_id({"id": said}) for said in (7, " abc ", "", {"x": 1}, None)
    ]
    long = made.delivery_id({"id": "x" * 500})
    assert long is not None
    assert long.startswith("sha256:")
    odd = [made.delivery_id({"id": said}) for said in ("y" * 500, "a\x00b", "a\x00c", "\ud800", "\ud801")]
    assert [True] * 5 == [one is not None and one.startswith("sha256:") for one in odd]
    assert 6 == len({long, *odd}), "no database holds half a character, and none locks by it"


def test_a_signature_that_cannot_be_checked_is_refused() -> None:
    """Before anybody relies on it."""
    for signature, what in (
        ({"scheme": "hmac_sha256"}, "needs the header"),
        ({"scheme": "slack", "header": "X"}, "leave it out"),
        ({"scheme": "hmac_sha256", "header": "X", "signed": "{timestamp}.{body}"}, "has to come in a header"),
        ({"scheme": "hmac_sha256", "header": "X", "timestamp_header": "Y"}, "has to be signed"),
        ({"scheme": "hmac_sha256", "header": "X", "signed": "x"}, "has to hold {body} once"),
        ({"scheme": "hmac_sha256", "header": "X Y"}, "not the name of a header"),
        ({"scheme": "md5", "header": "X"}, "Input should be"),
    ):
        with pytest.raises(Refused) as wrong:
            parse(Source, {"name": "x", "signature": signature, "mappings": [{"fields": FIELDS}]})
        assert what in str(wrong.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["email", "kind", "rows", "x", "name"]) | st.text(max_size=5), inner, max_size=4
        )
    ),
    max_leaves=15,
)
_WIDE = source(
    {
        "type": {"path": "kind", "table": {"demo": "demo_request"}, "otherwise": "other", "default": "other"},
        "email": "email",
        "first_name": "first_word(name)",
        "company.employees": "x",
        "received_at": "x",
        "tags": "rows",
        "custom.all": "@",
        "custom": "rows",
    },
    each="rows || @",
    ignore="x == 'test'",
    let={"flat": "pairs(rows, &name, &x)"},
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_JSON)
def test_any_payload_is_read_or_refused(payload: Any) -> None:
    """Nothing else leaves: whatever a tool sends is kept and told."""
    with suppress(Refused):
        items = _WIDE.items(payload)
        assert 0 < len(items) <= MOST_ITEMS
        for item in items:
            with suppress(Refused):
                found = _WIDE.read(item)
                if isinstance(found, Mapped):
                    assert found.data["source"] == "tool"
                    parse(LeadInput, found.data)

"""A payload's shape: enough to mend a mapping by, and nothing of the person whom it is about."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.console.ops_shape import MOST, Line, shape_of, veiled

PAYLOAD = {
    "form": {
        "email": "mona.lind@acme.example",
        "phone": "+49 170 1234567",
        "name": "Mona Lind",
        "size": 12,
        "ok": True,
    },
    "answers": [{"q": "Why?", "at": "2026-03-02T09:00:00Z"}, {"q": None}],
    "mona.lind@acme.example": "x",
    "Mona Lind": {"page": "https://acme.example/x"},
    "none": [],
}


def test_each_place_is_named_with_what_is_there() -> None:
    """Several kinds at one place are all told; a name that is somebody's own is not."""
    expected = {
        "form.email": "an e-mail address",
        "form.phone": "digits, as of a phone",
        "form.name": "text",
        "form.size": "a number",
        "form.ok": "yes or no",
        "answers[].q": "text or nothing",
        "answers[].at": "a day",
        "(a name of 22 characters)": "text",
        "(a name of 9 characters).page": "an address of a page",
        "none": "an empty list",
    }
    assert expected == {line.path: line.kind for line in shape_of(PAYLOAD)}
    assert (Line("[]", "a day"),) == shape_of(["2026-03-02", "2026-03-03T10:00:00Z"])


def test_a_name_that_the_mapping_asks_for_is_plain() -> None:
    """A question of the form, as the mapping has it."""
    assert (Line("What do you need?", "text"),) == shape_of({"What do you need?": "all"}, '"What do you need?"')


def test_a_payload_without_end_has_an_end() -> None:
    """So many lines are shown."""
    assert MOST == len(shape_of({f"k{number}": 1 for number in range(MOST + 5)}))


def test_what_was_said_of_it_is_veiled() -> None:
    """Values, addresses and numbers of phones, wherever they stand."""
    told = veiled("'Mona Lind' is no type; ask mona.lind@acme.example or +49 170 1234567", PAYLOAD)
    assert "'…' is no type; ask … or …" == told
    assert "ask [email]" == veiled("ask ben@else.example", PAYLOAD)


texts = st.text(alphabet="abcdefgh XYZ@.+0123456789", min_size=6, max_size=30)
payloads = st.recursive(
    texts | st.integers() | st.none(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(["a", "b", "c_1"]), below, max_size=3),
    max_leaves=12,
)


@given(payloads)
def test_no_shape_says_what_stands_in_it(payload: Any) -> None:
    """Whatever it is: its lines are made of names and of a few words."""
    words = {
        "text", "empty text", "an e-mail address", "digits, as of a phone", "a day",
        "an address of a page", "a number", "nothing", "an empty object", "an empty list",
    }  # fmt: skip
    for line in shape_of(payload):
        assert set(line.kind.split(" or ")) <= words
        assert line.path == "the payload" or set(line.path) <= set("abc_1.[]")

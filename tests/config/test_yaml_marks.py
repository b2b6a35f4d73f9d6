"""YAML as plain data: what people mean is read, riddles and bombs are refused, each with its line."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.yaml_marks import LARGEST, MOST_VALUES, FileError, read_yaml

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)
NOT_YAML = {
    "empty": (
        "# only a comment\n",
        "1: is empty",
    ),
    "a tab": (
        "name: x\n\tpoints: 1\n",
        (
            "2: is not YAML: found character '\\t' that cannot start any token (while scanning for the "
            "next token) (column 1)"
        ),
    ),
    "a colon in a text": (
        "name: x\nhint: a: b\n",
        (
            "2: is not YAML: mapping values are not allowed here (column 8); put a text that holds ': "
            "' or begins with a sign in quotes"
        ),
    ),
    "two documents": (
        "name: x\n---\nname: y\n",
        (
            "2: is not YAML: but found another document (expected a single document in the stream, "
            "from line 1 on) (column 1)"
        ),
    ),
    "an object": (
        "name: !!python/object/apply:os.system [ls]\n",
        "1: name: has a tag (tag:yaml.org,2002:python/object/apply:os.system); plain values only",
    ),
    "a value that holds itself": (
        "name: &me\n  - *me\n",
        "1: name[0]: refers to itself",
    ),
    "a list as a key": (
        "? [a]\n: b\n",
        "1: has a list or a map as a key",
    ),
    "half a character": (
        'name: "\\uD800"\n',
        "1: name: holds half of a character",
    ),
    "a forbidden character": (
        "name: x\nhint: \x07\n",
        "2: holds a character that YAML forbids",
    ),
    "too deep": (
        "name: " + "[" * 5000,
        "1: is nested too deeply",
    ),
    "too large": (
        "#" * (LARGEST + 1),
        f"1: is too large: {LARGEST + 1} bytes, {LARGEST} at most",
    ),
}


@pytest.mark.parametrize("name", NOT_YAML)
def test_what_is_no_plain_yaml_is_refused_with_its_line(name: str) -> None:
    """Objects, endless texts and riddles are refused; slips are explained."""
    text, expected = NOT_YAML[name]
    with pytest.raises(FileError) as caught:
        read_yaml(text, "p.yaml")
    assert (f"p.yaml:{expected}",) == caught.value.lines


@pytest.mark.parametrize("text", [BOMB, "- a\n" * (MOST_VALUES + 10)], ids=["aliases", "values"])
def test_a_file_cannot_unfold_without_end(text: str) -> None:
    """Ten aliases of ten aliases of ... are counted, and refused before they fill the memory."""
    started = time.monotonic()
    with pytest.raises(FileError, match=f"more than {MOST_VALUES} values"):
        read_yaml(text, "p.yaml")
    assert time.monotonic() - started < 20


def test_plain_values_are_what_people_mean() -> None:
    """Norway is not false, nine o'clock is not 540, a date stays a date, and quotes make a text."""
    text = 'a: [NO, yes, 09:00, 2026-12-24, "7", 7, -1.5, true, ~, 1_000, 0x1F]\n'
    expected = ["NO", "yes", "09:00", "2026-12-24", "7", 7, -1.5, True, None, "1_000", "0x1F"]
    assert {"a": expected} == read_yaml(text, "p.yaml").data


@given(st.text(max_size=200))
def test_any_text_is_read_or_explained(text: str) -> None:
    """Whatever a file holds: data, or an error with a line, and nothing else."""
    lines = [1]
    try:
        read_yaml(text, "p.yaml")
    except FileError as error:
        lines = [spot.line for spot in error.spots]
    assert lines
    assert all(1 <= line <= len(text.splitlines()) + 1 for line in lines)

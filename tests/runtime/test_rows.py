"""Rows of lead files: what the JSON of each lead is, and the line it begins on."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.lead import LeadInput
from runtime.intake.columns import column_of
from runtime.intake.rows import FileFlaw, Format, Row, decode, format_of, read_rows


def rows(text: str, format_: Format) -> list[Row]:
    """Read a text's rows."""
    return list(read_rows(text, format_))


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("source", " web ", {"source": "web"}),
        ("external_id", "00123", {"external_id": "00123"}),
        ("phone", "0171", {"phone": "0171"}),
        ("company.employees", "1200", {"company": {"employees": 1200}}),
        ("decision_maker", "False", {"decision_maker": False}),
        ("tags", "a; b ;;c", {"tags": ["a", "b", "c"]}),
        ("company.tech", "slack", {"company": {"tech": ["slack"]}}),
        ("received_at", "2026-03-02T09:00:00Z", {"received_at": "2026-03-02T09:00:00Z"}),
        ("campaign.name", "Spring", {"campaign": {"name": "Spring"}}),
        ("custom.budget_approved", "true", {"custom": {"budget_approved": True}}),
        ("custom.age", "37", {"custom": {"age": 37}}),
        ("custom.rate", "-1.5", {"custom": {"rate": -1.5}}),
        ("custom.account", "0042", {"custom": {"account": "0042"}}),
        ("custom.a.b", "x", {"custom": {"a.b": "x"}}),
        ("custom.note", "True", {"custom": {"note": "True"}}),
        ("message", "", {}),
    ],
)
def test_a_cell_becomes_what_its_field_holds(column: str, cell: str, expected: Mapping[str, object]) -> None:
    """Numbers, yes or no, lists and maps; text stays as it is, an empty cell is a field left out."""
    assert [Row(2, {"type": "other", **expected})] == rows(f'type,{column}\nother,"{cell}"\n', Format.CSV)


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("company.employees", "1,200"), ("company.employees", "50-100"), ("company.employees", "١٢"),
        ("company.employees", "-5"), ("deal_value.amount", "1,5"), ("deal_value.amount", "nan"),
        ("deal_value.amount", "€ 1.000"), ("decision_maker", "yes"),
    ],
)  # fmt: skip
def test_a_cell_in_words_stays_as_it_is(column: str, cell: str) -> None:
    """What is no plain number or yes or no is for hygiene to read or note: no row is lost for it (R42)."""
    (row,) = rows(f'{column}\n"{cell}"\n', Format.CSV)
    holder, _, last = column.rpartition(".")
    assert ((), cell) == (row.problems, (row.data[holder] if holder else row.data)[last])


def test_a_currency_alone_is_no_deal() -> None:
    """A file that says EUR in each line says nothing of lines without a sum."""
    assert [Row(2, {"type": "other"})] == rows("type,deal_value.amount,deal_value.currency\nother,,EUR\n", Format.CSV)


def test_every_field_of_a_lead_has_a_column() -> None:
    """What a lead may hold can be in a CSV."""
    for name, field in LeadInput.model_fields.items():
        assert column_of(name) or column_of(f"{name}.anything") or name in ("company", "deal_value"), field
    assert {"company.domain", "deal_value.currency"} <= {
        name for name in ("company.domain", "deal_value.currency", "company.none") if column_of(name)
    }


def test_a_row_is_where_it_begins() -> None:
    """Quoted line breaks, empty lines and Windows' line ends do not shift the count."""
    text = '\r\nsource,message\r\nweb,"one\r\ntwo"\r\n\r\nweb,"three"\r\n"web"x,\r\nweb,four'
    found = rows(text, Format.CSV)
    assert [3, 6, 7, 8] == [row.line for row in found]
    assert ["one\r\ntwo", "three", None, "four"] == [row.data and row.data["message"] for row in found]


def test_an_array_is_read_item_by_item() -> None:
    """Each item has its line, however it is laid out, and those before a mistake are good."""
    text = ' \n[ {"a": 1}, {\n"b": 2}\n,\n{"c": 3}, nope'
    found = rows(text, Format.JSON)
    assert [(2, {"a": 1}), (2, {"b": 2}), (5, {"c": 3})] == [(row.line, row.data) for row in found[:3]]
    assert [(5, True)] == [(row.line, "nothing from here on is read" in str(row.problems)) for row in found[3:]]


def test_an_array_that_does_not_end_is_told() -> None:
    """A file that was cut off."""
    assert "is not JSON" in str(rows('[{"a": 1}', Format.JSON)[-1].problems)
    assert "is not JSON" in str(rows('[{"a": 1},', Format.JSON)[-1].problems)
    assert "is not JSON" in str(rows("[", Format.JSON)[-1].problems)


def test_deep_nesting_is_a_mistake_and_no_crash() -> None:
    """A hostile line costs its sender that line."""
    deep = "[" * 100_000
    assert [True, True] == [bool(rows(deep, format_)[0].problems) for format_ in (Format.JSON, Format.JSONL)]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.CSV", "[", Format.CSV),
        ("a.json", "x", Format.JSON),
        ("a.ndjson", "x", Format.JSONL),
        ("-", " [", Format.JSON),
        ("-", ' {"a":\n1}', Format.JSON),
        ("-", '{"a":1}\n{"a":2}', Format.JSONL),
        ("-", '{"a":1', Format.JSONL),
        ("-", "source,type", Format.CSV),
        ("leads.txt", "", Format.CSV),
    ],
)
def test_the_format_follows_from_name_or_content(name: str, text: str, expected: Format) -> None:
    """The end of the name decides; without one that is known, the first character does."""
    assert expected is format_of(name, text)


def test_bytes_that_are_no_text_have_a_line() -> None:
    """The first line that is not UTF-8 is named."""
    with pytest.raises(FileFlaw) as caught:
        decode(b"a\nb\nc\xe9d\n")
    assert 3 == caught.value.line
    assert "a" == decode(b"\xef\xbb\xbfa")


@given(st.text(), st.sampled_from(list(Format)))
def test_no_text_breaks_the_reader(text: str, format_: Format) -> None:
    """Whatever comes in: rows, rows with problems, or a flaw with its line."""
    try:
        lines = [row.line for row in rows(text, format_)]
    except FileFlaw as flaw:
        lines = [flaw.line]
    assert sorted(lines) == lines
    assert all(1 <= line <= text.count("\n") + text.count("\r") + 1 for line in lines)

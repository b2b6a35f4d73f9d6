"""Leads on their way to the simulator: read as any door reads them, played in the order of receipt."""

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.base import parse
from models.facts import LeadFacts
from models.lead import LeadInput
from policy.cleaning.hygiene import clean
from policy.simulation.simulator import Simulator
from policy.simulation.verdicts import Fate
from runtime import simulating
from runtime.intake.rows import FileFlaw, Format, Row, read_rows
from runtime.simulating import MOST_FLAWS, Flawed, LeadFile, Replay, Tape, record
from tests.policy.toytown import at, lead, rules, town

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
KIM = {"source": "web", "type": "demo_request", "email": "kim@acme.example"}


def taped(*data: object) -> tuple[list[LeadFacts], int]:
    """Put leads on a tape; give what it plays, and how many named no time."""
    with Tape() as tape:
        record(tape, [Row(line, one) for line, one in enumerate(data, start=1)], NOW, lambda: None)
        played = [LeadFacts.model_validate_json(text) for text in tape]
        assert len(played) == len(tape)
        return played, tape.undated


def test_a_tape_plays_in_the_order_of_receipt() -> None:
    """Whatever the file's order; at the same instant the file's order stands."""
    hours = ("11", "09", "10", "09")
    played, _ = taped(*(KIM | {"lead_id": f"l{n}", "received_at": f"2026-03-02T{hour}:00:00Z"}
                        for n, hour in enumerate(hours)))  # fmt: skip
    assert ["l1", "l3", "l2", "l0"] == [facts.lead_id for facts in played]


def test_what_is_played_is_what_hygiene_made_of_it() -> None:
    """Nothing is lost on the way: notes, origins, custom values, lists, deals."""
    raw = KIM | {
        "lead_id": "one",
        "phone": "not one",
        "title": "Head of Sales",
        "company": {"name": " Acme ", "tech": ["Slack"]},
        "country": "Germany",
        "deal_value": {"amount": 12.5, "currency": "USD"},
        "custom": {"a": [1, {"b": None}], "c": 0.1},
        "tags": ["X"],
        "received_at": "2026-03-02T10:00:00.123456+02:00",
    }
    played, _ = taped(raw)
    given = parse(LeadInput, raw)
    assert given.received_at is not None
    assert [clean(given, "one", given.received_at)] == played


def test_who_names_neither_time_nor_id_is_given_both() -> None:
    """The instant that was asked for, and the line as an id; how many there were is known."""
    played, undated = taped(KIM, KIM | {"email": "ann@b.example", "received_at": "2026-03-02T08:00:00Z"})
    assert [("line-2", NOW - timedelta(hours=1)), ("line-1", NOW)] == [
        (facts.lead_id, facts.received_at) for facts in played
    ]
    assert 1 == undated


def test_every_wrong_line_is_told_and_none_played() -> None:
    """With its line and field; an id that is there twice is wrong, too."""
    rows = [
        Row(1, KIM | {"lead_id": "a"}),
        Row(2, KIM | {"type": "demo"}),
        Row(5, KIM | {"lead_id": "a"}),
        Row(7, {"source": "web", "type": "other", "email": "nobody"}),
    ]
    with Tape() as tape, pytest.raises(Flawed) as raised:
        record(tape, rows, NOW, lambda: None)
    told = [f"{line}: {problem}" for line, problem in raised.value.flaws]
    assert 3 == raised.value.lines == len(told)
    assert ["2: type", "5: lead_id: is that of line 1, too", "7: email"] == [
        told[0][:7], told[1], told[2][:8]
    ]  # fmt: skip


def test_a_file_that_is_wrong_all_over_is_told_of_briefly() -> None:
    """The first lines, and how many there are."""
    rows = [Row(line, {}) for line in range(1, 500)]
    with Tape() as tape, pytest.raises(Flawed) as raised:
        record(tape, rows, NOW, lambda: None)
    assert (499, MOST_FLAWS) == (raised.value.lines, len(raised.value.flaws))


def test_a_tape_that_is_too_long_for_memory_plays_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind its limit the text is in a file without a name."""
    leads = [KIM | {"lead_id": f"l{n}", "received_at": f"2026-03-{28 - n:02}T09:00:00Z"} for n in range(20)]
    in_memory = taped(*leads)
    monkeypatch.setattr(simulating, "IN_MEMORY", 64)
    on_disk = taped(*leads)
    assert in_memory == on_disk


CSV = (
    b'\xef\xbb\xbfsource,type,email,message\nweb,demo_request,a@b.example,"two\nlines"\nweb,demo_request,c@d.example,\n'
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leads.csv", CSV),
        ("leads.txt", CSV),
        ("leads.csv", CSV.replace(b"\n", b"\r\n")),
        ("leads.jsonl", b'{"source": "web"}\n\n{"source":\r "web"}\n{\n'),
        ("leads.json", b'[{"source": "web"},\n {"source": "ads"}]'),
        ("-", b'[{"source": "web"},\n {"source": "ads"}]'),
        ("leads.csv", b""),
    ],
)
def test_a_file_that_is_streamed_is_read_as_one_that_is_held(name: str, content: bytes) -> None:
    """The same rows, and in the end all of it was read."""
    known = {"csv": Format.CSV, "txt": Format.CSV, "jsonl": Format.JSONL}
    held = list(read_rows(content.decode("utf-8-sig"), known.get(name.rpartition(".")[2], Format.JSON)))
    file = LeadFile(name, BytesIO(content))
    assert held == list(file)
    assert (len(content), len(content)) == (file.size, file.position)


@given(st.lists(st.text(alphabet='ab",;\n\r{}[] é', max_size=12), max_size=8), st.sampled_from(["x.csv", "x.jsonl"]))
def test_no_text_is_read_in_two_ways(lines: list[str], name: str) -> None:
    """Streamed or held, the rows and the flaw of any text are the same."""
    text = "source,type\n" * (name == "x.csv") + "\n".join(lines)
    format_ = Format.CSV if name == "x.csv" else Format.JSONL
    assert _outcome(lambda: list(read_rows(text, format_))) == _outcome(
        lambda: list(LeadFile(name, BytesIO(text.encode())))
    )


def _outcome(read: object) -> object:
    assert callable(read)
    try:
        return read()
    except FileFlaw as flaw:
        return flaw.line, flaw.what


def test_the_line_that_is_no_utf_8_is_told() -> None:
    """Also when it is met in the middle of a long file."""
    content = b"source,type,email\n" + b"web,demo_request,a@b.example\n" * 5000 + b"web,demo_request,\xff\n"
    with pytest.raises(FileFlaw) as raised:
        list(LeadFile("leads.csv", BytesIO(content)))
    assert (5002, "is not UTF-8 text; save the file as UTF-8") == (raised.value.line, raised.value.what)


def test_two_simulators_are_fed_with_the_same_leads() -> None:
    """Each lead is read once; who waits at the end is given the time that was promised for it."""
    sleepy, roster = rules("sleepy", routing={"default_pool": "late"}), town({"id": "ana"}, pools=POOLS)
    both = [Simulator(rules(), roster), Simulator(sleepy, roster)]
    replay, seen = Replay(both, timedelta(days=1)), list[int]()
    with Tape() as tape:
        for number in (2, 1):
            facts = lead(number, at(15 + number))
            tape.put(facts.model_dump_json(exclude_defaults=True).encode(), facts.received_at)
        replay.play(tape, seen.append)
    assert ([1, 2], 2, at(16), at(17)) == (seen, replay.leads, replay.first_at, replay.last_at)
    assert [[Fate.OFFERED, Fate.OFFERED], [Fate.NOBODY, Fate.NOBODY]] == [
        [one.fate for one in simulator.verdicts()] for simulator in both
    ]
    assert at(9, day=1) == both[0].verdicts()[1].offered_at


POOLS = {"all": {"team": "crew"}}


def test_nothing_personal_is_in_a_verdict() -> None:
    """Neither name nor address is told: verdicts are printed, and written to files (R42)."""
    simulator = Simulator(rules(), town({"id": "ana"}))
    facts = lead(1, at(10), email="kim.secret@acme.example", first_name="Kimberley", phone="+4930123456")
    simulator.take(facts)
    simulator.take(facts.model_copy(update={"lead_id": "l2"}))
    told = json.dumps([str(one) for one in simulator.verdicts()])
    assert not [word for word in ("secret", "Kimberley", "4930123456") if word in told]

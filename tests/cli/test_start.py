"""Letting files of leads in: every format, every mistake with its line, and nothing that was kept is ever lost."""

import json
from time import monotonic

import pytest

from models.lead import LeadType
from tests.cli.driving import Cli
from tests.cli.house import ROOT, House, lead, new_id

HEADER = "lead_id,source,type,email,company.name,company.employees,decision_maker,tags,custom.role,custom.consent"


def csv_line(lead_id: str, **cells: str) -> str:
    """One line under HEADER."""
    given = {"lead_id": lead_id, "source": "web", "type": "demo_request", "email": f"{lead_id}@acme.example"} | cells
    return ",".join(given.get(column, "") for column in HEADER.split(","))


def as_csv(*ids: str) -> str:
    """A CSV of leads."""
    return "\n".join([HEADER, *map(csv_line, ids)]) + "\n"


def as_json(*ids: str) -> str:
    """A JSON array of leads, an item a line."""
    return "[\n" + ",\n".join(json.dumps(lead(one)) for one in ids) + "\n]\n"


def as_lines(*ids: str) -> str:
    """JSON lines, with an empty one between."""
    return "\n\n".join(json.dumps(lead(one)) for one in ids) + "\n"


@pytest.mark.parametrize(
    ("name", "write", "options"),
    [
        ("leads.csv", as_csv, []),
        ("leads.json", as_json, []),
        ("leads.jsonl", as_lines, []),
        ("leads.ndjson", as_lines, []),
        ("leads.txt", as_csv, []),
        ("leads.txt", as_json, []),
        ("leads.txt", as_lines, []),
        ("leads.json", as_csv, ["--format", "csv"]),
        ("-", as_csv, []),
        ("-", as_json, []),
        ("-", as_lines, ["--format", "JSONL"]),
    ],
)
async def test_every_format_starts_its_leads(house: House, name: str, write: object, options: list[str]) -> None:
    """By the file's name, by its content, or as told; from a file and from standard input."""
    ids = [new_id(), new_id()]
    text = write(*ids)  # type: ignore[operator]
    if name != "-":
        house.cli.write(name, text)
    ran = await house.cli("start", name, *options, stdin=text if name == "-" else "")
    shown = "stdin" if name == "-" else name
    expected = [*(f"{one}  demo request, unknown company" for one in ids), f"{shown}: 2 let in, 2 started."]
    assert (0, expected, "") == (ran.code, ran.out.splitlines(), ran.err)
    for one in ids:
        await house.until(one, lambda status: status["stage"] == "offered")


async def test_one_object_is_one_lead_and_its_id_is_minted(house: House) -> None:
    """`start - <<< '{...}'` lets one lead in; the id is what one types next."""
    one = lead()
    del one["lead_id"]
    ran = await house.cli("start", "-", "--json", stdin=json.dumps(one, indent=2))
    assert (0, 1, 0) == (ran.code, ran.json["started"], ran.json["waiting"])
    (made,) = ran.json["leads"]
    assert (1, True) == (made["line"], made["new"])
    assert "offered" == (await house.until(made["lead_id"], lambda status: status["owner"]))["stage"]


async def test_a_lead_that_was_let_in_before_changes_nothing(house: House) -> None:
    """The same file twice: the second time says so."""
    house.cli.write("again.csv", as_csv(one := new_id()))
    await house.cli("start", "again.csv")
    ran = await house.cli("start", "again.csv")
    expected = f"{one}  demo request, unknown company  (was let in before; nothing is changed)\n"
    assert (0, expected + "again.csv: 0 let in, 0 started, 1 let in before.\n") == (ran.code, ran.out)


async def test_the_examples_are_let_in_whole(cli: Cli) -> None:
    """Every sample lead passes this door; only kept, they wait for a worker."""
    ran = await cli("start", ROOT / "examples/leads.csv", "--no-wait", "--json")
    assert (0, []) == (ran.code, ran.json["refused"])
    assert (0, ran.json["waiting"]) == (ran.json["started"], len(ran.json["leads"]))
    assert 200 < ran.json["waiting"]


MISTAKES = [
    ("leads.csv", HEADER + "\n" + csv_line("a", email="nobody"), "leads.csv:2: email: is not an e-mail address"),
    ("leads.csv", HEADER + "\n" + csv_line("a", email=""), "leads.csv:2: needs an email or a phone"),
    ("leads.csv", HEADER + "\n" + csv_line("a", type="demo"), "leads.csv:2: type: Input should be 'demo_request'"),
    ("leads.csv", HEADER + "\n" + csv_line("a@b"), "leads.csv:2: lead_id: may hold letters, digits, - and _ only"),
    ("leads.csv", HEADER + "\n" + csv_line("a", source=""), "leads.csv:2: source: is required"),
    ("leads.csv", HEADER + "\n" + csv_line("a") + ",more", "leads.csv:2: has 11 cells where the header has 10"),
    ("leads.csv", HEADER + "\na,web", "leads.csv:2: has 2 cells where the header has 10"),
    ("leads.csv", HEADER + '\n"a', "leads.csv:2: is not CSV: a quote that opens here is never closed"),
    ("leads.csv", HEADER + '\n"a"b,c', "leads.csv:2: is not CSV: ',' expected after '\"'"),
    (
        "leads.csv",
        "source,type,emial\nweb,demo_request,x",
        "leads.csv:1: emial: is not a known column; did you mean email?",
    ),
    ("leads.csv", "\n\nemployees\n9", "leads.csv:3: employees: is not a known column; did you mean company.employees?"),
    ("leads.csv", "custom\n9", "leads.csv:1: custom: is not a known column; write custom.NAME for each of its values"),
    ("leads.csv", "First Name\nx", "leads.csv:1: First Name: is not a known column; did you mean first_name?"),
    ("leads.csv", "email,email\nx,y", "leads.csv:1: email: is there twice"),
    ("leads.csv", "email,\nx,y", "leads.csv:1: column 2 has no name"),
    ("leads.csv", b"email\n\xff\n", "leads.csv:2: is not UTF-8 text; save the file as UTF-8"),
    ("leads.csv", "", "leads.csv:1: holds no lead"),
    ("leads.csv", HEADER + "\n\n,,,,,,,,,\n", "leads.csv:1: holds no lead"),
    ("leads.jsonl", "\n{]\n", "leads.jsonl:2: is not JSON: Expecting property name"),
    ("leads.jsonl", "[1]\n", "leads.jsonl:1: has to be a JSON object, and is a list"),
    (
        "leads.jsonl",
        json.dumps(lead("a", custom={"x": float("nan")})),
        "leads.jsonl:1: is not JSON: NaN is no JSON number",
    ),
    (
        "leads.jsonl",
        json.dumps(lead("a", emial="x")),
        "leads.jsonl:1: emial: is not a known field; did you mean email?",
    ),
    (
        "leads.jsonl",
        json.dumps(lead("a", type="demo")),
        f"leads.jsonl:1: type: Input should be {', '.join(repr(one.value) for one in LeadType)[:-9]} or 'other'",
    ),
    ("leads.jsonl", json.dumps(lead("a", company={"nam": "x"})), "leads.jsonl:1: company.nam: is not a known field"),
    ("leads.jsonl", json.dumps(lead("a", tags=["x", 1])), "leads.jsonl:1: tags.1: Input should be a valid string"),
    (
        "leads.jsonl",
        json.dumps(lead("a", received_at="2026-03-02T09:00:00")),
        "leads.jsonl:1: received_at: needs a UTC",
    ),
    (
        "leads.jsonl",
        "\n" + json.dumps(lead("a", custom={"note": "x" * 300_000})),
        "leads.jsonl:2: custom: makes the lead too large: 300,",
    ),
    (
        "leads.jsonl",
        json.dumps(lead("a"))
        + "\n"
        + json.dumps(lead("b")).replace("{", '{"custom": {"a": ' + "[" * 40 + "]" * 40 + "}, "),
        "leads.jsonl:2: custom: is nested too deep: a lead may have 32 levels of objects and lists",
    ),
    (
        "leads.csv",
        "source,type,email,received_at\nweb,demo_request,a@acme.example,1970-01-01T00:00:00Z",
        "leads.csv:2: received_at: lies outside the years 2000 to 2100; leave it out for now",
    ),
    ("leads.json", "[\n{}\n{}]", "leads.json:3: is not JSON: a comma is missing; nothing from here on is read"),
    ("leads.json", "[\n{},\n{", "leads.json:3: is not JSON: Expecting property name"),
    ("leads.json", "{} {}", "leads.json:1: is not JSON: something stands behind the end; nothing from here on is read"),
    ("leads.json", "[1]", "leads.json:1: has to be a JSON object, and is a number"),
    ("leads.json", "[]", "leads.json:1: holds no lead"),
]


@pytest.mark.parametrize(("name", "text", "complaint"), MISTAKES, ids=[complaint for _, _, complaint in MISTAKES])
async def test_each_mistake_is_told_with_its_line(cli: Cli, name: str, text: str | bytes, complaint: str) -> None:
    """`FILE:LINE: field: what`, on standard error, with exit code 2 and no trace."""
    cli.write(name, text)
    ran = await cli("start", name, "--no-wait")
    assert 2 == ran.code
    assert [line for line in ran.err.splitlines() if line.startswith(complaint)], ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["missing.csv"], "missing.csv: cannot be read: No such file or directory\n"),
        (["."], ".: cannot be read: Is a directory\n"),
        (["leads.csv", "--format", "cvs"], "--format: cvs is not a format (csv, json, jsonl); did you mean csv?\n"),
        (["leads.csv", "--pace", "0"], "--pace: has to be more than 0 and at most 1000 starts a second\n"),
        (["leads.csv", "--pace", "nan"], "--pace: has to be more than 0 and at most 1000 starts a second\n"),
    ],
)
async def test_what_cannot_be_done_is_said_in_one_sentence(cli: Cli, words: list[str], complaint: str) -> None:
    """A file that is not there, a format nobody knows, a pace that is none."""
    cli.write("leads.csv", as_csv("a"))
    ran = await cli("start", *words)
    assert (2, "", complaint) == (ran.code, ran.out, ran.err)


async def test_good_lines_go_on_beside_bad_ones(house: House) -> None:
    """Each bad line is named; the others are started; the exit code tells that something was wrong."""
    good, bad, late = new_id(), new_id(), new_id()
    lines = [HEADER, csv_line(good), csv_line(bad, email="", type="demo"), "", csv_line(late, tags='"a\nb"')]
    house.cli.write("mixed.csv", "\n".join([*lines, csv_line("x", email="")]))
    ran = await house.cli("start", "mixed.csv", "--json")
    assert 2 == ran.code
    assert [(good, 2), (late, 5)] == [(one["lead_id"], one["line"]) for one in ran.json["leads"]]
    assert [3, 7] == sorted({one["line"] for one in ran.json["refused"]})
    assert ran.err.splitlines() == [f"mixed.csv:{one['line']}: {one['what']}" for one in ran.json["refused"]]
    await house.until(late, lambda status: status["owner"])


async def test_an_unknown_column_lets_nothing_in(house: House) -> None:
    """With a column that nobody reads no line is what its sender meant."""
    house.cli.write("typo.csv", as_csv(one := new_id()).replace("source", "sorce", 1))
    ran = await house.cli("start", "typo.csv")
    assert (2, "typo.csv:1: sorce: is not a known column; did you mean source?\n") == (ran.code, ran.err)
    assert 2 == (await house.cli("status", one)).code


async def test_other_separators_are_understood(cli: Cli) -> None:
    """Spreadsheets in some countries write semicolons; others tabs."""
    for name, separator in (("a.csv", ";"), ("b.csv", "\t")):
        cli.write(name, as_csv(new_id()).replace(",", separator))
        assert 0 == (await cli("start", name, "--no-wait")).code


async def test_without_temporal_the_leads_are_kept(house: House, nowhere: str) -> None:
    """They are safe in the inbox, exit code 3 says that they do not run; a worker starts them by itself."""
    house.cli.write("kept.csv", as_csv(one := new_id(), two := new_id()))
    ran = await house.cli.but(TEMPORAL_ADDRESS=nowhere)("start", "kept.csv")
    assert (3, "kept.csv: 2 let in, 0 started, 2 waiting in the inbox.") == (ran.code, ran.out.splitlines()[-1])
    expected = (
        f"Temporal at {nowhere} cannot be reached: connection refused. "
        "2 leads are safe in the inbox; a worker starts them when Temporal is there.\n"
    )
    assert expected == ran.err
    for lead_id in (one, two):
        await house.until(lead_id, lambda status: status["stage"] == "offered")


async def test_without_a_database_nothing_is_acknowledged(cli: Cli, nowhere: str) -> None:
    """Exit code 3 and the database's address, without the password."""
    cli.write("leads.csv", as_csv("a"))
    ran = await cli.but(BATON_DATABASE_URL=f"postgresql://baton:s3cret@{nowhere}/baton")("start", "leads.csv")
    assert (3, "") == (ran.code, ran.out)
    assert f"baton:***@{nowhere}/baton cannot be used" in ran.err
    assert "s3cret" not in ran.err
    assert 1 == len(ran.err.splitlines())


async def test_a_temporal_that_refuses_keeps_them_too(house: House) -> None:
    """A namespace that is not there, attributes that are not registered: told in its words, and nothing is lost."""
    one = lead()
    ran = await house.cli.but(TEMPORAL_NAMESPACE="nowhere")("start", "-", stdin=json.dumps(one))
    assert 3 == ran.code
    expected = "Temporal did not start a lead: Namespace nowhere is not found. 1 lead is safe in the inbox; "
    assert ran.err.startswith(expected)
    await house.until(str(one["lead_id"]), lambda status: status["stage"] == "offered")


async def test_a_pace_is_kept(house: House) -> None:
    """Three leads at four a second take half a second at least."""
    house.cli.write("paced.csv", as_csv(*(new_id() for _ in range(3))))
    began = monotonic()
    assert 0 == (await house.cli("start", "paced.csv", "--pace", 4)).code
    assert 0.5 <= monotonic() - began


async def test_many_leads_are_paced_by_the_settings(house: House) -> None:
    """More than twenty are an import: BATON_IMPORT_RATE of them a second."""
    house.cli.write("import.jsonl", as_lines(*(new_id() for _ in range(21))))
    began = monotonic()
    ran = await house.cli.but(BATON_IMPORT_RATE="40")("start", "import.jsonl", "--json")
    assert (0, 21) == (ran.code, ran.json["started"])
    assert 0.5 <= monotonic() - began


async def test_wrong_settings_are_named(cli: Cli) -> None:
    """A wrong variable stops the command before it does anything."""
    cli.write("leads.csv", as_csv("a"))
    ran = await cli.but(BATON_IMPORT_RATE="fast")("start", "leads.csv")
    assert (2, "") == (ran.code, ran.out)
    assert "BATON_IMPORT_RATE" in ran.err

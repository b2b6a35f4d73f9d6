"""Accounts at the command line: loaded with each wrong line named, changed, merged, and asked about."""

from io import StringIO
from pathlib import Path

import pytest

from db.engine import Database
from db.leads import Leads
from db.possible import PossibleMatches
from models.account import PossibleMatch
from models.lead import Company
from runtime import clock
from runtime.accounts import read_lines
from runtime.intake.rows import FileFlaw
from tests.cli.driving import Cli
from tests.db.samples import facts, newcomer

FILE = """\
id,name,names,domains,parent,owner,status,country,open_deals
acme,Acme GmbH,Akme;Acme Werke,https://www.acme.example/,globex,ana,Customer,Germany,2
globex,Globex AG,,globex.example,,,,,
bad,Bad,,gmail.com,,,,,
worse,Worse,,,,,,,many
orphan,Orphan,,,nobody,,,,
short,Short
"""


async def test_a_file_is_loaded_and_its_wrong_lines_named(cli: Cli, tmp_path: Path) -> None:
    """File, line and field; the good ones are kept, a child before its parent too; the same again changes nothing."""
    file = tmp_path / "accounts.csv"
    file.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    ran = await cli("accounts", "load", str(file), "--by", "ops")
    assert (2, "2 new, 0 changed, 0 as they were, 4 refused\n") == (ran.code, ran.out)
    assert [
        f"{file}:4: domains: gmail.com is an e-mail provider's, so it tells no company",
        f"{file}:5: open_deals: has to be a whole number, digits only",
        f"{file}:6: parent: there is no account nobody",
        f"{file}:7: has 2 cells where the header has 9",
    ] == ran.err.splitlines()
    again = await cli("accounts", "load", str(file), "--by", "ops", "--json")
    assert (0, 0, 2, 4) == tuple(again.json[word] for word in ("new", "changed", "same", "refused"))
    shown = (await cli("accounts", "show", "acme", "--json")).json
    assert (["acme.example"], ["Akme", "Acme Werke"], "DE", 2, "customer", ["globex"]) == (
        *(shown[word] for word in ("domains", "names", "country", "open_deals", "status")),
        [one["id"] for one in shown["above"]],
    )
    assert ["acme"] == [one["id"] for one in (await cli("accounts", "list", "--status", "customer", "--json")).json]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,nmae\na,A\n", "nmae: is not a known column; did you mean name"),
        ("id\na\n", "name: this column is needed"),
        ("id,name,id\n", "id: is there twice"),
        ("", "is empty"),
    ],
)
def test_a_header_that_cannot_be_used_stops_the_file(text: str, says: str) -> None:
    """What would be right is said."""
    with pytest.raises(FileFlaw, match=says):
        list(read_lines(StringIO(text)))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,name\na,A\nb,B\xfcro\n", ":3: is not UTF-8 text; save the file as UTF-8"),
        (b"id,name\na,B\xc3", ":2: ends within a character: it is not UTF-8 text, or not whole"),
    ],
)
async def test_of_a_file_that_is_no_text_nothing_is_kept(cli: Cli, tmp_path: Path, content: bytes, says: str) -> None:
    """Spreadsheets save in other encodings: the line is named before anything is kept."""
    file = tmp_path / "accounts.csv"
    file.write_bytes(content)
    ran = await cli("accounts", "load", str(file))
    assert (2, f"{file}{says}\n") == (ran.code, ran.err)
    (tmp_path / "empty.csv").write_bytes(b"id,name\n")
    assert 0 == (await cli("accounts", "load", str(tmp_path / "empty.csv"))).code
    assert [] == (await cli("accounts", "list", "--json")).json


async def test_of_a_file_that_is_stopped_nothing_is_kept(cli: Cli, tmp_path: Path) -> None:
    """The line is named."""
    (tmp_path / "accounts.csv").write_text("id,nmae\na,A\n", encoding="utf-8")
    ran = await cli("accounts", "load", str(tmp_path / "accounts.csv"))
    assert (2, True) == (ran.code, "accounts.csv:1: nmae" in ran.err), ran.err


async def test_an_account_is_changed_and_merged(cli: Cli) -> None:
    """What is left out stays, nothing behind = takes it away; a merged one is found as who stays."""
    made = await cli("accounts", "set", "acme", "name=Acme", "domains=acme.example", "owner=ana", "--by", "mel")
    assert (0, "acme (Acme): new\n") == (made.code, made.out)
    changed = await cli("accounts", "set", "acme", "owner=", "status=renewal", "--by", "mel", "--json")
    assert ("changed", None, "renewal", ["acme.example"]) == tuple(
        changed.json[word] for word in ("saved", "owner", "status", "domains")
    )
    await cli("accounts", "set", "globex", "name=Globex", "--by", "mel")
    merged = await cli("accounts", "merge", "acme", "--into", "globex", "--by", "mel", "--json")
    assert (["Acme"], ["acme.example"], "renewal") == tuple(
        merged.json[word] for word in ("names", "domains", "status")
    )
    assert "globex" == (await cli("accounts", "show", "acme", "--json")).json["merged_into"]
    assert 1 == (await cli("accounts", "merge", "acme", "--into", "globex", "--by", "mel")).code
    for words in (["globex", "colour=red"], ["globex", "parent=nobody"], ["new", "owner=ana"]):
        assert 2 == (await cli("accounts", "set", *words, "--by", "mel")).code
    assert 2 == (await cli("accounts", "show", "nobody")).code


async def test_a_person_says_whose_a_company_is(cli: Cli) -> None:
    """Listed until somebody says; the word of whoever said otherwise stands."""
    await cli("accounts", "set", "acme", "name=Acme", "--by", "mel")
    database = Database(cli.env["BATON_DATABASE_URL"])
    about = facts("one").model_copy(update={"company": Company(name="Akme"), "email": None})
    await Leads(database).admit(newcomer("one", about))
    possible = PossibleMatch(account_id="acme", name="Acme", score=90, because="its name is close")
    await PossibleMatches(database).keep("one", [possible], at=clock.now())
    await database.dispose()
    assert "its name is close" in (await cli("accounts", "possible")).out
    (listed,) = (await cli("accounts", "possible", "--json")).json
    said = await cli("accounts", "confirm", str(listed["id"]), "--by", "mel")
    assert (0, "the company of lead one is Acme (acme)\n") == (said.code, said.out)
    assert ["Akme"] == (await cli("accounts", "show", "acme", "--json")).json["names"]
    assert [] == (await cli("accounts", "possible", "--json")).json
    assert 1 == (await cli("accounts", "reject", str(listed["id"]), "--by", "mel")).code
    assert 2 == (await cli("accounts", "confirm", "999", "--by", "mel")).code
    assert 2 == (await cli("accounts", "possible", "--state", "opne")).code

"""Erasing leads and keeping sources' secrets at the command line: asked first, told plainly, no value ever shown."""

import json
from pathlib import Path

from tests.cli.driving import Cli
from tests.cli.house import lead

OLD, NEW = "old-" * 10, "new-" * 10
WHO = ("--by", "pia", "--reason", "case 7")
SECRET = "s3cr3t-of-hubspot"


def files(folder: Path) -> str:
    """Read every byte of the database."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.glob("baton.db*"))


async def test_a_lead_is_erased_once_and_only_when_that_is_confirmed(cli: Cli) -> None:
    """Without --yes nothing happens; then it is gone; a repeat says who was first; an unknown id is bad input."""
    given = lead("forget-me", email="kim.canary@acme.example")
    assert (await cli("start", "-", "--no-wait", stdin=json.dumps(given))).code == 0
    refused = await cli("erase", "forget-me", *WHO)
    assert (refused.code, refused.out) == (1, "")
    assert "--yes" in refused.err
    assert (await cli("status", "forget-me", "--json")).json["stage"] == "received"

    erased = await cli("erase", "forget-me", *WHO, "--yes")
    assert (erased.code, erased.err) == (0, "")
    assert erased.out.startswith("forget-me is erased: ")
    assert "Nothing had been sent out." in erased.out
    again = await cli("erase", "forget-me", "--by", "max", "--reason", "again", "--yes", "--json")
    assert (again.code, again.json["by"], again.json["reason"], again.json["done_at"]) == (0, "pia", "case 7", None)
    assert "was erased by pia at 20" in (await cli("erase", "forget-me", *WHO, "--yes")).out
    assert (await cli("status", "forget-me", "--json")).json["stage"] == "erased"
    for words in (("timeline", "forget-me"), ("explain", "forget-me"), ("list", "--stage", "erased")):
        shown = await cli(*words)
        assert shown.code == 0, shown.err
        assert "canary" not in shown.out + shown.err

    unknown = await cli("erase", "nobody", *WHO, "--yes")
    assert (unknown.code, unknown.err) == (2, "no lead nobody\n")
    assert (await cli("erase", "forget-me", "--by", " ", "--reason", "x", "--yes")).code == 2


async def test_a_secret_comes_in_by_standard_input_and_is_never_shown(cli: Cli) -> None:
    """It is sealed where it is kept; the list says what counts; a former one may be given some time."""
    shell = cli.but(BATON_SECRET_KEYS=OLD)
    added = await shell("secrets", "add", "hubspot", stdin=f"{SECRET}\n")
    assert (added.code, added.out) == (0, "The secret 1 of hubspot is kept, sealed.\n")
    assert "No source hubspot is loaded yet" in added.err
    made = await shell("secrets", "add", "hubspot", "--generate", "--keep", "2d", "--json")
    assert made.json["secret"].startswith("whsec_")
    assert (await shell("secrets", "add", "typeform", "--generate")).out.startswith("whsec_")
    listed = await shell("secrets", "list", "hubspot", "--json")
    found = [(one["id"], one["source"], one["counts"], one["expires_at"] is None, one["key"]) for one in listed.json]
    assert found == [(2, "hubspot", True, True, "newest"), (1, "hubspot", True, False, "newest")]
    table = await shell("secrets", "list")
    assert (table.code, table.out.count("\n")) == (0, 4)
    for kept in (SECRET, made.json["secret"]):
        assert kept not in added.out + listed.out + table.out + files(cli.folder)

    assert (await shell("secrets", "remove", "1")).code == 1
    gone = await shell("secrets", "remove", "1", "--yes")
    assert (gone.code, gone.out) == (0, "The secret 1 of hubspot is gone.\n")
    assert (await shell("secrets", "remove", "1", "--yes")).code == 1


async def test_secrets_outlive_the_key_that_sealed_them(cli: Cli) -> None:
    """A new key in front, sealed anew, the old key gone; a key that left too early is said, and nothing is lost."""
    await cli.but(BATON_SECRET_KEYS=OLD)("secrets", "add", "hubspot", stdin=SECRET)

    async def key_of(keys: str) -> str:
        return str((await cli.but(BATON_SECRET_KEYS=keys)("secrets", "list", "--json")).json[0]["key"])

    assert [await key_of(keys) for keys in (OLD, f"{NEW},{OLD}", NEW)] == ["newest", "former", "none"]
    refused = await cli.but(BATON_SECRET_KEYS=NEW)("secrets", "reseal")
    assert (refused.code, "BATON_SECRET_KEYS" in refused.err) == (1, True)
    resealed = await cli.but(BATON_SECRET_KEYS=f"{NEW},{OLD}")("secrets", "reseal", "--json")
    assert (resealed.code, resealed.json) == (0, {"resealed": 1})
    assert await key_of(NEW) == "newest"


async def test_what_cannot_be_kept_is_bad_input(cli: Cli) -> None:
    """No key ring, no secret, a name that no hook could have, a time that is none."""
    assert "BATON_SECRET_KEYS is not set" in (await cli("secrets", "add", "hubspot", stdin=SECRET)).err
    shell = cli.but(BATON_SECRET_KEYS=OLD)
    for words, stdin in (
        (("add", "hubspot"), "\n"),
        (("add", "hubspot"), "x" * 1001),
        (("add", "Hub Spot"), SECRET),
        (("add", "hubspot", "--keep", "soon"), SECRET),
        (("list", "../x"), ""),
    ):
        assert (await shell("secrets", *words, stdin=stdin)).code == 2, words

"""Sources and dead letters at the command line: load, try, mend, replay, drop."""

import json
from pathlib import Path

from adapters.signatures import verify_token
from db.engine import Database
from db.tables.words import HookState
from runtime import clock
from runtime.store import Store
from tests.cli.driving import Cli

KEYS = {"BATON_SECRET_KEYS": "k" * 32}
EXAMPLES = Path("examples/hooks").resolve()
SOURCE = """name: tool
signature: {scheme: token, header: X-Token}
mappings:
  - becomes: lead
    fields:
      type: {value: demo_request}
      email: email
      company.employees: size
"""


async def left(cli: Cli, *bodies: bytes) -> list[int]:
    """Put webhooks into the database as the HTTP process leaves those that it cannot read."""
    database = Database(cli.env["BATON_DATABASE_URL"])
    deliveries, numbers = Store(database).deliveries, []
    for body in bodies:
        kept, _ = await deliveries.receive("tool", None, "application/json", body, at=clock.now())
        await deliveries.settle(kept.id, HookState.DEAD, "company.employees: no", [], at=clock.now())
        numbers.append(kept.id)
    await database.dispose()
    return numbers


async def test_a_source_is_loaded_and_its_mistakes_have_lines(cli: Cli) -> None:
    """A shipped one by its name; what is loaded again is changed."""
    first = await cli("sources", "load", cli.write("tool.yaml", SOURCE), "--by", "pia", "--json")
    assert (0, True, 0) == (first.code, first.json["new"], first.json["secrets"])
    assert first.json["address"].endswith("/v1/hooks/tool")
    again = await cli("sources", "load", cli.write("tool.yaml", SOURCE), "--by", "pia")
    assert "is changed" in again.out
    assert "secrets add tool" in again.out
    assert 0 == (await cli("sources", "load", "typeform", "--by", "pia")).code
    misspelt = await cli("sources", "load", "typefrom", "--by", "pia")
    assert (2, True) == (
        misspelt.code,
        "typefrom: there is no such file" in misspelt.err and "typeform" in misspelt.err,
    )
    wrong = await cli(
        "sources", "load", cli.write("bad.yaml", SOURCE.replace("email: email", "email: 'a['")), "--by", "x"
    )
    assert (2, True) == (wrong.code, "bad.yaml:7: mappings[0].fields.email: is no JMESPath" in wrong.err)
    listed = (await cli("sources", "list", "--json")).json
    assert ["tool", "typeform"] == [one["name"] for one in listed["sources"]]
    assert "hubspot" in listed["shipped"]
    shown = await cli("sources", "show", "tool", "--json")
    assert {"scheme": "token", "header": "X-Token"} == shown.json["source"]["signature"]
    assert 1 == (await cli("sources", "show", "toool")).code
    removed = [(await cli("sources", "remove", "tool", *words)).code for words in ((), ("--yes",))]
    assert [1, 0] == removed


async def test_a_source_is_tried_before_anything_comes(cli: Cli) -> None:
    """Neither a database nor a signature is needed; what does not come out is named."""
    tried = await cli("sources", "try", "typeform", EXAMPLES / "typeform.json", "--json")
    assert (0, "mona.lind@acme.example") == (tried.code, tried.json["items"][0]["data"]["email"])
    assert json.loads((EXAMPLES / "typeform.json").read_text())["event_id"] == tried.json["delivery_id"]
    file = cli.write("tool.yaml", SOURCE)
    form = await cli("sources", "try", file, "-", "--content-type", "application/x-www-form-urlencoded", stdin="size=9")
    assert (1, True) == (form.code, "needs an email or a phone" in form.out)
    dead = await cli("sources", "try", file, "-", stdin="{")
    assert (1, True) == (dead.code, dead.err.startswith("dead: is neither JSON nor a form"))


async def test_a_mended_source_reads_what_waited(cli: Cli) -> None:
    """The waiting ones are listed with what is wrong, read again all at once, and are leads then."""
    file = cli.write("tool.yaml", SOURCE)
    await cli("sources", "load", file, "--by", "pia")
    numbers = await left(
        cli, b'{"email": "a@acme.example", "size": {"from": 50}}', b'{"email": "b@acme.example"}', b"{"
    )
    listed = await cli("hooks", "list", "--json")
    assert numbers[::-1] == [one["delivery_id"] for one in listed.json]
    assert b'{"email": "b@acme.example"}'.decode() == (await cli("hooks", "show", numbers[1], "--raw")).out
    first = await cli("hooks", "replay", "--source", "tool", "--json")
    assert (1, ["dead", "taken", "dead"]) == (first.code, [one["state"] for one in first.json])
    cli.write("tool.yaml", SOURCE.replace("employees: size", "employees: size.from"))
    await cli("sources", "load", file, "--by", "pia")
    second = await cli("hooks", "replay", numbers[0])
    assert (0, True) == (second.code, f"{numbers[0]}: taken" in second.out)
    assert 1 == (await cli("hooks", "replay", numbers[0])).code
    dropped = await cli("hooks", "drop", numbers[2], "--by", "pia", "--yes", "--json")
    assert ("dropped", 0, "dropped by pia") == (dropped.json["state"], dropped.json["bytes"], dropped.json["because"])
    assert 3 == len((await cli("hooks", "list", "--all", "--json")).json)


async def test_facebook_is_told_a_word_that_follows_from_the_secret(cli: Cli) -> None:
    """It is refused before there is a secret."""
    shell = cli.but(**KEYS)
    await shell("sources", "load", "facebook_lead_ads", "--by", "pia")
    assert 1 == (await shell("sources", "show", "facebook_lead_ads", "--verify-token")).code
    await shell("secrets", "add", "facebook_lead_ads", stdin="the-secret-of-our-app\n")
    told = await shell("sources", "show", "facebook_lead_ads", "--verify-token")
    assert (0, verify_token("the-secret-of-our-app")) == (told.code, told.out.strip())

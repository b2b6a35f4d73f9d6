"""Keys at the command line: printed once, listed without their secret, rotated and revoked."""

import pytest

from db.engine import Database
from db.keys import ApiKeys
from models.access import Scope
from runtime import clock
from tests.cli.driving import Cli


async def test_a_key_is_printed_once_and_holds(cli: Cli) -> None:
    """What is listed afterwards is not enough to use it."""
    made = await cli("keys", "create", "web form", "--scope", "leads:write", "--source", "web", "--by", "ops")
    assert (0, "") == (made.code, made.err)
    token = made.out.splitlines()[0]
    database = Database(cli.env["BATON_DATABASE_URL"])
    caller = await ApiKeys(database).find(token, at=clock.now())
    await database.dispose()
    assert caller is not None
    assert ("web form", [Scope.LEADS_WRITE], ["web"]) == (caller.name, list(caller.scopes), list(caller.sources))
    listed = await cli("keys", "list", "--json")
    assert [caller.key_id] == [key["key_id"] for key in listed.json]
    assert token.rpartition("_")[2] not in listed.out + (await cli("keys", "list")).out


async def test_a_key_is_rotated_and_revoked(cli: Cli) -> None:
    """The new secret is another one; what is revoked is not revoked twice, nor rotated."""
    made = (await cli("keys", "create", "crm", "--scope", "all", "--by", "ops", "--json")).json
    assert sorted(Scope) == made["scopes"]
    rotated = await cli("keys", "rotate", made["key_id"], "--former", "2h", "--json")
    assert (0, True) == (rotated.code, rotated.json["token"] != made["token"])
    codes = [(await cli("keys", *words, made["key_id"])).code for words in (["revoke"], ["revoke"], ["rotate"])]
    assert [0, 1, 2] == codes


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--scope", "leads:wirte"], "--scope: leads:wirte is none; did you mean leads:write?"),
        (["--scope", "ops", "--expires", "2001-01-01T00:00:00Z"], "--expires: is over already"),
    ],
)
async def test_a_wrong_key_is_not_made(cli: Cli, words: list[str], says: str) -> None:
    """The option is named."""
    ran = await cli("keys", "create", "crm", "--by", "ops", *words)
    assert (2, True) == (ran.code, ran.err.startswith(says)), ran.err

"""Links into the console, and its members, at the command line."""

import pytest

from db.engine import Database
from db.sign_in_links import Invited, SignInLinks
from models.access import Role
from runtime import clock
from tests.cli.driving import Cli


async def test_a_link_is_printed_and_signs_in(cli: Cli) -> None:
    """The link stands alone on standard output, so that it can be opened from a script; it is as much as was asked."""
    made = await cli("signin", "--role", "ops", "--role", "rep", "--name", "Bo")
    assert (0, "It signs Bo in as ops, rep, once, within 10 minutes.\n") == (made.code, made.err)
    start, _, token = made.out.strip().rpartition("/")
    assert start == "http://127.0.0.1:8080/signin/link"
    database = Database(cli.env["BATON_DATABASE_URL"])
    used = await SignInLinks(database).use(token, at=clock.now())
    await database.dispose()
    assert Invited("you", "Bo", (Role.OPS, Role.REP), None, "command line") == used


async def test_no_link_is_made_where_others_reach_the_console(cli: Cli) -> None:
    """It is refused with what to do instead."""
    cli.env["BATON_PUBLIC_URL"] = "https://baton.example"
    refused = await cli("signin")
    assert (1, True) == (refused.code, "sign in there through the identity provider" in refused.err)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["signin", "--role", "oops"], "--role: oops is none; did you mean ops?"),
        (["signin", "--as", "zed"], "--as: there is no zed in the roster (roster show)"),
        (["members", "add", "Bo", "--by", "you"], "--role: needs at least one"),
        (["members", "add", "", "--role", "ops", "--by", "you"], "NAME: needs 1 to 120 plain characters"),
        (["members", "add", "Bo", "--role", "ops", "--email", "x", "--by", "you"], "--email: is no e-mail address"),
        (["members", "add", "Bo", "--role", "rep", "--person", "zed", "--by", "you"], "--person: there is no zed"),
        (["members", "set", "zed", "--role", "ops"], "MEMBER: there is no member zed (members list)"),
        (["members", "disable", "zed"], "MEMBER: there is no member zed (members list)"),
    ],
)
async def test_what_cannot_be_is_told(cli: Cli, words: list[str], says: str) -> None:
    """With the option's name, and nothing is kept."""
    await cli("members", "list")
    refused = await cli(*words)
    assert (2, True) == (refused.code, says in refused.err), refused.err


async def test_a_member_is_added_changed_and_closed_out(cli: Cli) -> None:
    """Each step is listed; what is so already is refused with 1; what is not named stays."""
    added = await cli("members", "add", "Mia Stone", "--email", "Mia@company.example", "--role", "admin", "--by", "you")
    assert (0, "mia-stone\n") == (added.code, added.out)
    changed = [
        (await cli("members", *words, "mia-stone", *more)).code
        for words, more in ((["set"], ["--role", "ops"]), (["set"], ["--role", "ops"]), (["disable"], []),
                            (["disable"], []), (["enable"], []), (["enable"], []))
    ]  # fmt: skip
    assert [0, 1, 0, 1, 0, 1] == changed
    [listed] = (await cli("members", "list", "--json")).json
    assert ("mia-stone", ["ops"], "mia@company.example", None, "you") == (
        listed["member_id"], listed["roles"], listed["email"], listed["disabled_at"], listed["created_by"],
    )  # fmt: skip
    assert "Mia Stone" in (await cli("members", "list")).out

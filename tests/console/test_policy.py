"""The room Policy: the policy in words, its versions, what differs, what fired, whose turn it is."""

from typing import Any

from config.load import open_policy
from models.access import Role
from runtime import clock
from tests.api.house import Doors
from tests.console.house import visiting


async def publish(doors: Doors, text: str, by: str = "ops") -> str:
    """Publish a policy, and give its version."""
    opened = open_policy(text, "policy.yaml")
    await doors.store.policies.publish(opened.version, opened.policy.name, text, by=by, at=clock.now())
    return opened.version


async def put(doors: Doors, *rows: Any) -> None:
    """Insert rows as they are."""
    async with doors.store.database.writing() as session:
        for row in rows:
            session.add(row)


async def test_everybody_reads_the_policy_in_words(doors: Doors) -> None:
    """What the command line says of it is on the page, with who published it; a rep reads it, too."""
    async with visiting(doors, Role.REP) as rep:
        page = (await rep.get("/policy")).text
    for says in (
        "Who gets it otherwise: the first rule that matches",
        "Ana Abel, Ben Bach, Cam Cole (by turns)",
        "An answer can be taken back for 5 min.",
        "new leads get it",
        "by <bdi>tests</bdi>",
    ):
        assert says in page

"""What people did: what they typed about a lead goes with it."""

from typing import Any

from db.acts import Acts
from db.emptying import ERASED, empty
from db.engine import Database
from db.tables.words import ActOutcome
from tests.db.samples import AT

DONE: dict[str, Any] = {"at": AT, "who": "bo", "person_id": None, "what": "pause", "outcome": ActOutcome.DONE}


async def test_an_erased_leads_acts_keep_no_words(staffed: Database) -> None:
    """What people typed about a lead goes with it, on both databases; that they did something stays, others' too."""
    acts, canary = Acts(staffed), "Zelda Quill of 7 Elm Row"
    gone = await acts.add(**DONE, lead_id="one", because=canary, detail={"note": canary}, about=canary)
    stays = await acts.add(**DONE, lead_id="two", because="another's", detail={"to": "ana"})
    async with staffed.writing() as session:
        await empty(session, ["one"], AT)
    emptied, other = await acts.get(gone), await acts.get(stays)
    assert emptied is not None
    assert other is not None
    assert canary not in repr(emptied)
    assert ("bo", "pause", "one", ERASED, {}) == (
        emptied.who,
        emptied.what,
        emptied.lead_id,
        emptied.because,
        emptied.detail,
    )
    assert ("another's", {"to": "ana"}) == (other.because, other.detail)

"""What the house itself says of a lead nobody outside may say: not over HTTP, by a hook, or at the command line."""

import pytest
from temporalio.client import Client

from models.base import Refused, parse
from models.door import Happening
from models.messages import HOUSE_EVENTS
from runtime import clock
from runtime.intake.door import Door
from runtime.line import Line
from runtime.store import Store
from runtime.talking.saying import Speaker


async def nobody() -> Client:
    """No Temporal is there: what is refused is refused before it is asked."""
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize("kind", sorted(HOUSE_EVENTS))
async def test_no_door_takes_an_event_of_the_house(store: Store, kind: str) -> None:
    """With the field that is wrong, before anything is kept."""
    said = {"lead_id": "L1", "kind": kind, "properties": {"points": 50}}
    with pytest.raises(Refused, match="said by Baton itself only"):
        await Door(store).touch(said, caller_scope="k1", key=None, sources=(), now=clock.now())
    with pytest.raises(Refused, match=r"kind: .*said by Baton itself only"):
        await Speaker(Line(nobody), store).say("event", "L1", {"kind": kind})
    assert 0 == await store.outbox.pending()


def test_what_prospects_do_is_taken() -> None:
    """Tags and fields included."""
    kinds = ["pricing_visit", "tag_added", "tag_removed", "field_changed"]
    assert kinds == [parse(Happening, {"lead_id": "L1", "kind": kind}).kind for kind in kinds]

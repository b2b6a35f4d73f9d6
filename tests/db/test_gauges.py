"""What is to be watched, counted on either database."""

from datetime import timedelta

from db.engine import Database
from db.gauges import Gauges
from db.inbox import Arrival, Inbox
from db.keys import ApiKeys
from db.switching import Switching
from models.access import Scope
from tests.db.samples import AT


async def test_everything_that_waits_is_counted(staffed: Database) -> None:
    """By stage, by origin, and for how long."""
    await Inbox(staffed).put([Arrival("four", "{}"), Arrival("five", "{}", paced=True)], at=AT)
    await Switching(staffed).stop(by="mia", reason="test", at=AT)
    told = {
        (gauge.name, *gauge.labels.values()): gauge.value
        for gauge in await Gauges(staffed).read(AT + timedelta(minutes=2))
    }
    assert (3, 0) == (told["baton_leads_open", "received"], told["baton_leads_open", "offered"])
    assert (1, 1) == (told["baton_inbox_waiting", "door"], told["baton_inbox_waiting", "import"])
    assert 120 == told["baton_inbox_oldest_seconds", "door"]
    assert 1 == told["baton_routing_stopped",]
    assert (0, 0) == (told["baton_outbox_waiting", "erase"], told["baton_dead_letters",])


async def test_a_key_is_found_rotated_and_revoked(db: Database) -> None:
    """Alike on either database."""
    keys = ApiKeys(db)
    key_id, first = await keys.create("crm", [Scope.OPS], by="ops", at=AT, sources=["web"])
    second = await keys.rotate(key_id, at=AT, former_until=AT + timedelta(hours=1))
    found = [await keys.find(token, at=AT + timedelta(minutes=5)) for token in (first, second)]
    assert [(key_id, frozenset({"web"}))] * 2 == [(one.key_id, one.sources) for one in found if one]
    (known,) = await keys.list()
    assert (AT + timedelta(minutes=5), None) == (known.used_at, known.revoked_at)
    assert await keys.revoke(key_id, at=AT)
    assert await keys.find(second, at=AT) is None

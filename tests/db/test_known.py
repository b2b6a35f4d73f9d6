"""What events say changes what is known of a lead, once, in the transaction that keeps the touch (R21, R36)."""

import asyncio

from db.engine import Database
from db.leads import Leads
from db.timelines import Timelines
from models.facts import LeadFacts
from models.lead import Stage, Touch
from tests.db.samples import AT, MINUTE, facts, newcomer, standing

BUDGET = Touch(kind="tag_added", at=AT, properties={"tag": "has-budget"})
NO_BUDGET = Touch(kind="tag_removed", at=AT, properties={"tag": "has-budget"})
LARGER = Touch(kind="field_changed", at=AT, properties={"field": "company.employees", "value": 5000})
ELSEWHERE = Touch(kind="field_changed", at=AT, properties={"field": "company.domain", "value": "globex.example"})


async def known(db: Database, lead_id: str) -> LeadFacts:
    """Give what is known of a lead."""
    found = await Leads(db).facts(lead_id)
    assert found is not None
    return found


async def test_a_record_changes_what_its_touches_say(staffed: Database) -> None:
    """Tags and fields, in their order, with who said so; the headline and what lists go by follow."""
    leads = Leads(staffed)
    await leads.admit(newcomer("L1", facts("L1", company={"name": "Acme"})))
    touches = ((0, BUDGET), (1, LARGER), (2, ELSEWHERE), (3, NO_BUDGET), (4, BUDGET))
    await leads.record(standing("L1", 1, Stage.SCORING, touches=touches))
    now = await known(staffed, "L1")
    assert (["has-budget"], 5000, "globex.example") == (now.tags, now.company.employees, now.company.domain)
    assert "event" == now.origin["company.employees"]


async def test_a_touch_changes_it_once(staffed: Database) -> None:
    """A record that comes twice, or late, undoes nothing that came after."""
    leads = Leads(staffed)
    await leads.admit(newcomer("L1"))
    first = standing("L1", 1, Stage.SCORING, touches=((0, BUDGET),))
    await leads.record(first)
    await leads.record(standing("L1", 3, Stage.SCORING, touches=((2, NO_BUDGET),)))
    await asyncio.gather(leads.record(first), leads.record(first))
    assert [] == (await known(staffed, "L1")).tags
    await leads.record(standing("L1", 2, Stage.SCORING, touches=((1, LARGER),)))
    assert 5000 == (await known(staffed, "L1")).company.employees, "what comes late is not lost"


async def test_what_says_only_what_was_known_is_no_news(staffed: Database) -> None:
    """A tool that repeats itself, or says what cannot be read, sets nothing off; a field kept elsewhere may change."""
    leads = Leads(staffed)
    await leads.admit(newcomer("L1", facts("L1", tags=["has-budget"], country="DE")))

    def field(name: str, value: object) -> Touch:
        return Touch(kind="field_changed", at=AT, properties={"field": name, "value": value})

    said = [
        (BUDGET, False),
        (NO_BUDGET, True),
        (NO_BUDGET, False),
        (LARGER, True),
        (LARGER, False),
        (field("company.employees", "5,000"), False),
        (field("company.employees", "many"), False),
        (field("country", "Germany"), False),
        (field("country", "France"), True),
        (field("custom.stage", "trial"), True),
        (field("custom.stage", "trial"), False),
        (field("lifecycle", "trial"), True),
        (Touch(kind="tag_added", at=AT), False),
        (Touch(kind="pricing_visit", at=AT), True),
    ]
    await leads.record(standing("L1", 1, Stage.SCORING, touches=tuple(enumerate(touch for touch, _ in said))))
    kept = await Timelines(staffed).touches("L1")
    assert [news for _, news in said] == ["no_news" not in touch.properties for touch in kept]


async def test_a_disqualified_lead_is_tagged_and_its_person_can_come_back(staffed: Database) -> None:
    """The tag is that lead's; who comes again is a new one (R36)."""
    leads = Leads(staffed)
    await leads.admit(newcomer("L1"))
    await leads.record(standing("L1", 1, Stage.DISQUALIFIED, closed=True))
    assert ["disqualified"] == (await known(staffed, "L1")).tags
    again = facts("L2", email="L1@acme.example")
    admitted = await leads.admit(newcomer("L2", again, at=AT + MINUTE))
    assert "admitted" == admitted.outcome
    assert [] == (await known(staffed, "L2")).tags

"""Old scores are somebody's to look at for a while, oldest first, and what time moves on is said once."""

import asyncio
from datetime import timedelta

from db.ageing import Ageing
from db.crm import CrmCopies
from db.engine import Database
from db.leads import Leads
from db.outbox import Outbox
from models.decisions import Nurture, Score
from models.lead import Fit, Intent, Stage
from tests.db.samples import AT, MINUTE, newcomer, standing

DAY = timedelta(days=1)
SCORE = Score(
    points=3,
    reasons=(),
    intent=Intent.LOW,
    fit=Fit.WEAK,
    qualification=Nurture(answerable="mia", monitored=False, until=AT + 90 * DAY, because="low"),
    policy="p1",
)


async def scored(db: Database, *lead_ids: str, stage: Stage = Stage.NURTURING) -> None:
    """Let leads in, and judge them a minute after one another."""
    leads = Leads(db)
    for n, lead_id in enumerate(lead_ids):
        await leads.admit(newcomer(lead_id))
        await leads.save_score(lead_id, SCORE, at=AT + n * MINUTE)
        await leads.record(standing(lead_id, 1, stage))


async def claimed(ageing: Ageing, days: float, limit: int = 9) -> list[str]:
    """Name the leads that are given so many days after."""
    found = await ageing.claim(AT + days * DAY, lease=5 * MINUTE, limit=limit)
    return [one.lead_id for one in found]


async def test_the_oldest_come_first_and_to_one_worker_only(db: Database) -> None:
    """What a worker that died had in hand is given to another after a while."""
    await scored(db, "a", "b", "c")
    ageing = Ageing(db)
    assert [] == await claimed(ageing, 0)
    assert ["a", "b"] == await claimed(ageing, 1, limit=2)
    both = await asyncio.gather(claimed(ageing, 1), claimed(ageing, 1))
    assert [["c"], []] == sorted(both, reverse=True)
    assert ["a", "b", "c"] == sorted(await claimed(ageing, 1.01))
    await ageing.seen("b", at=AT + 1.02 * DAY)
    assert ["a", "c"] == sorted(await claimed(ageing, 1.018))


async def test_only_leads_in_flight_that_were_judged_age(db: Database) -> None:
    """Neither one that has ended, nor one that nobody has judged yet."""
    await scored(db, "over", stage=Stage.CLOSED)
    await Leads(db).admit(newcomer("new"))
    await scored(db, "held", stage=Stage.ROUTING)
    assert ["held"] == await claimed(Ageing(db), 9)


async def test_what_time_moves_on_is_said_to_its_lead_once(db: Database) -> None:
    """However often it is looked at before the lead has heard it."""
    await scored(db, "a")
    ageing, says = Ageing(db), {"kind": "score_aged", "key": "aged-1"}
    for _ in range(2):
        await ageing.seen("a", at=AT + DAY, says=says)
    (task,) = await Outbox(db).claim(9, now=AT + 2 * DAY, lease=MINUTE)
    assert ("a", {"name": "event", "message": says}) == (task.lead_id, task.body)
    await Leads(db).record(standing("a", 2, Stage.CLOSED))
    await ageing.seen("a", at=AT + DAY, says={"kind": "score_aged", "key": "aged-2"})
    assert () == await Outbox(db).claim(9, now=AT + 2 * DAY, lease=MINUTE)


async def test_a_judgement_that_came_in_between_stands(db: Database) -> None:
    """Whoever looked before it looked at less: kept over it, its touch would be news again. Ends are final."""
    await scored(db, "a")
    ageing, leads = Ageing(db), Leads(db)
    faded = SCORE.model_copy(update={"points": 2, "at": AT + DAY})
    news = SCORE.model_copy(update={"points": 30, "touches": 1, "at": AT + DAY})
    assert await ageing.keep("a", faded, over=SCORE, at=AT + DAY)
    assert faded == await leads.score("a")
    await leads.save_score("a", news, at=AT + DAY)
    assert not await ageing.keep("a", faded, over=SCORE, at=AT + DAY)
    assert news == await leads.score("a")
    await leads.record(standing("a", 2, Stage.CLOSED))
    assert not await ageing.keep("a", faded, over=news, at=AT + DAY)
    assert news == await leads.score("a")


async def test_the_crm_is_told_of_whole_points_that_fade(db: Database) -> None:
    """Not every day of every lead: each call counts against its daily limit."""
    db.tells_crm = True
    await scored(db, "a")
    ageing, crm = Ageing(db), CrmCopies(db)

    async def wanted() -> int:
        copy = await crm.of("a")
        assert copy is not None
        return copy.wanted

    before, less = await wanted(), SCORE.model_copy(update={"points": 2.8})
    assert await ageing.keep("a", less, over=SCORE, at=AT + DAY)
    assert before == await wanted()
    assert await ageing.keep("a", less.model_copy(update={"points": 2.4}), over=less, at=AT + 2 * DAY)
    assert before + 1 == await wanted()

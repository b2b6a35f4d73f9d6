"""Rung by rung, at its instants, and what an outage leaves of them: the machine without Temporal."""

from datetime import timedelta

import pytest

from models.decisions import Manners
from models.ladder import Plan, Target
from models.lead import Stage
from models.orders import Tell
from tests.workflows.kitchen import REPS
from tests.workflows.lives import at, at_work
from tests.workflows.machine import Life, contact_plan
from workflows.ladder import climbing
from workflows.ladder.effects import Planning

A_MS = timedelta(milliseconds=1)
DAY = 24 * 60


def test_silence_climbs_the_ladder_at_its_instants() -> None:
    """Reminder, backup, manager, two more people, triage: each exactly when due, and the lead always has one owner."""
    life = Life()
    story: list[tuple[int, str | None, str]] = []
    for minute in range(76):
        life.wait_until(at(minute))
        here = (life.owner, life.state.stage.value)
        if not story or story[-1][1:] != here:
            story.append((minute, *here))
    assert story == [
        (0, "ana", "offered"),
        (15, "ben", "offered"),
        (30, "cho", "offered"),
        (45, "dov", "offered"),
        (60, None, "triage"),
    ]
    assert [(order.to, order.rungs_done, order.ended) for order in life.ordered] == [
        (Target.PRIMARY, 1, "expired"),
        (Target.BACKUP, 3, "expired"),
        (Target.NEXT, 5, "expired"),
        (Target.NEXT, 6, "expired"),
    ]
    assert [order.cause for order in life.ordered] == ["qualified", *["it was not taken in time"] * 3]
    assert [order.backup for order in life.ordered] == [None, "ben", None, None]
    assert [(tell.rep_id, tell.kind, tell.rung) for tell in life.tells("offer", "remind")] == [
        ("ana", "offer", 0),
        ("ana", "remind", 1),
        ("ben", "offer", 2),
        ("cho", "offer", 4),
        ("dov", "offer", 5),
    ]
    assert life.alerts() == [
        "tell the manager",
        "nobody took it on the whole ladder: please take it or give it to somebody",
    ]


def test_nothing_is_due_while_an_order_is_out() -> None:
    """The rung has begun; it does not begin again."""
    life = at_work()
    life.wait(15)
    assert climbing.next_due(life.state) is None
    assert climbing.tick(life.state, at(16)).state is life.state


@pytest.mark.parametrize("minutes", [10, 15])
def test_nothing_happens_before_it_is_due(minutes: int) -> None:
    """A millisecond early is early."""
    life = at_work()
    life.wait_until(at(minutes) - A_MS)
    early = life.state
    assert climbing.tick(early, life.now).state is early
    life.wait_until(at(minutes))
    assert life.state != early


def test_an_offer_says_by_when_and_what_comes_then() -> None:
    """Enough to act: whose it is, why, until when, and what happens otherwise."""
    [tell] = Life().tells("offer")
    assert tell == Tell(
        lead_id="t1",
        kind="offer",
        rep_id="ana",
        offer=1,
        rung=0,
        sentence="You get it because it is your turn, ana.",
        due_at=at(15),
        next_step="remind the owner",
    )


def test_a_reminder_says_what_comes_after_it() -> None:
    """Not what has just been done together with it."""
    life = Life()
    life.wait(10)
    [tell] = life.tells("remind")
    assert (tell.rep_id, tell.offer, tell.rung) == ("ana", 1, 1)
    assert (tell.due_at, tell.next_step) == (at(15), "offer it to the backup")
    life = Life()
    life.say("accept", rep_id="ana")
    life.sleep(130)
    life.run()
    [tell] = life.tells("contact")
    assert (tell.rung, tell.due_at, tell.next_step) == (7, at(240), "reassign for contact")
    assert life.alerts() == ["alert for contact"]


@pytest.mark.parametrize(
    ("down", "first", "reminders", "overdue", "next_due"),
    [
        (12, None, [], [], 15),
        (15, 2, [1], [], 20),
        (29, 2, [1], [3], 34),
        (44, 2, [1], [3, 4], 49),
        (59, 2, [1], [3, 4, 5], 64),
        (500, 2, [1], [3, 4, 5, 6], 505),
        (90 * DAY, 2, [1], [3, 4, 5, 6], 90 * DAY + 5),
    ],
)
def test_after_an_outage_one_offering_rung_runs_and_the_rest_is_planned_from_it(
    down: int, first: int | None, reminders: list[int], overdue: list[int], next_due: int
) -> None:
    """No storm, nobody loses a lead to our downtime, and what was not run is written down."""
    life = Life()
    life.sleep(down)
    life.run()
    skipped = [entry.data for entry in life.state.entries if entry.kind == "skipped"]
    assert [data["rung"] for data in skipped if "rung" in data] == reminders
    assert [data["rungs"] for data in skipped if "rungs" in data] == ([overdue] if overdue else [])
    assert (life.state.offer, life.owner) == ((2, "ben") if first else (1, "ana"))
    assert climbing.next_due(life.state.model_copy(update={"breached": True})) == at(next_due)


def test_skipped_rungs_are_named_with_how_late_they_were() -> None:
    """Whoever reads the timeline can tell our downtime from a rep's silence."""
    life = Life()
    life.sleep(31)
    life.run()
    assert life.says("skipped") == [
        "skipped a reminder: rung 1 (remind the owner) was due 1260 s ago",
        (
            "not run, planned anew from this offer: rung 3 (tell the manager) was due 660 s ago; "
            "rung 4 (give it to the next one available) was due 60 s ago"
        ),
    ]


def test_an_outage_over_the_last_rung_ends_in_triage_once() -> None:
    """Triage moves the lead on like any other rung."""
    life = Life()
    life.wait(50)
    life.sleep(5000)
    life.run()
    assert (life.state.stage, life.owner, life.state.wake_at) == (Stage.TRIAGE, None, at(5050 + DAY))


def test_the_contact_clock_reminds_tells_and_passes_on() -> None:
    """Accepted but untouched: by policy the ladder begins anew with somebody else."""
    life = Life()
    life.say("accept", rep_id="ana")
    life.wait(239)
    assert (life.owner, [tell.kind for tell in life.tells("contact")]) == ("ana", ["contact"])
    assert life.alerts() == ["alert for contact"]
    life.wait(1)
    assert (life.owner, life.state.stage, life.state.accepted_at) == ("ben", Stage.OFFERED, None)
    assert (life.ordered[-1].cause, life.ordered[-1].rungs_done) == ("no contact was made in time", 1)
    assert not life.state.breached, "it had been taken in time"


def test_a_lead_with_rungs_ahead_is_not_watched_besides() -> None:
    """A long contact clock is no reason to bother the manager daily."""
    life = Life(manners=Manners(triage_every=timedelta(minutes=30)))
    life.say("accept", rep_id="ana")
    life.wait(239)
    assert life.alerts() == ["alert for contact"]


@pytest.mark.parametrize("rungs", [0, 1, 2])
def test_an_accepted_lead_without_rungs_is_watched(rungs: int) -> None:
    """Policy has nothing more to do about it: the manager hears of it daily."""
    life = Life()
    life.contact = lambda now, cause: Plan(made_at=now, cause=cause, rungs=contact_plan(now, cause).rungs[:rungs])
    life.say("accept", rep_id="ana")
    before = [0, 0, 1][rungs]
    life.wait(130 + 3 * DAY)
    assert life.alerts()[before:] == ["still no contact is noted, and ana has it"] * 3
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)


def test_a_watched_lead_is_watched_also_when_its_plan_comes_back_during_a_move() -> None:
    """The plan was empty, the manager's wish came to nothing: there is still a due time."""
    life = at_work()
    life.contact = lambda now, cause: Plan(made_at=now, cause=cause, rungs=())
    life.say("accept", rep_id="ana")
    life.hear("reassign", rep_id="zed", by="mia", reason="x")
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    life.answer()
    assert climbing.next_due(life.state) == at(DAY)


def test_without_anybody_else_an_untouched_lead_climbs_the_ladder_with_its_owner() -> None:
    """The owner stays while the manager hears of it; in the end it is triage, not the same rung for ever."""
    life = Life()
    life.say("accept", rep_id="ana")
    life.state = life.state.model_copy(update={"asked": REPS})
    life.wait(241)
    assert (life.owner, life.state.stage) == ("ana", Stage.ACCEPTED)
    assert life.alerts()[-1] == "nobody else can be offered it: everybody was asked"
    life.wait(200)
    assert (life.state.stage, life.owner) == (Stage.TRIAGE, None)
    assert life.alerts().count("nobody else can be offered it: everybody was asked") == 4

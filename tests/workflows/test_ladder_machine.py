"""Rung by rung, and what follows when an order comes back, fails, or comes back late: the machine without Temporal."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from models.base import Problem
from models.decisions import (
    DeliveryState,
    Disqualified,
    Manners,
    NotAllowed,
    Unusable,
)
from models.ladder import Plan, RungKind, Target
from models.lead import Stage
from models.orders import ScoreLead, Tell
from tests.workflows.kitchen import REPS, nobody, offered, routed
from tests.workflows.machine import (
    BEGIN,
    Life,
    at,
    contact_plan,
    for_nurture,
    for_review,
    held_until,
    judged_as,
)
from workflows import arrivals, deliveries, judgements, ladder, resting, returns, telling
from workflows.effects import AlertCause, Alerting, Planning, Telling
from workflows.state import LeadState
from workflows.step import Step

A_MS = timedelta(milliseconds=1)
DAY = 24 * 60


def at_work(after: float = 0, **how: Any) -> Life:
    """A lead that was offered, after some time; from here on orders stay out until the test has them come back."""
    life = Life(**how)
    life.wait(after)
    life.prompt = False
    return life


# The ladder, rung by rung.


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
    assert ladder.next_due(life.state) is None
    assert ladder.tick(life.state, at(16)).state is life.state


@pytest.mark.parametrize("minutes", [10, 15])
def test_nothing_happens_before_it_is_due(minutes: int) -> None:
    """A millisecond early is early."""
    life = at_work()
    life.wait_until(at(minutes) - A_MS)
    early = life.state
    assert ladder.tick(early, life.now).state is early
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
    assert ladder.next_due(life.state.model_copy(update={"breached": True})) == at(next_due)


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


# After acceptance.


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
    assert ladder.next_due(life.state) == at(DAY)


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


# Orders that come back.


def test_a_held_lead_is_looked_at_again_when_its_time_comes() -> None:
    """No owner, a due time, and then whoever is there."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600)))
    assert (life.state.stage, life.owner, life.state.answerable) == (Stage.ROUTING, None, "mia")
    assert ladder.next_due(life.state) == at(600)
    assert life.says("held") == ["held until 2026-03-02 19:00:00 UTC: all are asleep"]
    life.wait(600)
    assert (life.ordered[-1].to, life.ordered[-1].cause) == (Target.PRIMARY, "the hold is over")
    life.answer()
    assert (life.owner, life.state.offer) == ("ana", 1)


def test_a_lead_held_half_way_up_goes_on_from_there() -> None:
    """Rungs that are behind stay behind."""
    life = at_work(30)
    life.wait(15)
    life.answer(held_until(at(600), at(620)))
    assert life.state.rung == 6
    assert life.state.response_due_at == at(20), "an earlier promise stays"
    life.wait_until(at(600))
    assert (life.ordered[-1].to, life.ordered[-1].rungs_done) == (Target.NEXT, 6)
    life.answer()
    assert [rung.kind for rung in life.state.plan] == [RungKind.TRIAGE]


def test_nobody_else_leaves_the_owner_with_the_rungs_that_are_left() -> None:
    """The manager is told, the owner keeps it, and the ladder goes on counted from now."""
    life = at_work()
    life.wait(15)
    life.answer(nobody(life.ordered[-1], life.now))
    assert (life.owner, life.state.stage, life.state.rung) == ("ana", Stage.OFFERED, 3)
    assert [rung.n for rung in life.state.plan] == [3, 4, 5, 6]
    assert life.alerts() == ["nobody else can be offered it: everybody was asked"]


def test_nobody_at_all_is_triage() -> None:
    """An outcome with a name: who is answerable, and when they hear of it again."""
    life = Life(prompt=False)
    life.answer()
    life.answer(nobody(life.ordered[-1], life.now))
    assert (life.state.stage, life.state.answerable, life.state.wake_at) == (Stage.TRIAGE, "mia", at(DAY))
    assert life.alerts() == ["nobody can be offered it: everybody was asked: please take it or give it to somebody"]


def test_nobody_and_no_rungs_left_is_triage() -> None:
    """An owner without rungs would wait for ever."""
    life = at_work()
    life.wait(15)
    order = life.ordered[-1]
    life.answer(nobody(order, life.now).model_copy(update={"plan": None}))
    assert (life.state.stage, life.owner) == (Stage.TRIAGE, None)
    assert life.state.last_holder is not None


def test_an_offer_that_comes_back_late_has_its_whole_window() -> None:
    """It was made, the answer got lost, the database was down: the window opens when the rep can hear of it."""
    life = at_work()
    life.wait(15)
    life.fail(committed=True)
    life.sleep(120)
    life.run()
    life.answer()
    assert (life.owner, life.state.plan) == ("ben", ())
    life.prompt = True
    life.run()
    assert [rung.due_at for rung in life.state.plan[:2]] == [at(140), at(150)]
    assert life.says("planned")[-1].startswith("offer 2 took 2:00:00 to come back: next, tell the manager")


def test_an_order_that_comes_back_after_the_end_only_counts() -> None:
    """Its number is taken in; nobody gets a lead that is over."""
    life = at_work()
    life.wait(15)
    life.say("contacted", rep_id="ana")
    over = life.state
    life.answer()
    assert life.state == over.model_copy(update={"offer": 2})


def test_a_plan_that_comes_back_after_triage_is_not_taken() -> None:
    """Nobody holds it, so no rung is anybody's."""
    life = at_work(46)
    life.say("snooze", rep_id="dov", until=at(60))
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    life.say("snooze", rep_id="dov", until=at(70))
    life.hear("reassign", rep_id="zed", by="mia", reason="x")
    life.state = resting.triaged(Step(life.state), life.now, "escalated").state
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    life.answer()
    assert (life.state.plan, life.state.stage, life.owner) == ((), Stage.TRIAGE, None)


def test_a_plan_is_taken_only_while_it_is_wanted() -> None:
    """What was planned for an owner who lost the lead is not put before the next one."""
    life = at_work()
    life.say("accept", rep_id="ana")
    life.say("decline", rep_id="ana", reason="no")
    life.answer()
    plan = life.state.plan
    life.come_back(next(place for place, effect in enumerate(life.beside) if isinstance(effect, Planning)))
    assert life.state.plan == plan


# Orders that fail.


def test_a_failing_order_is_tried_ever_later_and_the_manager_hears_daily() -> None:
    """1, 2, 4, 8 and then every 15 minutes; one alert a day, not one a try."""
    life = Life(prompt=False)
    life.answer()
    tries = []
    while life.now < at(2 * DAY):
        tries.append((life.now - BEGIN) // timedelta(minutes=1))
        life.fail("assigning failed")
        assert life.state.stage is Stage.TRIAGE
        due = ladder.next_due(life.state)
        assert due is not None
        life.wait_until(due)
    assert tries[:7] == [0, 1, 3, 7, 15, 30, 45]
    assert life.alerts() == ["assigning failed; it is tried again"] * 2
    life.answer()
    assert (life.owner, life.state.failures, life.state.wake_at) == ("ana", 0, None)


def test_a_failing_order_leaves_the_owner_in_place() -> None:
    """Who was asked still is, and may accept at any time; then nothing needs to be tried again."""
    life = at_work()
    life.wait(15)
    life.fail(committed=True)
    assert (life.owner, life.state.stage) == ("ana", Stage.OFFERED)
    assert life.say("accept", rep_id="ana").done
    life.prompt = True
    life.wait(60)
    assert (life.owner, life.state.moving, life.state.stuck) == ("ana", None, None)
    life.say("decline", rep_id="ana", reason="no")
    assert (life.owner, life.state.offer) == ("ben", 3), "number 2 may have been made and is not used again"


def test_an_accept_while_the_order_is_about_to_fail_is_honoured_too() -> None:
    """There is nothing left to try again, and no alarm."""
    life = at_work()
    life.wait(15)
    life.say("accept", rep_id="ana")
    life.fail(committed=True)
    assert (life.owner, life.state.moving, life.state.stuck, life.state.offer) == ("ana", None, None, 2)
    assert life.alerts() == []


def test_a_failure_after_the_end_brings_nothing_back() -> None:
    """A disqualified lead stays disqualified, whatever comes back late."""
    life = at_work()
    life.wait(15)
    life.say("disqualify", by="mia", reason="noise")
    life.fail("assigning failed")
    assert (life.state.stage, life.state.stuck, ladder.next_due(life.state)) == (Stage.DISQUALIFIED, None, None)


def test_scoring_that_fails_reaches_a_manager_too() -> None:
    """A lead that cannot be judged is visible, and judged when it can be."""
    life = Life(prompt=False)
    life.fail("scoring failed")
    assert (life.state.stage, ladder.next_due(life.state)) == (Stage.TRIAGE, at(1))
    assert life.alerts() == ["scoring failed; it is tried again"]
    life.wait(1)
    life.prompt = True
    life.run()
    assert (life.owner, life.state.failures) == ("ana", 0)


# The promise.


@pytest.mark.parametrize(
    ("accept", "breached"), [(at(20) - A_MS, False), (at(20), False), (at(20) + A_MS, True), (at(29), True)]
)
@pytest.mark.parametrize("down", [False, True])
def test_late_means_strictly_after_due(accept: datetime, breached: bool, down: bool) -> None:
    """At the promised instant is in time; a millisecond later is not, and our downtime does not hide it."""
    life = Life()
    life.say("extend", by="mia", until=at(60))
    if down:
        life.now = accept
    else:
        life.wait_until(accept)
    life.say("accept", rep_id="ana")
    life.wait(100)
    assert life.state.breached == breached
    assert life.says("breached") == (
        ["nobody had taken it by 2026-03-02 09:20:00 UTC, the promised time"] if breached else []
    )


def test_a_breach_is_noted_while_everything_else_is_frozen_or_failing() -> None:
    """A pause, or a database that is down, breaks the promise all the same; a millisecond after it."""
    paused = Life()
    paused.say("pause", by="mia", reason="x")
    stuck = at_work(15)
    stuck.say("escalate", by="mia")
    stuck.say("escalate", by="mia")
    stuck.fail()
    for life in (paused, stuck):
        life.wait_until(at(20))
        assert life.says("breached") == []
        while not life.state.breached:
            if life.order:
                life.fail()
            due = ladder.next_due(life.state)
            assert due is not None
            assert due <= at(20) + A_MS
            life.wait_until(due)


def test_an_import_of_old_leads_raises_no_alarm() -> None:
    """A backfill has broken its promises long ago."""
    life = Life(backfill=True)
    life.wait(3000)
    assert (life.state.breached, life.says("breached")) == (False, [])


@pytest.mark.parametrize("taken", [0, 20])
@pytest.mark.parametrize("lost", ["given back", "no contact"])
def test_a_promise_that_was_kept_stays_kept(lost: str, taken: float) -> None:
    """Taken in time, if only just, and lost later: the prospect was promised an answer, and had somebody."""
    life = Life()
    life.say("extend", by="mia", until=at(60))
    life.wait(taken)
    life.say("accept", rep_id="ana")
    if lost == "given back":
        life.wait(30)
        life.say("decline", rep_id="ana", reason="no")
    life.wait(1000)
    assert (life.owner, life.state.breached) == (None, False)


def test_a_promise_made_anew_has_to_be_kept_anew() -> None:
    """Taken in time, given back, nurtured, promoted: the promise of the promotion is another one."""
    life = Life()
    life.say("accept", rep_id="ana")
    life.say("decline", rep_id="ana", reason="too early")
    life.prompt = False
    life.hear("requalify", by="mia", reason="too early")
    life.answer(score=for_nurture(at(30 * DAY)))
    life.prompt = True
    life.wait(500)
    life.say("event", kind="pricing_visit")
    assert (life.owner, life.state.response_due_at, life.state.breached) == ("ben", at(520), False)
    life.wait(21)
    assert life.state.breached


def test_an_accept_that_was_taken_back_keeps_no_promise() -> None:
    """As if it had never been said."""
    life = Life()
    life.wait(14.9)
    life.say("accept", rep_id="ana", key="a")
    life.wait(0.5)
    life.say("undo", rep_id="ana", key="a")
    life.wait(20)
    assert life.state.breached


def test_taken_by_a_manager_after_the_promised_time_is_late() -> None:
    """Also when the promise is learned in the same moment, because the lead was held until then."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600)))
    life.sleep(60)
    life.prompt = True
    assert life.say("take", by="mia").done
    assert life.state.breached


def test_a_promise_is_kept_in_mind_while_nobody_can_be_asked() -> None:
    """A held lead breaks its promise too, and then the manager hears of it."""
    life = Life(prompt=False)
    life.answer()
    life.answer(held_until(at(600), at(20)))
    assert ladder.next_due(life.state) == at(20) + A_MS
    life.wait(30)
    says = "nobody had taken it by 2026-03-02 09:20:00 UTC, the promised time"
    assert life.says("breached") == [says]
    assert life.alerts() == [f"{says}: it is held, and nobody is asked"]
    life.wait(600)
    life.answer()
    assert life.state.response_due_at == at(20), "the promise does not move because the lead was held"


# People who cannot be told.


def come_back(life: Life, kind: type, delivery: DeliveryState) -> None:
    """Have the first message of this kind come back."""
    place = next(place for place, effect in enumerate(life.beside) if isinstance(effect, kind))
    life.come_back(place, delivery)


def untold() -> Life:
    """The rep could not be told of the offer, and the manager is about to be."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    life.come_back(0, DeliveryState.UNDELIVERABLE)
    return life


def test_a_rep_who_cannot_be_told_reaches_the_manager() -> None:
    """The offer stands; the manager decides."""
    life = untold()
    assert life.says("unsent") == ["ana could not be told: mailbox is full"]
    assert life.alerts() == ["ana could not be told of the offer: mailbox is full"]
    come_back(life, Alerting, DeliveryState.DELIVERED)
    assert (life.owner, life.order) == ("ana", None)
    assert life.says("alerted") == ["told mia by log: ana could not be told of the offer: mailbox is full"]


def test_when_neither_can_be_told_the_lead_is_in_triage_at_once() -> None:
    """Nobody knows of it, so nobody is waited for; and nobody else is asked in vain."""
    life = untold()
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert (life.state.stage, life.state.released_because) == (
        Stage.TRIAGE,
        "neither the rep nor a manager could be told",
    )


@pytest.mark.parametrize("since", ["moved on", "passed on", "paused", "being judged", "accepted"])
def test_an_alert_that_fails_late_takes_nothing_from_anybody(since: str) -> None:
    """It was about an earlier offer, or somebody is at it."""
    life = untold()
    match since:
        case "moved on":
            life.say("decline", rep_id="ana", reason="no")
            life.answer()
        case "passed on":
            life.wait(15)
        case "paused":
            life.say("pause", by="mia", reason="x")
        case "being judged":
            life.hear("requalify", by="mia", reason="x")
        case "accepted":
            life.say("accept", rep_id="ana")
    before = life.state
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert (life.state.holder, life.state.moving, life.state.plan) == (before.holder, before.moving, before.plan)
    assert life.owner == ("ben" if since == "moved on" else "ana")


@pytest.mark.parametrize(
    ("kind", "delivery", "line", "says", "alerts"),
    [
        ("offer", DeliveryState.DELIVERED, "sent", "offer to ana by log", 0),
        ("remind", DeliveryState.DELIVERED, "reminded", "remind to ana by log", 0),
        ("offer", DeliveryState.STALE, "skipped", "offer to ana not sent: mailbox is full", 0),
        ("remind", DeliveryState.UNDELIVERABLE, "unsent", "ana could not be told: mailbox is full", 0),
        ("offer", DeliveryState.UNDELIVERABLE, "unsent", "ana could not be told: mailbox is full", 1),
    ],
)
def test_what_became_of_a_message_is_written_down(
    kind: str, delivery: DeliveryState, line: str, says: str, alerts: int
) -> None:
    """Only an offer that nobody heard of is the manager's business."""
    life = at_work()
    [offer] = life.tells("offer")
    told = offer.model_copy(update={"kind": kind})
    step = deliveries.told(life.state, told, life._delivery("ana", delivery), life.now)
    assert (step.state.entries[-1].kind, step.state.entries[-1].says) == (line, says)
    assert len(step.effects) == alerts


@pytest.mark.parametrize("since", ["accepted", "moved on", "given up"])
def test_an_offer_that_is_over_needs_nobody_to_be_told(since: str) -> None:
    """The message failed, and nobody waits for it any more: written down, and no alarm."""
    life = Life(prompt=False)
    life.answer()
    life.answer()
    if since == "accepted":
        life.say("accept", rep_id="ana")
    else:
        life.say("decline", rep_id="ana", reason="no")
    if since == "moved on":
        life.answer()
    come_back(life, Telling, DeliveryState.UNDELIVERABLE)
    assert (life.says("unsent"), life.alerts()) == (["ana could not be told: mailbox is full"], [])


def test_whoever_was_told_is_answerable_if_nobody_is_named() -> None:
    """The lead then names a person, not a gap."""
    life = Life(prompt=False)
    life.fail("scoring failed")
    assert life.state.answerable is None
    come_back(life, Alerting, DeliveryState.DELIVERED)
    assert life.state.answerable == "mia"


@pytest.mark.parametrize("stage", [Stage.TRIAGE, Stage.REVIEW])
def test_a_manager_who_cannot_be_told_is_tried_again_soon(stage: Stage) -> None:
    """A lead on somebody's table who does not know: in a quarter of an hour, not in a day."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(DAY))) if stage is Stage.REVIEW else life.answer()
    if stage is Stage.TRIAGE:
        life.answer(nobody(life.ordered[-1], life.now))
    assert life.state.stage is stage
    come_back(life, Alerting, DeliveryState.UNDELIVERABLE)
    assert ladder.next_due(life.state) == at(15)
    life.wait(15)
    assert len(life.alerts()) == 2


# Where no rung leads.


def test_triage_is_heard_of_daily_until_somebody_takes_it() -> None:
    """At least daily, by policy more often."""
    life = Life(manners=Manners(triage_every=timedelta(hours=6)))
    life.wait(60 + 2 * DAY)
    alerts = life.alerts()[2:]
    assert alerts == ["still in triage, because nobody took it on the whole ladder"] * 8
    life.say("take", by="mia")
    life.wait(30)
    assert len(life.alerts()) == 10


def test_a_review_is_asked_for_at_once_and_again_when_due() -> None:
    """Somebody is answerable, and hears of it until they decide."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(DAY)))
    life.prompt = True
    life.run()
    assert (life.state.stage, life.state.answerable, ladder.next_due(life.state)) == (Stage.REVIEW, "mia", at(DAY))
    assert telling.next_step(life.state) == "the review is due"
    life.wait(3 * DAY)
    assert life.alerts() == [
        "please review it: executive introduction",
        *["waits for review: executive introduction"] * 3,
    ]


def test_a_nurtured_lead_is_closed_when_its_programme_ends() -> None:
    """Visible until then, settled after."""
    life = Life(prompt=False)
    life.answer(score=for_nurture(at(30 * DAY)))
    assert (life.state.stage, ladder.next_due(life.state)) == (Stage.NURTURING, at(30 * DAY))
    life.wait(30 * DAY)
    assert (life.state.stage, life.state.because) == (Stage.CLOSED, "the nurture programme ran its time")
    assert ladder.next_due(life.state) is None


def test_a_lead_that_is_none_ends() -> None:
    """Out, with the reason."""
    life = Life(prompt=False)
    life.answer(score=judged_as(Disqualified(because="a competitor")))
    assert (life.state.stage, life.state.because) == (Stage.DISQUALIFIED, "a competitor")


def test_a_new_score_changes_no_way_but_a_nurtured_leads() -> None:
    """A lead that is with somebody keeps its way; points are taken in."""
    life = at_work()
    better = routed(ScoreLead(lead_id="t1", policy="test-1", at=BEGIN)).model_copy(
        update={"points": 99, "qualification": Disqualified(because="x")}
    )
    step = judgements.rescored(life.state, better, life.now)
    assert step.state.score is not None
    assert (step.state.score.points, step.state.score.qualification.way) == (99, "route")
    assert (step.state.holder, step.state.plan) == (life.state.holder, life.state.plan)


UNUSABLE = Unusable(
    problems=(Problem(field="email", what="is required"), Problem(field="type", what="is not known")),
    answerable="mia",
    due_at=at(DAY),
    policy="test-1",
    manners=Manners(),
    received_at=BEGIN,
)


def test_what_is_no_lead_is_reviewed_with_what_is_wrong() -> None:
    """A person sees it, and why."""
    step = arrivals.unusable(LeadState(lead_id="t1"), UNUSABLE, BEGIN)
    assert (step.state.stage, step.state.because) == (Stage.REVIEW, "email: is required; type: is not known")
    assert (step.state.answerable, ladder.next_due(step.state)) == ("mia", at(DAY))
    assert (step.state.headline, telling.next_step(step.state)) == (
        "a lead that could not be read",
        "the review is due",
    )
    [alert] = step.effects
    assert alert == Alerting("please review it: email: is required; type: is not known", 1001, AlertCause.TRIAGE, 0)


def test_what_was_ended_before_it_was_read_stays_ended() -> None:
    """Disqualified while it was taken in: it does not come back as a review, nor end twice."""
    over = resting.ended_in(Step(LeadState(lead_id="t1")), BEGIN, Stage.DISQUALIFIED, "noise").state
    assert arrivals.unusable(over, UNUSABLE, BEGIN).state == over
    assert resting.ended_in(Step(over), BEGIN, Stage.CLOSED, "folded").state == over


@pytest.mark.parametrize("prompt", [True, False])
def test_a_new_history_carries_everything(prompt: bool) -> None:
    """Wherever a lead stands, plain JSON is enough to go on."""
    life = Life(prompt=prompt)
    life.carry_over()
    life.prompt = True
    for minutes in (0, 15, 5, 12, 100):
        life.wait(minutes)
        life.say("event", kind="email_open", key=f"e{minutes}")
        life.carry_over()
    life.say("take", by="mia", key="t")
    life.carry_over()
    assert life.say("take", by="mia", key="t").repeat


def test_an_offer_is_taken_in_once() -> None:
    """An answer nobody waits for gives the lead to nobody."""
    life = Life()
    late = offered(life.ordered[0].model_copy(update={"offer": 5}), "eva", life.now)
    assert returns.assigned(life.state, late, life.now).state == life.state.model_copy(update={"offer": 5})
    assert returns.assigned(life.state, NotAllowed(because="x"), life.now).state == life.state

"""Each kind of rung: it widens, rests, tells whom it names as it wants, and lets go at its end."""

from datetime import timedelta
from typing import Any

import pytest

from models.ladder import Clock, Plan, Rung, RungKind, Target
from models.lead import Stage
from models.roster import ChannelName
from tests.workflows.kitchen import LADDER, RICH
from tests.workflows.lives import at, for_nurture, for_review
from tests.workflows.machine import Life
from workflows import telling
from workflows.ladder import climbing
from workflows.ladder.effects import AlertCause, Alerting, Telling

DAY = 24 * 60


def rich(after: float = 0, **how: Any) -> Life:
    """A lead on a ladder with every kind of rung, after some time."""
    life = Life(ladder=RICH, **how)
    life.wait(after)
    return life


def ending_in(stage: Stage) -> Life:
    """A lead that nobody takes, and whose ladder ends so."""
    rungs: list[Rung] = []

    def last(life: Life) -> Plan:
        plan = ladder_of(life)
        rungs[:] = [*plan.rungs[:-1], plan.rungs[-1].model_copy(update={"stage": stage})]
        return plan.model_copy(update={"rungs": tuple(rungs)})

    life = rich(85)
    life.state = life.state.model_copy(update={"plan": last(life).rungs})
    return life


def ladder_of(life: Life) -> Plan:
    """The rungs that are ahead."""
    return Plan(made_at=life.now, cause="", rungs=life.state.plan)


def test_a_widened_pool_is_asked_from_then_on() -> None:
    """Not before, and by every later order."""
    life = rich(100)
    assert [order.pools for order in life.ordered] == [(), ("south",), ("south",)]
    assert life.says("widened") == ["from here on south may be asked, too"]


@pytest.mark.parametrize("how", ["declined", "escalated", "on leave"])
def test_a_rung_that_widens_is_not_lost_when_the_lead_moves_on_early(how: str) -> None:
    """Whoever comes after it on the ladder is looked for as widely as if everybody had been silent."""
    life = rich(1)
    match how:
        case "declined":
            life.say("decline", rep_id="ana", reason="no")
        case "on leave":
            life.anew = lambda effect: Plan(made_at=effect.at, cause="", rungs=effect.rungs, gone="ana is away")
            life.reconsider()
        case "escalated":
            for _ in range(3):
                life.say("escalate", by="mia")
    assert (life.owner, life.ordered[-1].pools) == ("ben", ("south",))


def test_a_judgement_anew_forgets_how_wide_the_old_one_looked() -> None:
    """The old rule is as if it had never been."""
    life = rich(20)
    life.say("requalify", by="mia", reason="the rule was wrong")
    assert (life.state.widened, life.ordered[-1].pools) == ((), ())


def test_an_offer_goes_to_whom_the_rung_names() -> None:
    """A rota is the database's matter: the order says which."""
    life = rich(10)
    assert (life.ordered[-1].to, life.ordered[-1].who) == (Target.ON_DUTY, "berlin")
    life.say("decline", rep_id="ben", reason="no")
    assert (life.ordered[-1].to, life.ordered[-1].who) == (Target.NEXT, None)


def test_the_policy_lets_a_lead_rest() -> None:
    """Nothing happens until then, and everybody can see that; the rungs behind count on from there."""
    life = rich(21)
    assert life.says("paused") == ["paused by the policy until 2026-03-02 10:16:00 UTC"]
    says = "paused by the policy until 2026-03-02 10:16:00 UTC; then tell the manager's manager"
    assert telling.next_step(life.state) == says
    assert telling.status(life.state).due_at == at(80)
    before = len(life.effects)
    life.wait_until(at(80) - timedelta(seconds=1))
    assert [type(effect) for effect in life.effects[before:]] == []
    life.wait_until(at(80))
    assert telling.next_step(life.state) == "give it to the next one available"


def test_answers_are_taken_while_the_policy_lets_it_rest() -> None:
    """Time rests, people do not; what comes after has nothing to do with the rest."""
    life = rich(17)
    assert life.say("accept", rep_id="ben").done
    assert telling.next_step(life.state) == "remind for contact"
    life = rich(17)
    life.say("decline", rep_id="ben", reason="no")
    assert (life.owner, life.state.resting_until) == ("cho", None)


def test_an_outage_over_a_rest_that_is_over_says_nothing_of_it() -> None:
    """What lies behind is not told as if it were ahead."""
    life = rich(10)
    life.sleep(72)
    life.run()
    assert (life.says("paused"), life.state.resting_until) == ([], None)


def test_nobody_who_escalates_waits_for_a_rest() -> None:
    """The next rung that does something is climbed."""
    life = rich(15)
    verdict = life.say("escalate", by="mia")
    assert (verdict.because, life.alerts()[-1]) == (
        "the manager is told",
        "mia escalated: tell the manager's manager",
    )
    assert life.say("escalate", by="mia").because == "give it to the next one available"


def test_escalating_a_rung_that_widens_widens() -> None:
    """It is climbed like any other."""
    life = rich(5)
    assert life.say("escalate", by="mia").because == "let the south be asked, too"
    assert (life.state.widened, life.owner) == (("south",), "ana")


def test_an_alert_goes_to_whom_its_rung_names_and_as_it_wants() -> None:
    """Over these channels, in these words, at night too."""
    life = rich(80)
    alerts = [effect for effect in life.effects if isinstance(effect, Alerting)][-2:]
    assert [(one.to, one.rung) for one in alerts] == [(Target.MANAGER, 4), (Target.MANAGERS_MANAGER, 6)]
    assert alerts[0] == Alerting(
        "tell the manager",
        4,
        AlertCause.RUNG,
        offer=2,
        channels=(ChannelName.EMAIL,),
        text="please look at {lead}",
        urgent=True,
    )


def test_a_reminder_is_told_as_its_rung_wants() -> None:
    """Channels and words are the policy's."""
    [tell] = rich(5).tells("remind")
    assert (tell.channels, tell.text, tell.urgent) == (("log",), "still yours?", False)


def test_an_offer_is_told_as_the_policy_wants() -> None:
    """The database's choice says how; also for the very first."""
    life = Life(prompt=False)
    life.answer()
    order = life.ordered[0]
    wanted = life.offer(order, "ana", life.now).model_copy(
        update={"channels": ("webhook",), "text": "yours: {company}", "urgent": True}
    )
    life.answer(wanted)
    [tell] = [effect.order for effect in life.effects if isinstance(effect, Telling)]
    assert (tell.channels, tell.text, tell.urgent) == (("webhook",), "yours: {company}", True)


# Where the ladder lets go.


def test_a_ladder_may_end_in_nurture() -> None:
    """Marketing has it for the programme's time, the manager answers for it, and sales holds it no longer."""
    life = rich(100)
    state = life.state
    assert (state.stage, life.owner, state.answerable) == (Stage.NURTURING, None, "mia")
    assert life.says("qualified")[-1] == "nurtured until 2026-08-29: nobody took it on the whole ladder"
    assert climbing.next_due(state) == at(100) + timedelta(days=180)
    record = telling.record(state, life.now)
    assert (record.holding, record.ended, record.released_because) == (
        None,
        "expired",
        "nobody took it on the whole ladder",
    )


def test_what_the_prospect_does_then_brings_it_back_to_sales() -> None:
    """With a promise of its own, and everybody may be asked who has not declined."""
    life = rich()
    life.say("decline", rep_id="ana", reason="no")
    life.wait(200)
    assert life.state.stage is Stage.NURTURING
    life.wait(3 * DAY)
    life.say("event", kind="pricing_visit")
    assert (life.owner, life.ordered[-1].asked) == ("ben", ("ana",))
    assert life.state.response_due_at == life.now + timedelta(minutes=20)


def test_a_ladder_may_end_in_review() -> None:
    """A person decides, and hears of it until they do."""
    life = ending_in(Stage.REVIEW)
    life.wait(15)
    assert (life.state.stage, life.owner, life.state.answerable) == (Stage.REVIEW, None, "mia")
    life.wait(2 * DAY)
    assert life.alerts()[-3:] == [
        "please review it: nobody took it on the whole ladder",
        *["waits for review: nobody took it on the whole ladder"] * 2,
    ]


def test_a_ladder_may_end_the_lead() -> None:
    """Closed, with the reason, and nobody holds it."""
    life = ending_in(Stage.CLOSED)
    life.wait(15)
    assert (life.state.stage, life.state.because, life.owner) == (
        Stage.CLOSED,
        "nobody took it on the whole ladder",
        None,
    )
    assert telling.record(life.state, life.now).ended == "expired"


@pytest.mark.parametrize(
    ("how", "ended"), [("declined", "declined"), ("escalated", "withdrawn"), ("gone", "withdrawn")]
)
def test_the_end_of_the_ladder_may_come_early(how: str, ended: str) -> None:
    """Nobody is left on it: it goes where it would have gone, and the offer ended as it did."""
    life = rich(85)
    match how:
        case "declined":
            says = life.say("decline", rep_id="cho", reason="no").because
            assert says == "declined; nobody is left on the ladder, so it is nurturing"
        case "escalated":
            assert life.say("escalate", by="mia").because == "to nurture"
        case "gone":
            life.anew = lambda effect: Plan(made_at=effect.at, cause="", rungs=effect.rungs, gone="cho is away")
            life.reconsider()
    assert (life.state.stage, life.state.released_as) == (Stage.NURTURING, ended)


def test_a_lead_that_was_nurtured_before_keeps_its_programme() -> None:
    """Its end and whose it is are known from the judgement."""
    life = Life(prompt=False, ladder=RICH)
    life.answer(score=for_nurture(at(40 * DAY)))
    life.prompt = True
    life.run()
    life.hear("reassign", rep_id="ana", by="mia", reason="knows them")
    life.wait(200)
    assert (life.state.stage, life.state.answerable, life.state.wake_at) == (Stage.NURTURING, "nia", at(40 * DAY))


def test_rungs_of_an_owner_who_stays_end_where_the_ladder_ends() -> None:
    """Nobody else is there, the owner did not contact them, and the last rung is no rung of the contact clock."""
    life = rich(prompt=True)
    life.say("accept", rep_id="ana")
    life.state = life.state.model_copy(update={"asked": ("ana", "ben", "cho", "dov", "eva")})
    life.wait(500)
    assert (life.state.stage, life.owner) == (Stage.NURTURING, None)


@pytest.mark.parametrize("review", [False, True])
def test_a_programme_ends_by_policy(review: bool) -> None:
    """Closed, or put before a person."""
    life = Life(prompt=False)
    life.state = life.state.model_copy(
        update={"manners": life.state.manners.model_copy(update={"review_after_nurture": review})}
    )
    life.answer(score=for_nurture(at(30 * DAY)))
    life.prompt = True
    life.wait(30 * DAY)
    assert life.state.stage is (Stage.REVIEW if review else Stage.CLOSED)
    assert life.state.because == "the nurture programme ran its time"
    if review:
        assert life.alerts() == ["please review it: the nurture programme ran its time"]
        assert climbing.next_due(life.state) == at(31 * DAY)


def test_an_event_in_review_changes_the_score_and_not_the_way() -> None:
    """A person decides there."""
    life = Life(prompt=False)
    life.answer(score=for_review(at(DAY)))
    life.prompt = True
    life.run()
    life.say("event", kind="pricing_visit")
    assert life.says("scored")[-1] == "31 points after what the prospect did"
    assert life.state.stage is Stage.REVIEW


def test_a_contact_clock_may_rest_too() -> None:
    """Over the night, say: reminded before, told after."""

    def contact(now: Any, cause: str) -> Plan:
        until = now + timedelta(hours=12)
        rungs = (
            Rung(n=9, kind=RungKind.PAUSE, due_at=now, clock=Clock.WALL, until_at=until, says="let it rest"),
            Rung(n=10, kind=RungKind.REMIND, due_at=until, clock=Clock.WALL, says="remind the owner"),
        )
        return Plan(made_at=now, cause=cause, rungs=rungs)

    life = Life(contact=contact, ladder=LADDER)
    life.say("accept", rep_id="ana")
    assert life.says("paused") == ["paused by the policy until 2026-03-02 21:00:00 UTC"]
    assert (life.tells("contact"), climbing.next_due(life.state)) == ([], at(12 * 60))
    life.wait(12 * 60)
    assert [tell.rep_id for tell in life.tells("contact")] == ["ana"]

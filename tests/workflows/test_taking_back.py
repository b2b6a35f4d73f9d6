"""Who may still take a lead: whoever was asked before, as long as nobody has, where the policy allows it."""

from datetime import timedelta
from typing import Any

import pytest

from models.decisions import Manners
from models.lead import Stage
from models.messages import VerdictKind
from tests.workflows.lives import at, held_until, in_triage
from tests.workflows.machine import BEGIN, MINUTE, Life
from workflows import telling
from workflows.ladder.effects import Planning

DONE, REFUSED = VerdictKind.DONE, VerdictKind.REFUSED
ALLOWED = Manners(take_back=True)


def asked_in_vain(after: float = 15, manners: Manners = ALLOWED, **how: Any) -> Life:
    """A lead that ana did not answer, and that ben is asked about."""
    life = Life(manners=manners, **how)
    life.wait(after)
    return life


def test_whoever_was_asked_before_may_still_take_it() -> None:
    """They have it, whoever is asked is told, and everything is written down."""
    life = asked_in_vain()
    verdict = life.say("accept", rep_id="ana", offer=1)
    assert (verdict.verdict, verdict.because, verdict.owner, verdict.offer) == (DONE, "yours", "ana", 1)
    assert (life.state.stage, life.state.accepted_at) == (Stage.ACCEPTED, at(15))
    assert life.says("taken_back") == ["ana, who was asked before, takes it: ben is asked no longer"]
    [told] = life.tells("withdrawn")
    assert (told.rep_id, told.offer, told.sentence) == ("ben", 2, "ana, who was asked before you, has taken it.")
    assert life.says("sent")[-1] == "withdrawn to ben by log"
    record = telling.record(life.state, life.now)
    assert record.holding is not None
    assert (record.holding.rep_id, record.holding.offer, record.offer) == ("ana", 1, 2)
    assert life.state.plan[0].says == "remind for contact"


def test_without_the_policy_a_late_answer_is_told_who_has_it() -> None:
    """As it was."""
    life = asked_in_vain(manners=Manners())
    verdict = life.say("accept", rep_id="ana", offer=1)
    assert (verdict.verdict, verdict.because, verdict.owner) == (
        REFUSED,
        "ana cannot accept: the lead is not yours: ben is asked since 2026-03-02 09:15:00 UTC (offer 2)",
        "ben",
    )


def test_whoever_has_accepted_keeps_it() -> None:
    """First come, first served: what was acknowledged is honoured."""
    life = asked_in_vain()
    life.say("accept", rep_id="ben")
    assert not life.say("accept", rep_id="ana", offer=1).done
    assert life.owner == "ben"


def test_who_was_taken_from_may_not_take_it_back_in_turn() -> None:
    """It is taken."""
    life = asked_in_vain()
    life.say("accept", rep_id="ana")
    assert not life.say("accept", rep_id="ben").done


@pytest.mark.parametrize("how", ["declined", "handed over", "reassigned", "another offer", "never asked"])
def test_who_may_not(how: str) -> None:
    """Whoever gave it up, or had it taken from them by a person, is out of it."""
    life = Life(manners=ALLOWED)
    offer = 1
    match how:
        case "declined":
            life.say("decline", rep_id="ana", reason="no")
        case "handed over":
            life.say("handover", by="mia", reason="ana leaves us")
        case "reassigned":
            life.say("reassign", by="mia", rep_id="ben", reason="knows them")
        case "another offer":
            life.wait(15)
            offer = 3
        case "never asked":
            life.wait(15)
    assert life.owner == "ben"
    verdict = life.say("accept", rep_id="dov" if how == "never asked" else "ana", offer=offer)
    assert (verdict.verdict, life.owner) == (REFUSED, "ben")


def test_while_the_next_one_is_being_chosen() -> None:
    """The order is out, the answer comes: it is theirs, and the offer that comes back is nobody's."""
    life = asked_in_vain(30)
    life.prompt = False
    life.wait(15)
    assert life.order is not None
    assert life.say("accept", rep_id="ana").done
    life.answer()
    assert (life.owner, life.state.offer) == ("ana", 4)
    assert life.says("skipped")[-1] == "offer 4 to dov withdrawn: ana accepted first"


def test_while_it_is_held() -> None:
    """Nobody is there but the one who wants it."""
    life = asked_in_vain(14)
    life.prompt = False
    life.wait(1)
    life.answer(held_until(at(600)))
    assert life.say("accept", rep_id="ana").done
    assert (life.owner, life.tells("withdrawn")) == ("ana", [])
    assert life.says("taken_back") == ["ana, who was asked before, takes it: nobody was asked"]


def test_from_triage() -> None:
    """Anybody who was asked; without the policy the last one only, who may report the contact at once."""
    life = asked_in_vain(61)
    assert life.state.stage is Stage.TRIAGE
    assert life.say("accept", rep_id="ben").done
    assert life.owner == "ben"
    for rep, may in (("ben", False), ("dov", True)):
        life = in_triage()
        assert life.say("accept", rep_id=rep).done == may


@pytest.mark.parametrize("rep", ["ben", "dov"])
def test_a_contact_from_triage_by_whoever_was_asked_last(rep: str) -> None:
    """Contact is an accept, too; nobody else may report one."""
    life = in_triage()
    verdict = life.say("contacted", rep_id=rep)
    assert verdict.done == (rep == "dov")
    assert life.state.stage is (Stage.CONTACTED if rep == "dov" else Stage.TRIAGE)
    if rep == "dov":
        assert (life.owner, life.state.accepted_at) == ("dov", life.now)
        assert [one for one in life.effects if isinstance(one, Planning)] == []


def test_a_contact_by_whoever_was_asked_before() -> None:
    """They did reach the prospect: by policy that counts, and whoever is asked hears of it."""
    life = asked_in_vain()
    assert life.say("contacted", rep_id="ana").done
    assert (life.state.stage, life.owner, life.state.offer) == (Stage.CONTACTED, "ana", 2)
    assert [tell.rep_id for tell in life.tells("withdrawn")] == ["ben"]


def test_taking_it_back_can_be_undone() -> None:
    """Within a minute; then it goes on to somebody else, for the one who was asked has been told off."""
    life = asked_in_vain()
    life.say("accept", rep_id="ana", key="a")
    life.wait(0.5)
    assert life.say("undo", rep_id="ana", key="a").done
    assert (life.owner, life.state.stage, life.state.offer) == ("cho", Stage.OFFERED, 3)
    life = asked_in_vain(61)
    life.say("accept", rep_id="ben", key="a")
    assert life.say("undo", rep_id="ben", key="a").because == "taken back: the manager has it"


def test_who_let_the_contact_clock_run_out_may_take_it_again() -> None:
    """And what is said of it then is said anew, not taken for a repeat."""
    life = Life(manners=ALLOWED)
    life.say("accept", rep_id="ana")
    life.wait(240)
    assert life.owner == "ben"
    assert life.say("accept", rep_id="ana").done
    life.wait(130)
    keys = [(tell.offer, tell.rung) for tell in life.tells("contact")]
    assert [offer for offer, _ in keys] == [1, 1]
    assert len(set(keys)) == 2


def test_a_judgement_anew_forgets_who_was_asked() -> None:
    """The old rule is as if it had never been."""
    life = asked_in_vain()
    life.say("requalify", by="mia", reason="the rule was wrong")
    life.say("decline", rep_id="ana", reason="no")
    assert life.owner == "ben"
    assert life.state.formers == ()


def test_those_who_may_take_it_back_go_over_into_a_new_history() -> None:
    """And their number is bounded."""
    life = asked_in_vain(46)
    life.carry_over()
    assert [one.rep_id for one in life.state.formers] == ["ana", "ben", "cho"]
    assert life.say("accept", rep_id="ana").done


def test_the_promise_counts_from_who_took_it_at_last() -> None:
    """Late is late, whoever it was."""
    life = asked_in_vain()
    life.wait_until(BEGIN + 20 * MINUTE + timedelta(seconds=1))
    life.say("accept", rep_id="ana")
    assert life.state.breached


def test_an_offer_made_behind_the_last_rung_ends_with_it() -> None:
    """Taken out of triage, given back, taken by another while the next one is looked for, and that taken back."""
    life = Life(manners=ALLOWED)
    life.wait_until(at(60))
    assert life.state.stage is Stage.TRIAGE
    life.prompt = False
    assert life.say("accept", rep_id="ben", offer=2).done
    assert life.say("decline", rep_id="ben", reason="not mine after all").done
    life.run()
    assert life.say("accept", rep_id="ana", offer=1, key="k").done
    life.answer()
    assert life.say("undo", rep_id="ana", key="k").done
    life.prompt = True
    life.run()
    assert (life.state.stage, life.owner) == (Stage.OFFERED, "eva")
    assert ["to triage"] == [rung.says for rung in life.state.plan]
    life.wait(60)
    assert life.state.stage is Stage.TRIAGE

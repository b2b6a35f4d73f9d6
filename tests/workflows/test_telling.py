"""What a lead tells the database of itself."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from models.decisions import Held
from models.lead import Stage
from workflows import telling
from workflows.ladder.state import Holder, LeadState, Pausing

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ADA = Holder(
    rep_id="ada",
    rep_name="Ada",
    offer=1,
    team="emea",
    region=None,
    manager_id="mia",
    backup_id=None,
    sentence="ada is next",
    since=AT,
)


@pytest.mark.parametrize("how", ["expired", "declined", "withdrawn", None])
@pytest.mark.parametrize("stage", [Stage.ROUTING, Stage.TRIAGE, Stage.REVIEW, Stage.DISQUALIFIED])
def test_a_record_says_how_the_last_offer_ended(
    how: Literal["expired", "declined", "withdrawn"] | None, stage: Stage
) -> None:
    """Where nobody holds the lead any more, the database is told how that came about."""
    state = LeadState(lead_id="one", stage=stage, offer=1, released_as=how)
    assert how == telling.record(state, AT).ended


@pytest.mark.parametrize("stage", [Stage.OFFERED, Stage.ACCEPTED, Stage.CONTACTED])
def test_a_record_of_a_held_lead_ends_no_offer(stage: Stage) -> None:
    """How an earlier offer ended is not said of the one that stands."""
    state = LeadState(lead_id="one", stage=stage, offer=1, holder=ADA, released_as="declined")
    assert None is telling.record(state, AT).ended


def test_a_record_says_whether_time_is_frozen() -> None:
    """A paused lead asks for nobody: the database is told, so that it keeps no place."""
    paused = Pausing(by="mia", reason="a fair", since=AT, until=AT + timedelta(hours=1))
    state = LeadState(lead_id="one", stage=Stage.ROUTING)
    told = [telling.record(one, AT).paused for one in (state, state.model_copy(update={"paused": paused}))]
    assert [False, True] == told


HELD = Held(until=AT + timedelta(hours=1), because="it is held for eva: Initech is eva's account")


@pytest.mark.parametrize(
    ("stage", "more", "expected"),
    [
        (Stage.OFFERED, {"holder": ADA, "assignment": HELD}, "ada is next"),
        (Stage.ROUTING, {"assignment": HELD}, HELD.because),
        (Stage.ROUTING, {}, "high intent, strong fit"),
        (Stage.TRIAGE, {"assignment": HELD, "released_because": "ana let it pass"}, "ana let it pass"),
        (Stage.DISQUALIFIED, {"assignment": HELD}, "high intent, strong fit"),
    ],
)
def test_the_explanation_says_why_the_lead_is_where_it_is_now(stage: Stage, more: Any, expected: str) -> None:
    """Whose it is; else why nobody may have it now or let it pass; only then the way it went (R29)."""
    state = LeadState(lead_id="one", stage=stage, because="high intent, strong fit").model_copy(update=more)
    assert expected == telling.explanation(state).sentence

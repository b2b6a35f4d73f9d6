"""What a table says of a rung: its own words, and what they leave out."""

from datetime import UTC, datetime

import pytest

from cli.tables import hygiene, rung_words
from models.ladder import Clock, Rung, RungKind, Target
from models.roster import ChannelName

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def rung(kind: RungKind, says: str, **more: object) -> dict[str, object]:
    """Make a planned rung as a document has it."""
    made = Rung.model_validate({"n": 1, "kind": kind, "due_at": AT, "clock": Clock.WALL, "says": says, **more})
    return made.model_dump(mode="json")


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (rung(RungKind.REMIND, "remind the owner"), "remind the owner"),
        (rung(RungKind.REMIND, "remind the owner", projected=True), "remind the owner (if nothing happens before)"),
        (
            rung(RungKind.ALERT, "tell whoever is on duty (duty)", to=Target.ON_DUTY, who="duty", urgent=True),
            "tell whoever is on duty (duty) (in quiet hours too)",
        ),
        (
            rung(RungKind.ALERT, "tell the manager", channels=[ChannelName.EMAIL, ChannelName.LOG]),
            "tell the manager (over email, log)",
        ),
        (
            rung(RungKind.PAUSE, "rest until 08:00", until="08:00", until_at=AT),
            "rest until 08:00 (goes on at 2026-03-02 09:00:00 UTC)",
        ),
        (rung(RungKind.WIDEN, "widen to north, west", pools=["north", "west"]), "widen to north, west"),
    ],
)
def test_a_rung_says_all_that_is_planned(planned: dict[str, object], expected: str) -> None:
    """Over which channels, until when, whether it waits for the end of quiet hours; nothing twice."""
    assert expected == rung_words(planned)


def test_a_workflow_of_the_release_before_is_understood() -> None:
    """Its rungs have none of the newer fields."""
    old = {name: value for name, value in rung(RungKind.REMIND, "remind").items() if name in ("says", "projected")}
    assert "remind" == rung_words(old)


@pytest.mark.parametrize(
    ("known", "role"),
    [
        ({"seniority": "c_level", "department": "finance", "decision_maker": True}, "c level, finance, decides"),
        ({"seniority": None, "department": None, "decision_maker": False}, "does not decide"),
        ({"seniority": None, "department": None, "decision_maker": None}, None),
    ],
)
def test_a_status_says_role_and_contradictions(known: dict[str, object], role: str | None) -> None:
    """One line each, and none for what is not known."""
    conflict = {"field": "country", "kept": "DE", "kept_from": "lead", "other": "GB", "other_from": "phone"}
    assert {"role": role, "contradictions": None} == hygiene({**known, "conflicts": []})
    assert "country: DE (lead), not GB (phone)" == hygiene({**known, "conflicts": [conflict]})["contradictions"]
    assert {} == hygiene(None)

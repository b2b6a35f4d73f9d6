"""Whom an alert is for, and that somebody hears of it whatever the roster has become."""

from datetime import UTC, datetime
from typing import Any

import pytest

from activities.addressees import Addressee, addressee
from models.base import parse
from models.ladder import Target
from models.orders import AlertManager
from models.roster import Roster
from tests.activities.noticing import ROSTER

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REP = {"team": "emea", "channels": ["email"]}
PEOPLE = parse(
    Roster,
    ROSTER
    | {
        "managers": [
            {"id": "mia", "name": "Mia Brook", "manager": "greta"},
            {"id": "greta", "name": "Greta Holm"},
        ],
        "reps": [
            REP | {"id": "ana", "name": "Ana Silva"},
            REP | {"id": "bo", "name": "Bo Lind", "active": False},
            REP | {"id": "cy", "name": "Cy Dorn", "time_off": [{"from": "2026-03-01", "to": "2026-03-03"}]},
        ],
        "rotas": {
            "days": {"members": ["cy", "ana"], "from": "2026-03-02"},
            "later": {"members": ["ana"], "from": "2026-04-01"},
        },
        "rooms": [{"id": "war-room", "name": "War room"}],
    },
)


def found(to: Target, who: str | None = None, manager_id: str | None = "mia") -> tuple[str, str]:
    """Name who is told and why it is not whom the rung means."""
    order = AlertManager(
        lead_id="one", offer=1, rung=3, manager_id=manager_id, what="nobody took it", owner="ana", to=to, who=who
    )
    to_whom = addressee(order, PEOPLE, AT)
    assert isinstance(to_whom, Addressee)
    return to_whom.person.id, to_whom.note


@pytest.mark.parametrize(
    ("order", "person", "note"),
    [
        ((Target.MANAGER,), "mia", ""),
        ((Target.MANAGER, None, None), "mia", ""),
        ((Target.MANAGER, None, "greta"), "greta", ""),
        ((Target.MANAGER, None, "gone"), "mia", ""),
        ((Target.MANAGERS_MANAGER,), "greta", ""),
        ((Target.MANAGERS_MANAGER, None, "greta"), "greta", ""),
        ((Target.PERSON, "ana"), "ana", ""),
        ((Target.PERSON, "bo"), "mia", "You are told because bo is not there any more."),
        ((Target.PERSON, "gone"), "mia", "You are told because gone is not there any more."),
        ((Target.ON_DUTY, "days"), "ana", ""),
        ((Target.PERSON, "days"), "ana", ""),
        ((Target.ON_DUTY, "ana"), "ana", ""),
        ((Target.ON_DUTY, "later"), "mia", "You are told because nobody is on duty in later."),
        ((Target.ROOM, "war-room"), "war-room", ""),
        ((Target.ROOM, "gone"), "mia", "You are told because the roster has no room gone."),
    ],
)
def test_whom_an_alert_is_for(order: tuple[Any, ...], person: str, note: str) -> None:
    """Whom the rung means; who is away is covered; where nobody is meant any more, the manager, who is told why."""
    assert found(*order) == (person, note)


def test_without_any_manager_there_is_nobody() -> None:
    """And the alert says so instead of going nowhere."""
    nobody = parse(Roster, ROSTER | {"managers": [], "teams": [], "reps": [], "pools": {}})
    order = AlertManager(lead_id="one", offer=1, rung=3, manager_id="mia", what="nobody took it", owner=None)
    assert addressee(order, nobody, AT) is None

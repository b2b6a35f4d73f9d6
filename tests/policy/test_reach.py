"""Who is to be told over a channel that they have no address for."""

from models.base import parse
from models.roster import Roster
from policy.reach import unreachable

WEEK = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}


def roster(**rep: object) -> Roster:
    """A roster of one rep."""
    return parse(
        Roster,
        {
            "calendars": {"always": WEEK},
            "managers": [{"id": "mia", "name": "Mia", "channels": ["email", "log"]}],
            "teams": [{"id": "crew", "name": "Crew", "manager": "mia", "calendar": "always", "region": "world"}],
            "reps": [{"id": "ana", "name": "Ana", "team": "crew", **rep}],
            "pools": {"all": {"team": "crew"}},
            "rooms": [{"id": "floor", "name": "Floor", "channels": ["teams"]}],
        },
    )


def test_each_channel_without_its_address_is_named() -> None:
    """With whose it is, and which key is missing; the log needs none."""
    told = [str(problem) for problem in unreachable(roster(channels=["slack", "webhook"], slack="U0000ANA"))]
    assert [
        "managers.mia.channels: email is named, and there is no email",
        "reps.ana.channels: webhook is named, and there is no webhook_url",
        "rooms.floor.channels: teams is named, and there is no teams_url",
    ] == told


def test_whoever_is_inactive_is_told_nothing_anyhow() -> None:
    """No warning is about them."""
    told = [problem.field for problem in unreachable(roster(channels=["slack"], active=False))]
    assert "reps.ana.channels" not in told

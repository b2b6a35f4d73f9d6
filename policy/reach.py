"""Over which channels somebody can be told anything: those they name and have an address for.

This room refuses to know whether a channel is set up: that is the settings'.
"""

from collections.abc import Iterator

from models.base import Problem
from models.roster import ChannelName, Person, Roster

ADDRESSES = {
    ChannelName.EMAIL: "email",
    ChannelName.WEBHOOK: "webhook_url",
    ChannelName.SLACK: "slack",
    ChannelName.TEAMS: "teams_url",
}
"""The key of a person that holds their address; the log needs none."""


def unreachable(roster: Roster) -> tuple[Problem, ...]:
    """List who is to be told over a channel that they have no address for; whoever is inactive is told nothing."""
    return tuple(
        Problem(field=f"{where}.{person.id}.channels", what=f"{channel} is named, and there is no {key}")
        for where, person in _people(roster)
        for channel, key in ADDRESSES.items()
        if channel in person.channels and not getattr(person, key)
    )


def _people(roster: Roster) -> Iterator[tuple[str, Person]]:
    yield from (("managers", manager) for manager in roster.managers)
    yield from (("reps", rep) for rep in roster.reps if rep.active)
    yield from (("rooms", room) for room in roster.rooms)

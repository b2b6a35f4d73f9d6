"""A policy as a page that whoever works by it can read: what we look for, whose it is, who gets it, by when (R29)."""

from collections.abc import Iterator

from models.policy import Policy
from runtime.telling_policy.hours import calendars
from runtime.telling_policy.leads import leads, queues
from runtime.telling_policy.market import market
from runtime.telling_policy.promises import promises
from runtime.telling_policy.routing import routing
from runtime.telling_policy.words import Reader, Section


def page(policy: Policy, reader: Reader) -> Iterator[Section]:
    """Tell a policy section by section."""
    yield from leads(policy, reader)
    yield from market(policy, reader)
    yield from routing(policy, reader)
    yield from promises(policy)
    yield from calendars(policy, reader)
    yield from queues(policy, reader)

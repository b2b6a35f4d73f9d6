"""What a manager's digest says at this moment, for every door that shows it before it is sent (R32)."""

from datetime import datetime

from activities.digest import Composed, Composer, UnknownManager
from activities.policybook import Policybook
from db.digests import Digests
from runtime.store import Store

__all__ = ["Composed", "UnknownManager", "digest_now"]


async def digest_now(store: Store, manager_id: str, at: datetime) -> Composed | None:
    """Write a manager's digest as it is at `at`; None when there is nothing to say. Raises `UnknownManager`."""
    policies = Policybook(store.policies, store.trials)
    composer = Composer(Digests(store.database), store.coaching, store.rosters, policies)
    return (await composer.compose(manager_id, at))[1]

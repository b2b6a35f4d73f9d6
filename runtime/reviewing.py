"""Looking back at the points of a policy: each lead whose outcome is known, as it was when somebody got it (R40).

It judges with the policy that is asked about, so that a draft can be held against the past, too. It writes nothing.
"""

from collections import defaultdict
from datetime import datetime

from db.experience import cases
from policy.compiled import CompiledPolicy
from policy.reviewing import Review, Reviewer, Seen
from policy.scoring import score
from runtime.store import Store


async def review(
    store: Store, compiled: CompiledPolicy, *, since: datetime | None = None, until: datetime | None = None
) -> Review:
    """Hold the points of a policy against the outcomes of leads that were received within these bounds.

    Raises `DatabaseUnreachable`.
    """
    reviewer = Reviewer(compiled.policy)
    async for case in cases(store.database, since=since, until=until):
        points, reasons = score(compiled, case.facts, case.touches, case.at)
        rules: dict[str, float] = defaultdict(float)
        for reason in reasons:
            rules[reason.rule] += reason.points
        reviewer.take(Seen(points, case.converted, rules))
    return reviewer.review()

"""When each rung of a lead's ladder is due: absolute instants with reasons (contract, section 4; R30-R32).

`planning` makes a plan from the policy, `moving` plans again what time or the roster has moved, `clocks` counts,
`words` tells. This room refuses to climb: what is done when a rung is due is the workflow's.
"""

from policy.ladder.clocks import Clocks, clocks_of
from policy.ladder.moving import replan, shift
from policy.ladder.planning import offering_rule, opening, plan_contact, plan_ladder, response_due_at

__all__ = [
    "Clocks",
    "clocks_of",
    "offering_rule",
    "opening",
    "plan_contact",
    "plan_ladder",
    "replan",
    "response_due_at",
    "shift",
]

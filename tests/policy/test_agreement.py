"""Every person and pool that a policy names is in the roster, or it is said where they are not (R23)."""

import pytest

from models.market import Account, Segment, Territory
from models.policy import Policy
from models.qualifying import Via, Way, WayRule
from policy.agreement import disagreements
from tests.policy.floor import GLOBEX, INITECH, compiled, roster

RULE = {"name": "r", "when": "true", "pool": "all"}


def with_market(**changes: object) -> Policy:
    """Make a policy with other parts of the market."""
    return compiled().policy.model_copy(update=changes)


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (compiled([GLOBEX | {"owner": "ana", "relationship": "ben", "success": "cho"}, INITECH]).policy, []),
        (
            compiled([GLOBEX | {"owner": "vera"}, INITECH]).policy,
            ["accounts[0].owner: the roster has no rep vera; it has ana, ben, cho, dee"],
        ),
        (
            compiled([INITECH | {"relationship": "bem", "success": "choo"}]).policy,
            [
                "accounts[0].relationship: the roster has no rep bem; did you mean ben?",
                "accounts[0].success: the roster has no rep choo; did you mean cho?",
            ],
        ),
        (with_market(segments=[Segment(name="x", when="true", owner="vera")]), []),
        (
            with_market(segments=[Segment(name="x", when="true", owner="nobody-here")]),
            ["segments[0].owner: the roster has no person nobody-here; it has ana, ben, cho, dee, max, vera"],
        ),
        (
            with_market(territories={"emea": Territory(countries=["DE"], owner="verra")}),
            ["territories.emea.owner: the roster has no person verra; did you mean vera?"],
        ),
        (
            with_market(ways=[WayRule(name="w", when="true", do=Way.ROUTE, because="x", pool="wst", via=Via.SUCCESS)]),
            ["ways[0].pool: the roster has no pool wst; did you mean west?"],
        ),
        (
            compiled(rules=[RULE | {"overflow": ["west", "eats"]}], overflow=["al"]).policy,
            [
                "routing.rules[0].overflow[1]: the roster has no pool eats; it has all, one, west",
                "routing.overflow[0]: the roster has no pool al; did you mean all?",
            ],
        ),
    ],
)
def test_what_a_policy_names_is_in_the_roster(policy: Policy, said: list[str]) -> None:
    """Owners of accounts are reps, for leads are offered to them; who answers for a segment may be a manager."""
    assert said == list(map(str, disagreements(policy, roster())))


def test_thousands_of_strangers_are_told_quickly() -> None:
    """A hint is looked for a few times only; each stranger is told with their place."""
    lost = [Account(id=f"a{n}", name=f"A{n}", owner=f"stranger-{n}") for n in range(10_000)]

    found = disagreements(with_market(accounts=lost), roster())

    assert (10_000, "accounts[9999].owner: the roster has no rep stranger-9999") == (len(found), str(found[-1]))

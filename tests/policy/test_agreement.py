"""Every person and pool that a policy names is in the roster, or it is said where they are not (R23)."""

from typing import Any

import pytest

from models.market import Account, Segment, Territory
from models.policy import Policy
from models.qualifying import Via, Way, WayRule
from models.roster import Manager, Person
from policy.agreement import disagreements, doubts
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


FIRST, LAST = {"do": "offer", "to": "primary"}, {"do": "triage", "after": "50m"}
STAFFED = roster(rotas={"night": {"members": ["ana", "vera"]}}).model_copy(
    update={"rooms": [Person(id="floor", name="The sales floor")]}
)


def promising(*rungs: dict[str, Any], **sla: Any) -> Policy:
    """Make a policy whose only promise has these rungs between the first offer and triage."""
    return compiled(sla={"ladder": [FIRST, *rungs, LAST]} | sla).policy


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (promising({"do": "offer", "to": "person", "who": "ana"}), []),
        (promising({"do": "offer", "to": "person", "who": "vera"}), []),
        (promising({"do": "offer", "to": "on_duty", "who": "night"}), []),
        (promising({"do": "alert", "to": "room", "who": "floor"}), []),
        (promising({"do": "widen", "pools": ["west"]}), []),
        (promising(late={"do": "page", "who": "night"}), []),
        (promising(late={"do": "page", "who": "vera"}), []),
        (promising(late={"do": "page"}), []),
        (promising(late={"do": "follow", "pools": ["west", "one"]}), []),
        (
            promising({"do": "offer", "to": "person", "who": "anna"}),
            ["sla[0].ladder[1].who: the roster has no person anna; did you mean ana?"],
        ),
        (
            promising({"do": "remind"}, {"do": "reassign", "to": "on_duty", "who": "nihgt"}),
            ["sla[0].ladder[2].who: the roster has no rota nihgt; did you mean night?"],
        ),
        (
            promising({"do": "alert", "to": "room", "who": "vera"}),
            ["sla[0].ladder[1].who: the roster has no room vera; it has floor"],
        ),
        (
            promising(contact=[{"do": "alert", "to": "on_duty", "who": "ana"}]),
            ["sla[0].contact[0].who: the roster has no rota ana; it has night"],
        ),
        (
            promising({"do": "widen", "pools": ["west", "wset"]}),
            ["sla[0].ladder[1].pools[1]: the roster has no pool wset; did you mean west?"],
        ),
        (
            promising(late={"do": "follow", "pools": ["sun"]}),
            ["sla[0].late.pools[0]: the roster has no pool sun; it has all, one, west"],
        ),
        (
            promising(late={"do": "page", "who": "floor"}),
            ["sla[0].late.who: the roster has no rota or person floor; it has ana, ben, cho, dee, max, night, vera"],
        ),
    ],
)
def test_whom_a_promise_names_is_in_the_roster(policy: Policy, said: list[str]) -> None:
    """People, rotas, rooms and pools of rungs, and of what is done when nobody is on shift."""
    assert said == list(map(str, disagreements(policy, STAFFED)))


def test_a_managers_manager_whom_nobody_has_is_doubted() -> None:
    """The ladder works all the same: the manager is told instead. So it is said, and not refused."""
    policy = promising({"do": "remind"}, {"do": "alert", "to": "managers_manager"})
    chief = Manager(id="carla", name="Carla")
    led = roster().model_copy(
        update={"managers": [*(one.model_copy(update={"manager": "carla"}) for one in roster().managers), chief]}
    )

    assert () == disagreements(policy, roster())
    assert [
        "sla[0].ladder[2] goes to the manager's manager, and no manager has one: the manager is told instead"
    ] == list(doubts(policy, roster()))
    assert [] == list(doubts(policy, led)) == list(doubts(promising({"do": "alert"}), roster()))


def test_thousands_of_strangers_are_told_quickly() -> None:
    """A hint is looked for a few times only; each stranger is told with their place."""
    lost = [Account(id=f"a{n}", name=f"A{n}", owner=f"stranger-{n}") for n in range(10_000)]

    found = disagreements(with_market(accounts=lost), roster())

    assert (10_000, "accounts[9999].owner: the roster has no rep stranger-9999") == (len(found), str(found[-1]))

"""What is different between two policies is told by rule and key: all of it, and nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from types import NoneType
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter

from config.load import SHIPPED, read_policy
from models.durations import Duration
from models.policy import DigestRule, Policy
from models.routing import AsideRule
from policy.trials.comparison import MAPS, NAMED_BY, Change, Kind, compare, in_units, written

DEFAULT = read_policy(SHIPPED / "default.yaml")[0]
DEMO = read_policy(SHIPPED / "demo.yaml")[0]
NAMES = ["one", "two", "three", "four", "five", "six"]


def with_rules(rules: Sequence[dict[str, Any]]) -> Policy:
    """Give the shipped policy with other routing rules."""
    document = written(DEFAULT)
    document["routing"]["rules"] = list(rules)
    return Policy.model_validate(document, strict=False)


rules = st.lists(st.sampled_from(NAMES), unique=True).flatmap(
    lambda names: st.tuples(
        *(
            st.fixed_dictionaries(
                {"name": st.just(name), "when": st.sampled_from(["true", "points > 3"]), "pool": st.sampled_from("ab")}
            )
            for name in names
        )
    )
)


@pytest.mark.parametrize("policy", [DEFAULT, DEMO], ids=["default", "demo"])
def test_a_policy_is_like_itself(policy: Policy) -> None:
    """Also when it is written out with every default, and read again."""
    assert () == compare(policy, policy)
    for defaults in (False, True):
        again = Policy.model_validate(written(policy, defaults=defaults), strict=False)
        assert policy == again
        assert () == compare(policy, again)


@given(rules, rules)
@settings(deadline=None)
def test_every_difference_of_rules_is_told_and_no_other(old: Sequence[Any], new: Sequence[Any]) -> None:
    """Added, removed, changed: exactly those; and those that moved are what is between the two orders."""
    changes = compare(with_rules(old), with_rules(new))
    was, now = {rule["name"]: rule for rule in old}, {rule["name"]: rule for rule in new}
    told = {kind: [one for one in changes if one.kind is kind] for kind in Kind}
    assert {"routing.rules"} >= {one.section for one in changes}
    assert now.keys() - was.keys() == {one.name for one in told[Kind.ADDED]}
    assert was.keys() - now.keys() == {one.name for one in told[Kind.REMOVED]}
    expected = {
        (name, key, was[name][key], now[name][key])
        for name in was.keys() & now.keys()
        for key in was[name]
        if was[name][key] != now[name][key]
    }
    assert expected == {(one.name, one.key, one.old, one.new) for one in told[Kind.CHANGED]}
    for one in told[Kind.ADDED]:
        assert now[one.name] == one.new
    for one in told[Kind.REMOVED]:
        assert was[one.name] == one.old
    moved = {one.name for one in told[Kind.MOVED]}
    assert [name for name in was if name in now and name not in moved] == [
        name for name in now if name in was and name not in moved
    ]
    for one in told[Kind.MOVED]:
        assert (list(was).index(one.name) + 1, list(now).index(one.name) + 1) == (one.old, one.new)
    assert (not changes) == (list(old) == list(new))


@given(st.permutations(NAMES))
def test_one_rule_that_moves_is_one_change(order: list[str]) -> None:
    """The others only made room; in a whole shuffle no more move than have to."""
    before = with_rules([{"name": name, "when": "true", "pool": "a"} for name in NAMES])
    first = [NAMES[-1], *NAMES[:-1]]
    changes = compare(before, with_rules([{"name": name, "when": "true", "pool": "a"} for name in first]))
    assert (Change(Kind.MOVED, "routing.rules", "six", old=6, new=1),) == changes
    shuffled = compare(before, with_rules([{"name": name, "when": "true", "pool": "a"} for name in order]))
    assert len(shuffled) < len(NAMES)


def test_scalars_maps_and_cells_are_told_by_name() -> None:
    """With both values, as a policy file writes them."""
    document = written(DEFAULT, defaults=True)
    document["routing"]["hold_at_most"] = "2d"
    document["manners"]["undo"] = "90s"
    document["territories"]["emea"] = {"countries": ["DE"], "owner": "grace"}
    document["territories"]["dach"] = {"countries": ["AT", "CH"]}
    document["lists"].pop("crm")
    document["fit"]["criteria"].pop(3)
    document["matrix"][4]["do"] = "route"
    document["sla"][0]["ladder"][1]["after"] = "5m"
    changes = compare(DEFAULT, Policy.model_validate(document, strict=False))
    told = {(one.kind, one.section, one.name, one.key): (one.old, one.new) for one in changes}
    assert ("4d", "2d") == told[Kind.CHANGED, "routing.hold_at_most", "", ""]
    assert ("1m", "1m30s") == told[Kind.CHANGED, "manners.undo", "", ""]
    assert (None, "grace") == told[Kind.CHANGED, "territories", "emea", "owner"]
    assert {"countries": ["AT", "CH"]} == told[Kind.ADDED, "territories", "dach", ""][1]
    assert told[Kind.REMOVED, "lists", "crm", ""][0][0] == "salesforce"
    assert ("monitor", "route") == told[Kind.CHANGED, "matrix", "low, strong", "do"]
    assert told[Kind.REMOVED, "fit.criteria", "a CRM we connect to", ""][0]["points"] == 2
    old, new = told[Kind.CHANGED, "sla", "inbound-demo", "ladder"]
    assert ("10m", "5m") == (old[1]["after"], new[1]["after"])
    assert len(changes) == 9


def test_what_may_be_left_out_is_told_whole_or_key_by_key() -> None:
    """A digest that comes or goes is one change; of two, each key that differs."""
    document = written(DEFAULT)
    document["digest"] = None
    document["routing"]["aside"] = None
    without = Policy.model_validate(document, strict=False)
    with_both = without.model_copy(
        update={
            "digest": DigestRule(),
            "routing": without.routing.model_copy(update={"aside": AsideRule()}),
        }
    )
    later = with_both.model_copy(update={"digest": DigestRule(at="09:00")})

    assert [
        ("routing.aside", None, {"misses": 3, "within": "7d", "lasts": "1d"}),
        ("digest", None, {"at": "08:30", "days": ["mon", "tue", "wed", "thu", "fri"]}),
    ] == [(one.section, one.old, one.new) for one in compare(without, with_both)]
    assert (Change(Kind.CHANGED, "digest.at", old="08:30", new="09:00"),) == compare(with_both, later)


def test_every_list_of_entries_has_names() -> None:
    """A list that the comparison does not know by name would be told as one big value."""

    def lists(model: type[BaseModel], above: str = "") -> set[str]:
        found: set[str] = set()
        for name, field in model.model_fields.items():
            path, inner = f"{above}{name}", get_args(field.annotation)
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                found |= lists(field.annotation, f"{path}.")
                continue
            entries = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
            if entries and NoneType in inner:  # it may be left out: one value, told key by key where both have it
                found |= lists(entries[0], f"{path}.")
            elif entries:
                found.add(path)
        return found

    assert set(NAMED_BY) | MAPS - {"currencies", "lists"} | {"intent"} == lists(Policy)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3660)))
def test_a_duration_is_written_as_it_is_read(length: timedelta) -> None:
    """Whole milliseconds come back as they were."""
    length -= timedelta(microseconds=length.microseconds % 1000)
    assert length == TypeAdapter(Duration).validate_python(in_units(length))


def test_models_and_triggers_are_compared_by_name() -> None:
    """A bound that is raised, a model that gets one, a trigger that is new: each by its name and key."""
    document = written(DEFAULT)
    document["scoring"]["groups"]["email"]["most"] = 40.0
    document["scoring"]["groups"]["profile"] = {"most": 50.0}
    document["triggers"].append({"name": "worth a call", "on": "above_threshold", "do": "alert"})
    changes = compare(DEFAULT, Policy.model_validate(document, strict=False))
    assert {
        Change(Kind.CHANGED, "scoring.groups", "email", "most", old=30.0, new=40.0),
        ("scoring.groups", "profile"),
        ("triggers", "worth a call"),
    } == {one if one.kind is Kind.CHANGED else (one.section, one.name) for one in changes}

"""What of promises and their people cannot be meant is refused; what comes too late or to nobody is said (R31, R32)."""

from datetime import timedelta
from typing import Any

import pytest

from models.policy import AlertRule, CoachingRule, DigestRule, Policy
from models.routing import AsideRule
from policy.flaws import contradictions, warnings
from tests.policy.rungs import policy

FIRST = {"do": "offer", "to": "primary"}
NEVER = "reminds nobody before its promise of 15m is broken"
UNSEEN = "closes leads that nobody took, and no manager is told: put an alert above"


def changed(**changes: Any) -> Policy:
    """Make a policy whose people are otherwise looked after."""
    aside = changes.pop("aside", None)
    whole = policy([FIRST, {"do": "remind", "after": "5m"}, {"do": "triage", "after": "20m"}])
    return whole.model_copy(update=changes | {"routing": whole.routing.model_copy(update={"aside": aside})})


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (changed(), []),
        (changed(aside=AsideRule()), []),
        (
            changed(aside=AsideRule(lasts=timedelta(0))),
            ["routing.aside.lasts: 0s is no time at all: nobody would ever be meant; leave it out"],
        ),
        (
            changed(aside=AsideRule(within=timedelta(0))),
            ["routing.aside.within: 0s is no time at all: nobody would ever be meant; leave it out"],
        ),
        (
            changed(coaching=CoachingRule(within=timedelta(0))),
            ["coaching.within: 0s is no time at all: nobody would ever be meant; leave it out"],
        ),
        (
            changed(digest=DigestRule.model_validate({"days": ["mon", "tue", "mon"]}, strict=False)),
            ["digest.days: mon is there twice"],
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(one: Policy, said: list[str]) -> None:
    """Lengths of nothing, and days named twice."""
    assert said == [str(problem) for problem in contradictions(one) if not problem.field.startswith("fit.")]


@pytest.mark.parametrize(
    ("rungs", "sla", "said"),
    [
        ([{"do": "remind", "after": "14m"}], {}, []),
        ([{"do": "remind", "after": "15m"}], {}, [NEVER]),
        ([], {}, [NEVER]),
        ([{"do": "offer", "after": "10m"}, {"do": "remind", "after": "4m"}], {}, []),
        ([{"do": "offer", "after": "10m"}, {"do": "remind", "after": "5m"}], {}, [NEVER]),
        ([{"do": "reassign", "after": "5m", "times": 3}, {"do": "remind", "after": "1m"}], {}, [NEVER]),
        ([{"do": "reassign", "after": "5m"}, {"do": "repeat", "rungs": 1, "times": 2}, {"do": "remind"}], {}, [NEVER]),
        ([{"do": "remind", "after": "1h"}], {"clock": "wall"}, []),  # whose clock is how far then? nobody can say
        ([{"do": "remind", "after": "1m", "clock": "rep"}], {}, []),
        ([{"do": "pause", "until": "09:00", "after": "5m"}, {"do": "remind", "after": "20m"}], {}, []),
    ],
)
def test_a_reminder_that_comes_too_late_is_said(
    rungs: list[dict[str, Any]], sla: dict[str, Any], said: list[str]
) -> None:
    """One that comes before the promise is over can still keep it; afterwards it only tells of a breach."""
    one = policy([FIRST, *rungs, {"do": "triage", "after": "20h"}], **({"clock": "team"} | sla))
    assert [f"sla[0] (demo) {what}" for what in said] == list(warnings(one))


def test_leads_that_are_closed_unseen_are_said() -> None:
    """Somebody who answers for them ought to know before."""
    end = {"do": "stage", "stage": "closed", "after": "20m"}
    remind, alert = {"do": "remind", "after": "5m"}, {"do": "alert", "after": "6m"}

    assert [f"sla[0] (demo) {UNSEEN}"] == list(warnings(policy([FIRST, remind, end])))
    assert [] == list(warnings(policy([FIRST, remind, alert, end])))
    assert [] == list(warnings(policy([FIRST, remind, end | {"stage": "nurturing"}])))


@pytest.mark.parametrize(("bundle", "said"), [("15m", []), ("16m", ["alerts.bundle: 16m is longer than the promise"])])
def test_alerts_that_wait_longer_than_a_promise_are_said(bundle: str, said: list[str]) -> None:
    """A manager who hears of a lead when it is broken cannot mend it."""
    found = list(warnings(changed(alerts=AlertRule.model_validate({"bundle": bundle}))))
    assert said == [one.split(" of demo")[0] for one in found]

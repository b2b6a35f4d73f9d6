"""Each way to route that the field asks for, alone and with others; and what bad data must not do (R9-R22, R46).

One policy, one roster: each row changes the lead, the policy or the people, and says who gets the lead and why.
"""

from typing import Any

import pytest

from models.facts import EmailKind, LeadFacts
from models.lead import Company, DealValue, LeadType, Touch
from models.roster import Roster
from policy.routing.choices import Choice, Chosen, Waits
from policy.routing.choosing import choose
from policy.routing.situation import Record, Situation
from tests.policy.floor import NOON, berlin, compiled, excluded, order, roster, score

POOLS = {
    "enterprise": {"members": ["ana", "eva"]},
    "smb": {"members": ["ben", "cho"]},
    "apac": {"members": ["ken"]},
    "spread": {"members": ["ben", "cho"], "strategy": "least_loaded"},
    "fit": {"members": ["ben", "cho"], "strategy": "best_fit"},
    "even": {"members": ["ben", "cho"], "strategy": "round_robin"},
}
PEOPLE: dict[str, dict[str, Any]] = {
    "ana": {"level": "senior", "languages": ["en", "de"], "industries": ["banking"], "regions": ["emea"]},
    "eva": {"level": "senior", "languages": ["en", "tr"], "products": ["crm"], "backup": "ana"},
    "ben": {"level": "mid", "skills": ["accounting"], "certifications": ["soc2"]},
    "cho": {"level": "junior", "languages": ["tr"], "skills": ["marketing", "api"]},
    "ken": {"level": "mid", "calendar": "tokyo", "languages": ["ja"], "regions": ["apac"]},
}


def people(**changes: Any) -> Roster:
    """Make the roster of this table."""
    return roster(POOLS, **{one: PEOPLE.get(one, {}) | changes.get(one, {}) for one in {**PEOPLE, **changes}})


def lead(company: dict[str, Any] | None = None, **changes: Any) -> LeadFacts:
    """Make a lead of a company that nobody knows."""
    return LeadFacts(
        lead_id="l1",
        source="web",
        type=LeadType.DEMO_REQUEST,
        company=Company(**({"name": "Acme", "domain": "acme.example"} | (company or {}))),
        received_at=NOON,
    ).model_copy(update=changes)


def rule(when: str, pool: str, **more: Any) -> dict[str, Any]:
    """Write a rule."""
    return {"name": f"to {pool}", "when": when, "pool": pool} | more


def route(facts: LeadFacts, *rules: dict[str, Any], touches: tuple[Touch, ...] = (), **asked: Any) -> Choice:
    """Route a lead by some rules; the default pool is `smb`."""
    changes = {key: asked.pop(key) for key in [*asked] if key in PEOPLE}
    judged = asked.pop("judged", None) or score()
    situation = Situation(
        asked.pop("at", NOON),
        people(**changes),
        asked.pop("loads", {}),
        asked.pop("balances", {}),
        records=asked.pop("records", {}),
    )
    policy = compiled(**{"default_pool": "smb", "rules": list(rules)} | asked)
    return choose(policy, facts, judged, order(), situation, touches)


BIG, SMALL = {"employees": 5000, "country": "DE"}, {"employees": 12, "country": "DE"}
OFF = {"time_off": [{"from": "2026-03-03", "to": "2026-03-03"}]}
HALF_DAY = {"time_off": [{"from": "2026-03-03T10:00:00Z", "to": "2026-03-03T13:00:00Z"}]}
ENTERPRISE = rule("company.employees >= 1000", "enterprise")

WAYS: list[Any] = [
    ("R9 plain", lead(), [rule("true", "even")], {"ben": {"weight": 9}}, "ben", "it is your turn in even"),
    (
        "R9 whose turn",
        lead(),
        [rule("true", "even")],
        {"balances": {"even": {"ben": -(10**12), "cho": 10**12}}},
        "cho",
        "it is your turn in even",
    ),
    ("R9 weighted", lead(), [], {"cho": {"weight": 9}}, "cho", "no rule matched, so the default pool"),
    ("R10", lead({"country": "JP"}), [rule('region == "apac"', "apac")], {"at": berlin(3, 2)}, "ken", "rule to apac"),
    ("R10 not", lead({"country": "DE"}), [rule('region == "apac"', "apac")], {}, "ben", "no rule matched"),
    (
        "R10 covers it",
        lead({"country": "DE"}),
        [rule("true", "enterprise", needs=["region"])],
        {},
        "ana",
        "you are the only one available in enterprise",
    ),
    (
        "R11",
        lead(timezone="Asia/Tokyo"),
        [rule("true", "all", needs=["hours"])],
        {"at": berlin(3, 9, 30)},
        "ken",
        "only one available in all",
    ),
    ("R12", lead(BIG), [ENTERPRISE], {"eva": OFF}, "ana", "a 5,000-employee company in DE (rule to enterprise)"),
    ("R12 small", lead(SMALL), [ENTERPRISE], {}, "ben", "a 12-employee company in DE (no rule matched"),
    (
        "R13",
        lead({"industry": "banking"}),
        [rule('company.industry == "banking"', "enterprise")],
        {"eva": OFF},
        "ana",
        "",
    ),
    (
        "R13 knows it",
        lead({"industry": "banking"}),
        [rule("true", "enterprise", needs=["industry"])],
        {},
        "ana",
        "only",
    ),
    ("R14", lead(), [rule("points > 20", "enterprise")], {"eva": OFF}, "ana", "rule to enterprise"),
    ("R14 low", lead(), [rule("points > 40", "enterprise")], {}, "ben", "no rule matched"),
    (
        "R15",
        lead(deal_value=DealValue(amount=90_000)),
        [rule('tier == "enterprise"', "all")],
        {"eva": OFF},
        "ana",
        "all",
    ),
    ("R15 levels", lead(deal_value=DealValue(amount=5_000)), [], {}, "cho", "you are the only one available in smb"),
    ("R15 mid", lead(deal_value=DealValue(amount=20_000)), [], {}, "ben", "you are the only one available in smb"),
    ("R16", lead(product="CRM"), [rule("true", "enterprise", needs=["product"])], {}, "eva", "only one available"),
    ("R17", lead(use_case="marketing"), [rule("true", "smb", needs=["use_case"])], {}, "cho", "only one available"),
    (
        "R17 rule",
        lead(use_case="marketing"),
        [rule('use_case == "marketing"', "enterprise")],
        {"eva": OFF},
        "ana",
        "rule",
    ),
    ("R18", lead(source="fair"), [rule('source == "fair"', "enterprise")], {"ana": OFF}, "eva", "rule to enterprise"),
    ("R18 campaign", lead(campaign={"name": "spring"}), [rule('campaign.name == "spring"', "smb")], {}, "ben", "rule"),
    ("R19 leave", lead(), [], {"ben": OFF}, "cho", "you are the only one available in smb"),
    ("R19 half a day", lead(), [], {"ben": HALF_DAY}, "cho", "you are the only one available in smb"),
    ("R19 full", lead(), [], {"loads": {"ben": 10}}, "cho", "you are the only one available in smb"),
    (
        "R19 busy",
        lead(),
        [rule("true", "spread")],
        {"loads": {"ben": 1}},
        "cho",
        "and you are the least busy in spread.",
    ),
    (
        "R20",
        lead(),
        [],
        {
            "accounts": [
                {"id": "acme", "name": "Acme", "domains": ["acme.example"], "parent": "apex"},
                {"id": "apex", "name": "Apex", "owner": "ana"},
            ]
        },
        "ana",
        "Apex, the parent company of Acme, is your account",
    ),
    ("R21 tag", lead(tags=["vip"]), [rule('"vip" in tags', "enterprise")], {"eva": OFF}, "ana", "rule to enterprise"),
    ("R21 custom", lead(custom={"plan": "gold"}), [rule('custom.plan == "gold"', "smb")], {}, "ben", "rule to smb"),
    (
        "R21 behaviour",
        lead(),
        [rule("touches.pricing_visit >= 2", "enterprise")],
        {"eva": OFF, "touches": (Touch(kind="pricing_visit", at=NOON),) * 2},
        "ana",
        "rule to enterprise",
    ),
    ("R22 language", lead(language="tr"), [rule("true", "enterprise", needs=["language"])], {}, "eva", "only one"),
    ("R22 skill", lead(), [rule("true", "smb", skills=["api"])], {}, "cho", "only one available"),
    ("R22 certified", lead(), [rule("true", "smb", certifications=["SOC2"])], {}, "ben", "only one available"),
    (
        "R22 record",
        lead({"industry": "retail"}),
        [rule("true", "fit")],
        {
            "best_fit": [{"name": "won", "points": 1, "won": True}],
            "records": {("cho", "retail"): Record(3, 1), ("ben", "retail"): Record(1, 3)},
        },
        "cho",
        "and it suits you best in fit.",
    ),
    # combined
    (
        "R10+R12+R22",
        lead(BIG, language="tr"),
        [rule('region == "emea" && company.employees >= 1000', "enterprise", needs=["language"])],
        {},
        "eva",
        "rule to enterprise",
    ),
    (
        "R12+R19 overflow",
        lead(BIG),
        [ENTERPRISE | {"overflow": ["smb"]}],
        {"ana": OFF, "eva": OFF},
        "ben",
        "nobody in enterprise could be offered it",
    ),
    (
        "R13+R15 first rule",
        lead({"industry": "banking"}, deal_value=DealValue(amount=60_000)),
        [rule('company.industry == "banking"', "enterprise"), rule('tier == "enterprise"', "smb")],
        {"eva": OFF},
        "ana",
        "rule to enterprise",
    ),
    (
        "R16+R19 widened",
        lead(product="CRM", deal_value=DealValue(amount=5_000)),
        [rule("true", "all", needs=["product"], levels=["junior"])],
        {"cho": {"products": ["crm"]} | OFF},
        "eva",
        "only one available in all",
    ),
]


@pytest.mark.parametrize(
    ("facts", "rules", "changes", "owner", "reason"), [row[1:] for row in WAYS], ids=[r[0] for r in WAYS]
)
def test_a_way_to_route(facts: LeadFacts, rules: list[Any], changes: dict[str, Any], owner: str, reason: str) -> None:
    """The person, the words they read, and a trace that lists everybody looked at once."""
    answer = route(facts, *rules, **changes)

    assert isinstance(answer, Chosen), answer
    assert (owner, None) == (answer.rep_id, excluded(answer.trace)[owner])
    assert reason in answer.sentence
    assert len(answer.trace.candidates) == len(excluded(answer.trace))


class TestBadData:
    """What bad data does elsewhere, and does not do here (R46)."""

    def test_an_enterprise_lead_does_not_land_with_the_small_team(self) -> None:
        """A company of unknown size but a large deal asks for a senior, also in the default pool and by overflow."""
        big = lead(deal_value=DealValue(amount=90_000))

        by_tier = route(big, rule("true", "all"))
        with_nobody = route(big, rule("true", "enterprise", overflow=["smb"]), ana=OFF, eva=OFF)

        assert isinstance(by_tier, Chosen)
        assert by_tier.rep_id in {"ana", "eva"}
        assert {"ben": "mid, not senior", "cho": "junior, not senior"}.items() <= excluded(by_tier.trace).items()
        assert isinstance(with_nobody, Waits)

    def test_an_asian_lead_does_not_land_with_who_works_european_hours(self) -> None:
        """Neither at noon in Berlin nor at night: it waits for who works when the lead does."""
        asian = lead(timezone="Asia/Tokyo")

        for at in (NOON, berlin(3, 20)):
            answer = route(asian, rule("true", "all", needs=["hours"]), at=at)
            assert isinstance(answer, Waits)
            assert berlin(4, 1) == answer.until
            assert "off hours until Wed 09:00" == excluded(answer.trace)["ken"]

    def test_a_renewing_customer_is_not_a_new_lead(self) -> None:
        """It goes to whom the account names for renewals, and without one to customer success's pool."""
        renewal = lead(type=LeadType.RENEWAL)
        account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "success": "cho", "relationship": "ben"}
        by_way = score(via="success", pool="smb")

        named = route(renewal, ENTERPRISE, judged=by_way, accounts=[account])
        unnamed = route(renewal, rule("true", "enterprise"), judged=by_way)

        assert isinstance(named, Chosen)
        assert isinstance(unnamed, Chosen)
        assert ("cho", "relationship") == (named.rep_id, named.tie)
        assert "because you look after Acme (customer success)." in named.sentence
        assert "smb" == unnamed.pool

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            (OFF, "on leave until 3 Mar"),
            ({"calendar": "tokyo", "tz": "America/Denver"}, "off hours until Tue 09:00"),
            ({"active": False}, "inactive"),
            ({"capacity": 0}, "0 of 0 leads open"),
        ],
    )
    def test_an_unavailable_rep_is_not_assigned(self, changes: dict[str, Any], said: str) -> None:
        """Not by rotation, though it is their turn; nor by a tie, though the account is theirs."""
        owed = {"smb": {"ben": 10**12, "cho": -(10**12)}}
        account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "ben"}
        rules = [{"to": "named_account", "away": "rules"}]

        for answer in (
            route(lead(), ben=changes, balances=owed),
            route(lead(), ben=changes, accounts=[account], ties=rules),
        ):
            assert isinstance(answer, Chosen)
            assert ("cho", said) == (answer.rep_id, excluded(answer.trace)["ben"])

    @pytest.mark.parametrize(
        ("company", "email"),
        [
            ({"name": "Acme", "domain": "acme-plumbing.example"}, None),
            ({"name": "Acme"}, "kim@acme-plumbing.example"),
            ({"name": "Acme Plumbing"}, None),
            ({"name": "ac me"}, "kim@gmail.com"),
        ],
    )
    def test_a_lead_does_not_match_the_wrong_account(self, company: dict[str, Any], email: str | None) -> None:
        """A namesake with its own domain, or a name that is merely like it, is nobody's account."""
        account = {"id": "acme", "name": "Acme", "domains": ["acme.example"], "owner": "ana"}
        kind = EmailKind.FREE if email and "gmail" in email else EmailKind.WORK if email else EmailKind.NONE
        facts = lead(email=email, email_kind=kind).model_copy(update={"company": Company(**company)})

        answer = route(facts, accounts=[account])

        assert isinstance(answer, Chosen)
        assert (None, None, "smb") == (answer.tie, answer.trace.account, answer.pool)

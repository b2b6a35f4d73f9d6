"""Where leads go: intent, fit, the matrix, promotion, tiers and SLA classes as the shipped policy has them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.load import SHIPPED, compile_text, read_policy, read_roster
from models.base import parse
from models.decisions import Disqualified, Nurture, Review, Route, Score
from models.facts import LeadFacts
from models.ladder import RungKind, Target
from models.lead import Fit, Intent, LeadInput, LeadType, Touch
from models.roster import Level
from policy.agreement import disagreements
from policy.cleaning.hygiene import clean
from policy.compiled import CompiledPolicy, PolicyError, compile_policy
from policy.placing import deal_in_euro, localise
from policy.qualification import fit_of, intent_of, judge
from policy.scoring import score

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "examples"
POLICY, DEFAULT = read_policy(SHIPPED / "default.yaml")
DEMO = read_policy(SHIPPED / "demo.yaml")[0]

STRONG = {"employees": 500, "industry": "software"}
WEAK = {"employees": 12, "industry": "hospitality"}


def lead(**raw: Any) -> LeadFacts:
    """Make a lead that says just this."""
    return clean(parse(LeadInput, {"source": "x", "type": "other", "email": "a@gmail.com", **raw}), "L1", NOW)


def touches(*kinds: str) -> list[Touch]:
    """Make touches of these kinds."""
    return [Touch(kind=kind, at=NOW) for kind in kinds]


def judged(*kinds: str, compiled: CompiledPolicy = DEFAULT, **raw: Any) -> Score:
    """Judge a lead that says just this and did just that."""
    return judge(compiled, lead(**raw), touches(*kinds), NOW)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (LeadType.DEMO_REQUEST, Intent.HIGH), (LeadType.CONTACT_SALES, Intent.HIGH),
        (LeadType.PRICING_VISIT, Intent.HIGH), (LeadType.OUTBOUND_REPLY, Intent.HIGH),
        (LeadType.WEBINAR, Intent.MEDIUM), (LeadType.CASE_STUDY, Intent.MEDIUM),
        (LeadType.TRIAL_SIGNUP, Intent.MEDIUM), (LeadType.CONTENT_DOWNLOAD, Intent.LOW),
        (LeadType.NEWSLETTER, Intent.LOW), (LeadType.EVENT_SCAN, Intent.LOW), (LeadType.OTHER, Intent.LOW),
    ],
)  # fmt: skip
def test_the_way_in_shows_intent(kind: LeadType, expected: Intent) -> None:
    """The lead's type shows the intent of R4."""
    assert expected is intent_of(POLICY, lead(type=kind.value), [])


@pytest.mark.parametrize(
    ("kind", "done", "expected"),
    [
        ("newsletter", ["pricing_visit"], Intent.HIGH),
        ("newsletter", ["email_reply"], Intent.HIGH),
        ("newsletter", ["webinar"], Intent.MEDIUM),
        ("newsletter", ["content_download"], Intent.LOW),
        ("newsletter", ["content_download", "content_download"], Intent.MEDIUM),
        ("content_download", ["content_download"], Intent.MEDIUM),
        ("webinar", ["email_open"], Intent.MEDIUM),
        ("webinar", ["demo_request", "newsletter"], Intent.HIGH),
    ],
)
def test_what_people_do_shows_intent(kind: str, done: list[str], expected: Intent) -> None:
    """One download is low, several are medium, and the highest signal wins, whenever it came (R4)."""
    assert expected is intent_of(POLICY, lead(type=kind), touches(*done))


@pytest.mark.parametrize(
    ("company", "expected"),
    [
        ({"employees": 25, "industry": "software"}, Fit.STRONG),
        ({"employees": 25, "tech": ["HubSpot"]}, Fit.STRONG),
        ({"employees": 25, "industry": "hospitality"}, Fit.WEAK),
        ({"employees": 9000, "industry": "hospitality"}, Fit.WEAK),
        ({"employees": 24, "industry": "software", "tech": ["hubspot"]}, Fit.WEAK),
        ({"industry": "software"}, Fit.WEAK),
        ({}, Fit.WEAK),
    ],
)
def test_size_industry_and_technology_show_fit(company: dict[str, Any], expected: Fit) -> None:
    """Fit is measured against the ideal customer profile; what is not known does not fit (R5)."""
    facts = lead(company=company)
    assert expected is fit_of(DEFAULT, DEFAULT.known(facts, [], NOW))[0]


@pytest.mark.parametrize(
    ("kind", "company", "levels", "sla"),
    [
        ("demo_request", STRONG, (Level.SENIOR,), "inbound-demo"),
        ("demo_request", WEAK, (Level.SDR,), "inbound-demo"),
        ("pricing_visit", STRONG, (Level.SENIOR,), "high-intent"),
        ("pricing_visit", WEAK, (Level.SDR,), "high-intent"),
        ("webinar", STRONG, (Level.SDR,), "high-intent"),
    ],
)
def test_the_matrix_sends_leads_to_people(
    kind: str, company: dict[str, Any], levels: tuple[Level, ...], sla: str
) -> None:
    """High and strong to a senior at once, high and weak to an SDR first, medium and strong on the fast track (R6)."""
    judgement = judged(type=kind, company=company)
    way = judgement.qualification
    assert isinstance(way, Route)
    assert (sla, None) == (way.sla, way.tier)
    assert levels == DEFAULT.levels(judgement.intent, judgement.fit, None)


@pytest.mark.parametrize(
    ("kind", "company", "monitored"),
    [("webinar", WEAK, False), ("newsletter", STRONG, True), ("newsletter", WEAK, False)],
)
def test_the_matrix_sends_leads_to_nurture(kind: str, company: dict[str, Any], monitored: bool) -> None:
    """The rest is marketing's, some of it watched more closely, and for a limited time (R6, R7)."""
    way = judged(type=kind, company=company).qualification
    assert isinstance(way, Nurture)
    assert (monitored, NOW + timedelta(days=180), None) == (way.monitored, way.until, way.answerable)


def test_points_above_the_threshold_promote() -> None:
    """More than 20 points go to sales whatever the matrix says; 20 do not (R7, R33)."""
    company = {**STRONG, "country": "US"}
    at_20 = judged("email_open", "email_open", type="newsletter", company=company, source="x", tags=[])
    assert (19, True) == (at_20.points, isinstance(at_20.qualification, Nurture))
    exactly = judged("email_open", "email_open", "nurture_click", type="newsletter", company=company)
    assert (20, True) == (exactly.points, isinstance(exactly.qualification, Nurture))
    above = judged("email_open", "email_open", "nurture_click", "nurture_click", type="newsletter", company=company)
    assert 21 == above.points
    assert isinstance(above.qualification, Route)
    assert "promoted: 21 points, more than 20, in spite of low intent, strong fit" in above.qualification.because


@pytest.mark.parametrize("kind", ["executive_intro", "referral"])
def test_a_person_decides_on_introductions(kind: str) -> None:
    """Whoever put their name to it can count on a person's decision, within a day (R26)."""
    way = judged(type=kind, title="CEO", decision_maker=True, company=STRONG).qualification
    assert isinstance(way, Review)
    assert (NOW + timedelta(hours=24), None) == (way.due_at, way.answerable)


@pytest.mark.parametrize("kind", ["renewal", "support"])
def test_customers_matters_go_to_customer_success(kind: str) -> None:
    """Not to sales, whatever the deal's size; anybody of that pool may have it (R27)."""
    deal = {"amount": 80_000}
    way = judged(type=kind, title="CEO", decision_maker=True, company=STRONG, deal_value=deal).qualification
    assert isinstance(way, Route)
    assert ("customer-success", "success", ()) == (way.pool, way.via, way.levels)


def test_expansion_goes_to_sales() -> None:
    """A customer who wants more is for whoever looks after them, whatever the matrix says (R27)."""
    way = judged(type="expansion", company=WEAK).qualification
    assert isinstance(way, Route)
    assert (None, "relationship") == (way.pool, way.via)
    assert way.because.startswith("expansion: a customer who wants more")


@pytest.mark.parametrize(
    "raw",
    [
        {"company": {"domain": "rival-router.example"}},
        {"custom": {"role": "job_seeker"}},
        {"tags": ["job-seeker"]},
        {"custom": {"role": "student"}},
        {"title": "PhD Student"},
        {"company": {"industry": "Gambling"}},
    ],
)
def test_who_is_no_lead_is_disqualified(raw: dict[str, Any]) -> None:
    """Competitors, job seekers, students and businesses out of scope are told why (R36)."""
    way = judged(type="content_download", **raw).qualification
    assert isinstance(way, Disqualified)
    assert ": " in way.because


def test_the_unemployed_are_disqualified_once_they_went_quiet() -> None:
    """Only after 60 days without an opened e-mail or a page read (R36)."""
    facts = lead(type="newsletter", title="Unemployed")
    soon = judge(DEFAULT, facts, [], NOW + timedelta(days=59))
    late = judge(DEFAULT, facts, [], NOW + timedelta(days=60))
    reading = judge(DEFAULT, facts, touches("page_visit"), NOW + timedelta(days=60))
    assert ("nurture", "disqualify", "nurture") == tuple(one.qualification.way for one in (soon, late, reading))


@pytest.mark.parametrize(
    ("amount", "currency", "tier", "levels"),
    [
        (0, "EUR", "small", (Level.SDR, Level.JUNIOR)),
        (9_999.99, "EUR", "small", (Level.SDR, Level.JUNIOR)),
        (10_000, "EUR", "mid", (Level.MID,)),
        (50_000, "EUR", "mid", (Level.MID,)),
        (50_000.01, "EUR", "enterprise", (Level.SENIOR,)),
        (10_500, "USD", "small", (Level.SDR, Level.JUNIOR)),
        (2_000_000, "TRY", "enterprise", (Level.SENIOR,)),
        (60_000, "XYZ", None, (Level.SENIOR,)),
    ],
)
def test_deal_size_decides_who_is_ready(
    amount: float, currency: str, tier: str | None, levels: tuple[Level, ...]
) -> None:
    """Small under 10 000 EUR, mid up to 50 000, enterprise above, in any currency with a rate (R8)."""
    facts = lead(type="demo_request", company=STRONG, deal_value={"amount": amount, "currency": currency})
    judgement = judge(DEFAULT, facts, [], NOW)
    way = judgement.qualification
    assert isinstance(way, Route)
    assert tier == way.tier
    assert levels == DEFAULT.levels(judgement.intent, judgement.fit, DEFAULT.tier_of(facts))


def test_a_currency_without_a_rate_is_noted_once() -> None:
    """The deal's size counts as unknown, and the lead says why."""
    facts = localise(lead(deal_value={"amount": 5.0, "currency": "XYZ"}), POLICY)
    assert deal_in_euro(facts, POLICY) is None
    assert ("deal_value: no rate for XYZ, so the deal's size counts as unknown",) == facts.notes
    assert facts == localise(facts, POLICY)


@pytest.mark.parametrize(
    ("raw", "expected", "origin"),
    [
        ({"country": "Japan"}, "apac", "country"),
        ({"company": {"country": "Turkey"}}, "emea", "company.country"),
        ({"country": "US", "company": {"country": "DE"}}, "americas", "country"),
        ({"region": "EMEA", "country": "US"}, "emea", None),
        ({"region": "Bavaria", "country": "DE"}, "emea", "country"),
        ({"region": "Bavaria"}, None, None),
        ({}, None, None),
    ],
)
def test_the_region_follows_from_the_country(raw: dict[str, Any], expected: str | None, origin: str | None) -> None:
    """Territories are written down; where the prospect sits counts before where the company does (R10, R46)."""
    facts = localise(lead(**raw), POLICY)
    assert (expected, origin) == (facts.region, facts.origin.get("region"))


def pool_of(**raw: Any) -> str:
    """Give the pool the shipped rules send a lead to."""
    facts = localise(lead(type="demo_request", **raw), POLICY)
    known = DEFAULT.known(facts, [], NOW, judge(DEFAULT, facts, [], NOW))
    matching = (rule.pool for rule, condition in DEFAULT.pool_rules if condition.holds(known))
    return next(matching, POLICY.routing.default_pool)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"country": "DE", "company": STRONG}, "enterprise-emea"),
        ({"country": "DE", "company": STRONG, "deal_value": {"amount": 20_000.0}}, "mid-emea"),
        ({"country": "DE", "company": STRONG, "deal_value": {"amount": 500.0}}, "sdr-emea"),
        ({"country": "SG", "company": STRONG, "deal_value": {"amount": 90_000.0}}, "enterprise-apac"),
        ({"country": "BR", "company": WEAK}, "sdr-americas"),
        ({"company": STRONG}, "anywhere"),
    ],
)
def test_segment_and_territory_name_the_pool(raw: dict[str, Any], expected: str) -> None:
    """An enterprise lead never lands with the small-deal team, an Asian one never in Europe (R10, R15, R46)."""
    assert expected == pool_of(**raw)


def test_a_judgement_is_whole() -> None:
    """Points with reasons, version and the fit's grounds travel together (R29, R39)."""
    judgement = judged(type="demo_request", company=STRONG, decision_maker=True)
    facts = lead(type="demo_request", company=STRONG, decision_maker=True)
    assert score(DEFAULT, facts, [], NOW) == (judgement.points, judgement.reasons)
    assert DEFAULT.version == judgement.policy
    expected = (
        "high intent, strong fit (25 employees or more, a target industry; 5 points, strong from 5); "
        "deal of unknown size, for senior"
    )
    assert expected == judgement.qualification.because


def test_somebody_is_answerable() -> None:
    """The policy's own person goes before the caller's stand-in, a way's before both."""
    text = (SHIPPED / "default.yaml").read_text("utf-8")
    named = compile_text(text.replace("review: {within: 24h}", "review: {within: 24h, answerable: grace}"), "v2")
    way = text.replace(
        'when: type in ["executive_intro", "referral"]',
        'when: type in ["executive_intro", "referral"]\n    answerable: cora',
    )
    closer = compile_text(way, "v3")
    facts = lead(type="referral")
    found = [
        judge(compiled, facts, [], NOW, answerable="henrik").qualification
        for compiled in (DEFAULT, named, closer)
    ]  # fmt: skip
    assert ["henrik", "grace", "cora"] == [one.answerable for one in found if isinstance(one, Review)]


@pytest.mark.parametrize(
    ("name", "response", "backup_after", "alert_at"),
    [
        ("inbound-demo", timedelta(minutes=15), timedelta(minutes=15), timedelta(minutes=30)),
        ("high-intent", timedelta(hours=4), timedelta(hours=4), timedelta(hours=8)),
        ("event", timedelta(hours=16), timedelta(hours=16), timedelta(hours=24)),
        ("content", timedelta(hours=40), timedelta(hours=40), timedelta(hours=64)),
    ],
)
def test_the_ladders_keep_the_guides_promises(
    name: str, response: timedelta, backup_after: timedelta, alert_at: timedelta
) -> None:
    """The backup is asked when the target is missed, the manager told at the escalation trigger (R30, R31)."""
    sla = next(one for one in POLICY.sla if one.name == name)
    backup = next(rung for rung in sla.ladder if rung.to is Target.BACKUP)
    alert = next(rung for rung in sla.ladder if rung.do is RungKind.ALERT)
    assert (response, backup_after, alert_at) == (sla.response, backup.after, backup.after + alert.after)


@pytest.mark.parametrize(
    "sla", [pytest.param(one, id=f"{of.name}-{one.name}") for of in (POLICY, DEMO) for one in of.sla]
)
def test_every_shipped_ladder_is_whole(sla: Any) -> None:
    """Offer, reminder, backup, manager, reassignment, triage, in this order; contact is watched too (R32)."""
    order = [RungKind.OFFER, RungKind.REMIND, RungKind.OFFER, RungKind.ALERT, RungKind.REASSIGN, RungKind.TRIAGE]
    kinds = [rung.do for rung in sla.ladder]
    found = iter(kinds)
    assert all(kind in found for kind in order)
    assert [RungKind.REMIND, RungKind.ALERT] == [rung.do for rung in sla.contact][:2]


def test_the_demo_is_the_shipped_policy_in_fast_motion() -> None:
    """What both files share is the same, and the demo's ladder is over in twelve seconds."""
    fields = {"territories", "currencies", "lists", "scoring", "intent", "fit", "matrix", "ways", "tiers"}
    assert POLICY.model_dump(include=fields) == DEMO.model_dump(include=fields)
    assert [(one.name, one.when) for one in POLICY.sla] == [(one.name, one.when) for one in DEMO.sla]
    for sla in DEMO.sla:
        moves = [rung for rung in sla.ladder if rung.do in (RungKind.OFFER, RungKind.REASSIGN, RungKind.TRIAGE)]
        assert timedelta(seconds=12) == sum((rung.after * rung.times for rung in moves), timedelta())
        assert timedelta(seconds=8) == max(rung.after for rung in sla.contact)


@pytest.mark.parametrize(("policy", "roster"), [(POLICY, "roster.yaml"), (DEMO, "demo-roster.yaml")])
def test_shipped_policies_and_rosters_agree(policy: Any, roster: str) -> None:
    """Every pool and person a shipped policy names is in the example roster it goes with."""
    assert () == disagreements(policy, read_roster(EXAMPLES / roster))


def test_disagreements_are_told() -> None:
    """A pool that the roster does not have is named, with the one that was probably meant."""
    policy = POLICY.model_copy(update={"routing": POLICY.routing.model_copy(update={"default_pool": "anywear"})})
    found = [str(problem) for problem in disagreements(policy, read_roster(EXAMPLES / "roster.yaml"))]
    assert ["routing.default_pool: the roster has no pool anywear; did you mean anywhere?"] == found


def test_the_territories_of_policy_and_teams_are_the_same() -> None:
    """A country belongs to one team, and the policy sends its leads there."""
    teams = {team.region: set(team.countries) for team in read_roster(EXAMPLES / "roster.yaml").teams}
    assert teams == {region: set(territory.countries) for region, territory in POLICY.territories.items()}


def test_every_mistake_in_a_policy_is_told_at_once() -> None:
    """Compiling lists all problems with their places, not the first one (R29)."""
    broken = POLICY.model_copy(
        update={
            "ways": [POLICY.ways[0].model_copy(update={"when": "tpye == 'x'"})],
            "routing": POLICY.routing.model_copy(
                update={
                    "rules": [*POLICY.routing.rules[:2], POLICY.routing.rules[2].model_copy(update={"when": "tier"})]
                }
            ),
            "fit": POLICY.fit.model_copy(update={"strong_from": 99}),
        }
    )
    with pytest.raises(PolicyError) as caught:
        compile_policy(broken, "v")
    assert [
        "fit.strong_from: 99 is out of reach: all criteria give 8 points",
        "ways[0].when: unknown field tpye, did you mean type? (character 1)",
        "routing.rules[2].when: is neither true nor false; compare it with something (tier == ...) (character 1)",
    ] == list(map(str, caught.value.problems))


def test_scoring_people_by_age_is_warned_about() -> None:
    """It is possible, and whoever does it is told (R34)."""
    rule = POLICY.scoring.attributes[0].model_copy(update={"name": "age", "when": "custom.age >= 25"})
    scoring = POLICY.scoring.model_copy(update={"attributes": [rule], "personal_attributes": True})
    compiled = compile_policy(POLICY.model_copy(update={"scoring": scoring}), "v")
    expected = ("scoring.attributes[0] (age) scores people by custom.age: check that the law lets you (R34)",)
    assert expected == compiled.warnings
    assert () == DEFAULT.warnings

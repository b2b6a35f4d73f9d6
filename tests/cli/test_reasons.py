"""The whole explanation is laid out: nothing that a decision stored is left out of what a person reads."""

from datetime import UTC, datetime, timedelta
from io import StringIO

from rich.console import Console

from cli import reasons
from models.decisions import Enrichment, Held, Learned, LearnedReason, ProviderAsked, Reason, Route, Score
from models.explanation import Candidate, FactUsed, RoutingTrace, RuleTried, TieTried
from models.lead import Fit, Intent
from models.status import Explanation

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)

SCORE = Score(
    points=31,
    reasons=(Reason(rule="decision maker", points=10, because="decision_maker is yes"),),
    intent=Intent.HIGH,
    fit=Fit.STRONG,
    qualification=Route(sla="inbound-demo", because="high intent"),
    policy="ours-1",
    facts=(
        FactUsed(field="region", value="emea", source="country"),
        FactUsed(field="company.employees", value=None, source=""),
    ),
    ways=(RuleTried(rule="students", matched=False, because="seniority is not known"),),
)
TRACE = RoutingTrace(
    at=NOON,
    policy="ours-1",
    pool="enterprise-emea",
    tier="enterprise",
    levels=("senior",),
    facts=(FactUsed(field="segments", value=["strategic"], source="policy"),),
    account="globex",
    ties=(TieTried(tie="named_account", rep_id="eva", decided=False, because="eva is on leave until 5 Mar"),),
    rules=(RuleTried(rule="senior deals in EMEA", matched=True, because="region is emea"),),
    untold=7,
    strategy="best_fit",
    overflow=("strategic-emea",),
    candidates=(
        Candidate(rep_id="tom", load=2, capacity=15, weight=3, balance=0.25, fit=8, fits=("language", "industry")),
        Candidate(rep_id="eva", excluded="on leave until 5 Mar", load=0, capacity=12, weight=2, balance=-0.5),
    ),
    chosen="tom",
    backup="mila",
    because="tom is the only one behind their share",
)


def laid_out(explanation: Explanation, facts: dict[str, object] | None = None) -> str:
    """Lay an explanation out as the command does, on a wide terminal."""
    document = {**explanation.model_dump(mode="json"), "facts": facts, "told_by": "database"}
    console = Console(width=200, file=(out := StringIO()))
    for part in reasons.explanation(document):
        console.print(part)
    return out.getvalue()


def row(page: str, first: str) -> str:
    """Give the line that begins with a word."""
    return next(line for line in page.splitlines() if line.strip().startswith(first))


def test_everything_that_was_decided_is_told() -> None:
    """Facts and who said so, points, ways, ties, rules (and how many more), people, strategy and overflow."""
    held = Held(until=NOON + timedelta(hours=1), because="nobody", trace=TRACE)
    told = Explanation(lead_id="l1", sentence="", policy="ours-1", enrichment=None, score=SCORE, assignment=held)
    page = laid_out(told, {"region": "emea", "origin": {"region": "country"}, "source": "web"})

    assert ["region", "emea", "country", "yes"] == row(page, "region").split()
    assert ["source", "web", "the", "lead"] == row(page, "source").split()
    assert ["company.employees", "unknown", "yes"] == row(page, "company.employees").split()
    assert ["segments", "strategic", "policy", "yes"] == row(page, "segments").split()
    assert "+10" in row(page, "+10")
    assert "decision_maker is yes" in row(page, "+10")
    for words in (
        ("no", "students", "seniority is not known"),
        ("no", "named account", "eva", "on leave"),
        ("yes", "senior deals in EMEA", "region is emea"),
        ("7 more", "not listed"),
        ("account", "globex"),
        ("pool", "enterprise-emea"),
        ("chosen by", "best fit"),
        ("nobody in", "strategic-emea"),
        ("tom", "chosen", "2 of 15", "3", "+0.25", "8 (language, industry)"),
        ("eva", "on leave until 5 Mar", "0 of 12", "2", "-0.50"),
    ):
        assert any(all(word in line for word in words) for line in page.splitlines()), words


def test_who_was_asked_about_the_company_is_told() -> None:
    """Each provider with what came of it; a fact says whose word it is, and of which day."""
    asked = ProviderAsked(provider="clearview", outcome="not_asked", because="rests for another 40 s")
    told = Explanation(lead_id="l1", sentence="", policy=None, enrichment=Enrichment(asked=(asked,)), score=None)
    known: dict[str, object] = {
        "company": {"city": "Bremen"},
        "origin": {"company.city": "crm"},
        "as_of": {"company.city": "2026-03-04T12:00:00Z"},
    }
    page = laid_out(told, known)
    assert ["clearview", "not", "asked", "rests"] == row(page, "clearview").split()[:4]
    assert ["company.city", "Bremen", "crm,", "2026-03-04"] == row(page, "company.city").split()
    assert "as_of" not in page


def test_what_is_not_there_leaves_no_empty_table() -> None:
    """A lead that nothing was decided about has a short page."""
    nothing = Explanation(lead_id="l1", sentence="", policy=None, enrichment=None, score=None)
    assert ["told by  database"] == [line.strip() for line in laid_out(nothing).splitlines() if line.strip()]


def test_facts_are_written_as_reasons_write_them() -> None:
    """Yes and no, round numbers without a point: whoever compares a fact with a rule's reason reads the same."""
    nothing = Explanation(lead_id="l1", sentence="", policy=None, enrichment=None, score=None)
    page = laid_out(nothing, {"decision_maker": True, "deal_value": {"amount": 220000.0}})
    assert "yes" in row(page, "decision_maker")
    assert ["deal_value.amount", "220000"] == row(page, "deal_value.amount").split()[:2]


def test_contradictions_say_who_was_believed() -> None:
    """Both values with where they are from, and why one goes first; the facts themselves stay a plain list."""
    conflict = {"field": "country", "kept": "DE", "kept_from": "lead", "other": "GB", "other_from": "phone"}
    explanation = Explanation(lead_id="one", sentence="s", policy=None, enrichment=None, score=None)
    text = laid_out(explanation, {"country": "DE", "conflicts": [{**conflict, "because": "the lead goes first"}]})
    assert ["country", "DE (lead)", "GB (phone)", "the lead goes first"] == next(
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines() if "GB" in line
    )
    assert "conflicts" not in text


def test_what_is_learned_is_told_with_its_reasons() -> None:
    """How likely, by which version, what speaks for it and what against, and why it is not to be trusted yet."""
    learned = Learned(
        model="spring",
        likelihood=0.42,
        log_odds=-0.32,
        base=-1.0,
        reasons=(
            LearnedReason(feature="decides and type trial_signup", weight=1.08),
            LearnedReason(feature="phone missing", weight=-0.4),
        ),
        trusted=False,
        because="too little data",
    )
    score = SCORE.model_copy(update={"learned": learned}).model_dump(mode="json")
    console = Console(width=200, record=True, file=StringIO())
    for part in reasons._score(score):
        console.print(part)
    page = console.export_text()
    assert "42% likely by spring; too little data" in page
    for line in ("-1.00", "+1.08", "decides and type trial_signup", "-0.40", "phone missing"):
        assert line in page

"""A policy's page: whoever works by a policy finds all of it there, in words."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from cli.page import page
from cli.page_words import WIDTH, columns
from config.load import SHIPPED, read_policy, read_roster
from models.calendar import WEEKDAYS
from models.durations import Duration
from models.ladder import Clock
from models.policy import Policy
from models.roster import Roster
from policy.trials.comparison import written
from runtime.telling_policy.words import Reader, on_one_line, working
from tests.cli.house import ROOT

DEFAULT = read_policy(SHIPPED / "default.yaml")[0]
ROSTER = read_roster(ROOT / "examples" / "roster.yaml")
ROUTING = {
    "ties": [
        {"to": "named_account", "away": "cover"},
        {"to": "relationship", "away": "hold", "within": "365d"},
        {"to": "open_lead", "away": "rules"},
    ],
    "rules": [
        {
            "name": "the campaign",
            "from": "2026-12-01",
            "until": "2026-12-31",
            "when": 'region == "emea" &&\n  title == "head  of sales"',
            "pool": "enterprise-emea",
            "levels": ["senior", "mid"],
            "needs": ["language", "industry", "hours"],
            "skills": ["security"],
            "certifications": ["cloud"],
            "overflow": ["mid-emea", "sdr-emea"],
            "nobody": "manager",
        },
        {"name": "nobody's", "when": "points > 3", "pool": "moon"},
    ],
    "default_pool": "anywhere",
    "overflow": ["sdr-emea"],
    "widen": "none",
    "hold_at_most": "2d",
    "recheck": "5m",
    "best_fit": [
        {"name": "same industry", "points": 5, "match": "industry"},
        {"name": "winner", "points": 3, "won": True},
        {"name": "cloudy", "points": 1, "skills": ["cloud", "security"], "when": "points > 20"},
    ],
    "refund": ["declined", "withdrawn"],
    "refund_limit": {"times": 2, "within": "1d"},
    "charge": ["backup", "tie"],
}
MORNING = [["09:00", "12:00"], ["13:00", "14:00"]]
RICH = Policy.model_validate(
    written(DEFAULT)
    | {
        "territories": {"emea": {"countries": ["DE", "FR"], "owner": "grace"}, "apac": ["JP"]},
        "segments": [{"name": "large", "when": "company.employees > 999", "owner": "eva", "description": "The large"}],
        "accounts": [
            {"id": f"acme-{n}", "name": f"Acme {n}", "domains": [f"a{n}.example"], "owner": "eva", "parent": "acme-0"}
            for n in range(30)
        ],
        "routing": ROUTING,
        "calendars": {
            "lead": {
                "tz": "Europe/Berlin",
                "week": {"mon": MORNING, "tue": MORNING, "fri": [["22:00", "06:00"]]},
                "country": "DE",
                "subdivision": "BY",
                "public_holidays": True,
                "without": ["Epiphany", "2026-05-01"],
                "frozen": {"2026-01-01": "New Year's Day", "2028-12-25": "Christmas Day"},
                "holidays": ["2026-12-31", "2026-12-24"],
                "exceptions": {"2026-11-28": MORNING, "2026-11-30": []},
            },
            "never-closed": {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in WEEKDAYS}},
        },
    },
    strict=False,
)


def told(policy: Policy, roster: Roster | None = ROSTER, *, everything: bool = False) -> str:
    """Write the page, wherever its lines and columns end."""
    return " ".join(" ".join(page(policy, Reader(roster, everything))).split())


@pytest.mark.parametrize(
    "says",
    [
        "With more than 20 points a lead goes to sales where it would have been nurtured.",
        '+1 country US or UK country in ["US", "GB"] || company.country in ["US", "GB"]',
        "+1 task_created then +2 each further time, 15 at most",
        "+15 trial_signup once",
        "How well they suit us (fit): strong from 5 points on",
        "1. renewals and support -> to whoever looks after the customer's success, pool customer-success because",
        "6. competitors -> not a lead for us because a competitor when company.domain in lists.competitors",
        "high intent to sales: by deal size where it is known, else senior to sales: sdr",
        "low intent marketing keeps it warm, and it is watched marketing keeps it warm",
        "small below 10,000 EUR sdr or junior mid up to 50,000 EUR mid enterprise anything above senior",
        "inbound-demo: accepted within 15 min of the team's working time when type in",
        "0 min offer it to the one whose turn it is 10 min remind the owner 15 min offer it to the backup",
        "event: accepted within 2 working days (16 h) of the team's working time",
        "once accepted, until there was contact: 30 min remind the owner 1 h tell the manager",
        "An answer can be taken back for 1 min.",
        "nobody took it the manager hears of it every day",
        "competitors rival-router.example, leadsplitter.example",
    ],
)
def test_the_shipped_policy_reads_like_a_page(says: str) -> None:
    """What we look for, what becomes of leads, promises as lines in time, manners."""
    assert says in told(DEFAULT)


@pytest.mark.parametrize(
    "says",
    [
        "emea Grace Holloway (grace) DE, FR apac - JP",
        "large Eva Lindenbach (eva) The large; when company.employees > 999",
        "Accounts that somebody looks after: 30",
        "acme-1 Acme 1 owner: Eva Lindenbach (eva); a1.example; part of acme-0",
        "... and 10 more accounts (--all)",
        "1. a named account: its owner; while they are away their backup gets it, else it is held for them",
        "(alive within 365 d); while they are away it is held for them",
        "(alive within 730 d); while they are away it goes on below",
        "1. the campaign -> pool enterprise-emea: Eva Lindenbach, Tom Ravensworth, Mila Sanderling (by turns,",
        "Mila Sanderling (by turns, weights 2:3:3) when region",
        'when region == "emea" && title == "head of sales"',
        "for senior or mid",
        "needs somebody for the lead's language and its industry; 5 h a week in common with",
        "the lead's working day; skills security; certified in cloud",
        "valid counts from 2026-12-01 until 2026-12-31",
        "nobody there pools mid-emea, then sdr-emea; nobody there either: the manager hears of it",
        "2. nobody's -> pool moon (which the roster does not have) when points > 3",
        "otherwise -> pool anywhere: Ana Castellmar, Leo Whitmarsh",
        "Nobody of the level asked for is available: nobody else counts.",
        "Nobody of the pool: pools sdr-emea; nobody there either: it waits for the next opening or place.",
        "It waits 2 d at most, and a full pool is looked at again every 5 min.",
        "+5 same industry knows its industry +3 winner times the share of like leads that they won",
        "+1 cloudy has one of cloud and security; when points > 20",
        "A turn is given back when they declined it or it was taken back unanswered.",
        "For what is the rep's own doing, 2 times in 1 d at most; beyond that the turn counts.",
        "Counts as a turn, too: a backup who covers and who has it by a tie.",
        "lead: the zone of each lead, else Europe/Berlin open Mon-Tue 09:00-12:00 and 13:00-14:00; Fri 22:00-06:00",
        "public holidays DE-BY, without Epiphany and 2026-05-01 (known until 2028)",
        "closed 2026-12-24, 2026-12-31 exceptions 2026-11-28 09:00-12:00 and 13:00-14:00; 2026-11-30 closed",
        "never-closed: UTC open around the clock",
    ],
)
def test_what_is_whose_and_who_gets_it_is_told_in_words(says: str) -> None:
    """Territories, segments, accounts, ties, rules with their people, what happens when nobody is there, turns."""
    assert says in told(RICH)


LADDER = [
    {"do": "offer", "to": "on_duty", "who": "night", "channels": ["webhook", "email"]},
    {"do": "remind", "after": "10m", "urgent": True, "text": "{company} waits"},
    {"do": "pause", "until": "08:00", "after": "20m"},
    {"do": "alert", "to": "room", "who": "floor", "after": "30m"},
    {"do": "widen", "pools": ["mid-emea", "sdr-emea"], "after": "35m", "clock": "rep"},
    {"do": "reassign", "after": "40m"},
    {"do": "repeat", "rungs": 1, "times": 2},
    {"do": "stage", "stage": "nurturing", "after": "1bd"},
]
ABLE = Policy.model_validate(
    written(DEFAULT)
    | {
        "sla": [
            {
                "name": "round-the-clock",
                "when": "points > 3",
                "response": "15m",
                "late": {"do": "follow", "pools": ["mid-emea", "sdr-emea"]},
                "ladder": LADDER,
            },
            {"name": "paged", "response": "1h", "late": {"do": "page"}, "ladder": LADDER},
        ],
        "routing": written(DEFAULT)["routing"] | {"aside": {"misses": 5, "within": "7d", "lasts": "1d"}},
    },
    strict=False,
)


@pytest.mark.parametrize(
    "says",
    [
        "late nobody is on shift before it is due: mid-emea then sdr-emea may get it, whoever is there",
        "late nobody is on shift before it is due: it waits, and the manager hears of it at once",
        "0 min offer it to whoever is on duty (night) (only by webhook or email)",
        '10 min remind the owner (in quiet hours too; "{company} waits")',
        "20 min pause until 08:00 (what passes until then does not count) 30 min tell the room floor",
        "35 min widen to mid-emea, sdr-emea (on the rep's clock)",
        "40 min give it to the next one available 1 h 20 min give it to the next one available 2 h give it to",
        "10 h let marketing nurture it",
        "What comes within 2 min of an alert to a manager is told in one message at its end.",
        "An alert that was acknowledged is not repeated for 1 d.",
        "Where their teams stand, managers read at 08:30 of their own time on Mon, Tue, Wed, Thu and Fri.",
        "Who lets 3 offers run out, or breaks as many promises, within 14 d is on the coaching list.",
        "Who lets 5 offers run out within 7 d is offered nothing for 1 d.",
    ],
)
def test_all_that_a_ladder_can_do_is_on_the_page(says: str) -> None:
    """Who is asked and told and how, what time does not count, and what becomes of whoever lets leads lie."""
    assert says in told(ABLE)


def test_what_a_policy_leaves_out_is_not_on_the_page() -> None:
    """Nobody is set aside, no digest is sent, each alert goes out by itself."""
    text = told(read_policy(SHIPPED / "demo.yaml")[0])
    assert "Managers hear of each alert at once." in text
    absent = ("managers read at", "is offered nothing", "nobody is on shift", "Calendars")
    assert [] == [word for word in absent if word in text]


def test_everything_is_on_the_page() -> None:
    """Every name in the policy; long lists of accounts when they are asked for."""
    text = told(RICH, everything=True)
    assert "--all" not in text
    entries: list[Any] = [
        *RICH.scoring.attributes, *RICH.fit.criteria, *RICH.ways, *RICH.tiers, *RICH.segments, *RICH.accounts,
        *RICH.routing.rules, *RICH.routing.best_fit, *RICH.sla,
    ]  # fmt: skip
    names = [str(entry.name) for entry in entries]
    names += [rule.kind for rule in RICH.scoring.behaviour] + list(RICH.territories) + list(RICH.lists)
    assert [] == [name for name in names if name not in text]


def test_without_a_roster_pools_have_no_people() -> None:
    """And people are told by their ids."""
    text = told(RICH, None)
    assert "(No roster is loaded, so pools are shown without their people.)" in text
    assert "1. the campaign -> pool enterprise-emea when " in text
    assert "emea grace DE, FR" in text


def test_no_line_is_too_long_to_read() -> None:
    """But for what may not be broken: a quoted text, a matrix."""
    lines = "\n".join(page(RICH, Reader(ROSTER, everything=True))).split("\n")
    assert [] == [line for line in lines if len(line) > WIDTH and '"' not in line and "marketing" not in line]


def test_a_narrow_terminal_gets_narrow_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut: what has room in fewer signs is wrapped at the terminal's edge, not by the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = "\n".join(page(DEFAULT, Reader(ROSTER))).split("\n")
    matrix = ("strong fit", "high intent", "medium intent", "low intent")
    beyond = [line for line in lines if len(line) > 80 and not line.lstrip().startswith(matrix)]
    assert [] == [line for line in beyond if '"' not in line]
    assert told(DEFAULT) == " ".join(" ".join(lines).split())


def test_what_a_condition_quotes_is_never_broken() -> None:
    """Its own line breaks are not shown; a text in it keeps its spaces, and is not wrapped."""
    quoted = "a  " * 60
    (row,) = columns([("when", on_one_line(f'points > 3 &&\n   title == "{quoted}"'))])
    assert ["  when  points > 3 && title ==", f'        "{quoted}"'] == row.split("\n")


@pytest.mark.parametrize(
    ("length", "clock", "says"),
    [
        ("0s", Clock.TEAM, "0 s"),
        ("15m", Clock.TEAM, "15 min"),
        ("1h30m", Clock.REP, "1 h 30 min"),
        ("1bd", Clock.LEAD, "1 working day (8 h)"),
        ("5bd", Clock.TEAM, "5 working days (40 h)"),
        ("30h", Clock.TEAM, "30 h"),
        ("30h", Clock.WALL, "1 d 6 h"),
        ("8h", Clock.WALL, "8 h"),
    ],
)
def test_working_time_is_told_in_working_days(length: str, clock: Clock, says: str) -> None:
    """A day of a calendar has twenty-four hours only on the wall."""
    assert says == working(TypeAdapter(Duration).validate_python(length), clock)

"""Mistakes in routing, market and examples: each is told with its line, its key, its rule, and what would be right."""

import pytest

from config.load import SHIPPED, FileError, check_agreement, open_policy, read_roster
from tests.config.mistakes import Mistake, changed, line_of, wrong_policy, wrong_roster

DEFAULT = (SHIPPED / "default.yaml").read_text("utf-8")
HEAD, TAIL = DEFAULT.partition("\nexamples:")[0].split("# --- which pool", 1)
ROUTING = """
routing:
  ties:
    - {to: named_account, away: cover}
    - {to: relationship, away: hold, within: 365d}
    - {to: parent}
  rules:
    - {name: banks, when: company.industry == "banking", pool: big, needs: [language, hours], skills: [security]}
    - name: the campaign
      from: "2026-12-01"
      until: "2026-12-31"
      when: '"big" in segments'
      pool: big
      overflow: [small]
      nobody: manager
  default_pool: small
  overflow: [rest]
  nobody: hold
  widen: none
  best_fit:
    - {name: industry, points: 5, match: industry}
    - {name: winner, points: 3, won: true}
    - {name: keen, points: 1, when: points > 20, skills: [cloud]}
  refund: [declined, covered]
  refund_limit: {times: 3, within: 7d}
  charge: [backup, tie]
segments:
  - {name: big, when: company.employees >= 1000, owner: mia}
  - {name: dach, when: 'country in ["DE", "AT", "CH"]'}
accounts:
  - {id: acme, name: Acme Ltd, domains: [acme.example], owner: ana}
  - {id: acme-de, name: Acme GmbH, domains: [de.acme.example], parent: acme, success: ben}
  - {id: globex, name: Globex, names: [Globex Corporation], relationship: ana}
examples:
  - name: a bank
    given: {type: demo_request, company: {industry: banking}}
    expect: {way: route, rule: banks, pool: big}
"""
WAYS = """ways:
  - {name: support, when: type == "support", do: route, because: theirs, via: success, pool: big, levels: [mid]}
"""
GOOD = (
    changed(HEAD, ("ways:\n", WAYS))
    + ROUTING
    + TAIL[TAIL.index("# --- promises") : TAIL.index("# --- what this policy is")]
)

MISTAKES = {
    "ties out of order": Mistake(
        "{to: parent}",
        "{to: open_lead}\n    - {to: named_account}",
        "- {to: named_account, away: cover}",
        "routing.ties: each once, strongest first: named_account, relationship, open_lead, parent",
    ),
    "a tie that is none": Mistake(
        "{to: parent}",
        "{to: parents}",
        "{to: parents}",
        (
            "routing.ties[2].to: \"parents\" should be 'named_account', 'relationship', 'open_lead' or 'parent'; "
            "did you mean parent?"
        ),
    ),
    "an absence that is none": Mistake(
        "away: hold, within",
        "away: holds, within",
        "away: holds",
        "routing.ties[1].away: \"holds\" should be 'cover', 'hold' or 'rules'; did you mean hold?",
    ),
    "a tie that never ages": Mistake(
        "within: 365d",
        "within: 365",
        "within: 365}",
        "routing.ties[1].within: 365 of what? write for example 365s, 365m or 365h",
    ),
    "a need that is none": Mistake(
        "needs: [language, hours]",
        "needs: [langauge, hours]",
        "[langauge",
        (
            "routing.rules[0] (banks).needs[0]: \"langauge\" should be 'language', 'industry', 'product', 'region', "
            "'use_case' or 'hours'; did you mean language?"
        ),
    ),
    "a skill that is a list of lists": Mistake(
        "skills: [security]}",
        "skills: security}",
        "skills: security}",
        "routing.rules[0] (banks).skills: should be a list ([a, b], or a line with - for each)",
    ),
    "a day that is none": Mistake(
        'until: "2026-12-31"',
        'until: "31.12.2026"',
        "31.12.2026",
        (
            "routing.rules[1] (the campaign).until: should be a date, for example 2026-12-24 "
            "or an instant, for example 2026-12-24T09:00:00Z"
        ),
    ),
    "a validity that runs backwards": Mistake(
        'until: "2026-12-31"',
        'until: "2026-11-30"',
        "2026-11-30",
        "routing.rules[1] (the campaign).until: lies before `from`, so the rule would never count",
    ),
    "an instant without offset": Mistake(
        'from: "2026-12-01"',
        'from: "2026-12-01T09:00:00"',
        "2026-12-01T09",
        ("routing.rules[1] (the campaign).from: an instant needs its offset, for example 2026-12-01T09:00:00Z"),
    ),
    "a segment that is none": Mistake(
        "'\"big\" in segments'",
        "'\"bigg\" in segments'",
        '"bigg" in',
        'routing.rules[1] (the campaign).when: segments is never "bigg", did you mean big? (character 1)',
    ),
    "a rule without its pool": Mistake(
        "      pool: big\n      overflow",
        "      overflow",
        "- name: the campaign",
        "routing.rules[1] (the campaign).pool: is required",
    ),
    "an unknown key of a rule": Mistake(
        "      overflow: [small]",
        "      overflows: [small]",
        "overflows:",
        "routing.rules[1] (the campaign).overflows: is not a known key, did you mean overflow?",
    ),
    "nobody that is none": Mistake(
        "      nobody: manager",
        "      nobody: managers",
        "nobody: managers",
        "routing.rules[1] (the campaign).nobody: \"managers\" should be 'hold' or 'manager'; did you mean manager?",
    ),
    "a rule that is there twice": Mistake(
        "name: the campaign",
        "name: banks",
        "- {name: banks",
        "routing.rules: 'banks' is there twice; reasons are told by name",
    ),
    "a fit on two grounds": Mistake(
        "match: industry}",
        "match: industry, won: true}",
        "match: industry, won",
        "routing.best_fit[0] (industry): needs one of: `match`, `skills` or `certifications`, `won: true`",
    ),
    "a fit on no ground": Mistake(
        "points: 3, won: true}",
        "points: 3}",
        "name: winner",
        "routing.best_fit[1] (winner): needs one of: `match`, `skills` or `certifications`, `won: true`",
    ),
    "a fit for nothing": Mistake(
        "points: 5, match",
        "points: 0, match",
        "points: 0, match",
        "routing.best_fit[0] (industry).points: should be more than 0",
    ),
    "a fit on an unknown field": Mistake(
        "when: points > 20, skills",
        "when: pionts > 20, skills",
        "pionts",
        "routing.best_fit[2] (keen).when: unknown field pionts, did you mean points? (character 1)",
    ),
    "a refund that is none": Mistake(
        "refund: [declined, covered]",
        "refund: [decline, covered]",
        "refund: [decline,",
        (
            "routing.refund[0]: \"decline\" should be 'declined', 'expired', 'covered', 'bad', 'superseded' or "
            "'withdrawn'; did you mean declined?"
        ),
    ),
    "a limit below nothing": Mistake(
        "{times: 3, within: 7d}",
        "{times: -3, within: 7d}",
        "{times: -3",
        "routing.refund_limit.times: should be 0 or more",
    ),
    "a charge that is none": Mistake(
        "charge: [backup, tie]",
        "charge: [backups, tie]",
        "charge: [backups",
        "routing.charge[0]: \"backups\" should be 'backup' or 'tie'; did you mean backup?",
    ),
    "a way's pool without a route": Mistake(
        "do: route, because: theirs, via: success, ",
        "do: review, because: theirs, ",
        "pool: big, levels: [mid]",
        "ways[0] (support).pool: is for `do: route` only",
    ),
    "a via without a route": Mistake(
        "do: route, because: theirs",
        "do: nurture, because: theirs",
        "via: success",
        "ways[0] (support).pool: is for `do: route` only",
    ),
    "a via that is none": Mistake(
        "via: success",
        "via: succes",
        "via: succes,",
        "ways[0] (support).via: \"succes\" should be 'relationship' or 'success'; did you mean success?",
    ),
    "segments of one name": Mistake(
        "name: dach",
        "name: big",
        "- {name: big, when: company.employees",
        "segments: 'big' is there twice; reasons are told by name",
    ),
    "a segment by a word that comes later": Mistake(
        "when: company.employees >= 1000, owner",
        'when: intent == "high", owner',
        'when: intent == "high", owner',
        "segments[0] (big).when: ",
    ),
    "an account that owns itself": Mistake(
        "owner: ana}",
        "owner: ana, parent: acme-de}",
        "parent: acme-de",
        "accounts[0] (acme).parent: goes round in a circle: acme -> acme-de -> acme",
    ),
    "a parent that is none": Mistake(
        "parent: acme,",
        "parent: amce,",
        "parent: amce",
        "accounts[1] (acme-de).parent: there is no account amce, did you mean acme?",
    ),
    "a domain of two accounts": Mistake(
        "[de.acme.example]",
        "[acme.example]",
        "id: acme-de",
        "accounts[1] (acme-de).domains[0]: acme.example is account acme's already",
    ),
    "a name of two accounts": Mistake(
        "[Globex Corporation]",
        "[ACME  ltd]",
        "id: globex",
        "accounts[2] (globex).names[0]: account acme goes by that name already",
    ),
    "a free-mail domain": Mistake(
        "[de.acme.example]",
        "[gmail.com]",
        "gmail.com",
        "accounts[1] (acme-de).domains[0]: gmail.com is an e-mail provider's, so it tells no company",
    ),
    "a domain with www": Mistake(
        "[de.acme.example]",
        "[www.acme.example]",
        "[www.acme.example]",
        "accounts[1] (acme-de).domains: write acme.example for www.acme.example",
    ),
    "a domain that is none": Mistake(
        "[de.acme.example]",
        "[Acme GmbH]",
        "[Acme GmbH]",
        ('accounts[1] (acme-de).domains[0]: "Acme GmbH" should be a domain in small letters, for example acme.example'),
    ),
    "an id with a space": Mistake(
        "id: globex",
        "id: globex corp",
        "id: globex corp",
        ("accounts[2].id: \"globex corp\" should be letters, digits, '.', - and _ (64 at most), for example acme-de"),
    ),
    "an account twice": Mistake(
        "id: globex",
        "id: acme",
        "- {id: acme, name: Acme Ltd",
        "accounts: 'acme' is there twice; reasons are told by name",
    ),
    "a country in small letters": Mistake(
        "americas: [US,",
        "americas: [us,",
        "americas: [us,",
        ('territories.americas: "us" should be a country\'s two capital letters (ISO 3166), for example DE'),
    ),
    "an expectation that is none": Mistake(
        "rule: banks,",
        "rules: banks,",
        "rules: banks",
        "examples[0] (a bank).expect.rules: is not a known key, did you mean rule?",
    ),
    "an example without a lead": Mistake(
        "    given: {type: demo_request, company: {industry: banking}}\n",
        "",
        "- name: a bank",
        "examples[0] (a bank).given: is required",
    ),
    "an expected way that is none": Mistake(
        "way: route, rule",
        "way: routed, rule",
        "way: routed",
        (
            "examples[0] (a bank).expect.way: \"routed\" should be 'route', 'nurture', 'monitor', 'review' or "
            "'disqualify'; did you mean route?"
        ),
    ),
}


def test_what_is_broken_below_is_whole() -> None:
    """Else a mistake below could be another's."""
    opened = open_policy(GOOD)
    assert () == opened.fail(None)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_its_rule(name: str) -> None:
    """One mistake, one line of text; whoever reads it knows where to look and what to write."""
    text, expected = MISTAKES[name].told_of(GOOD)
    told = wrong_policy(text)
    assert [expected] == [line[: len(expected)] for line in told], told


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("rule: banks, pool: big", "rule: banks, pool: small", "expect:", "expect.pool: expected small, got big: rule"),
        ("{industry: banking}", "{industri: banking}", "given:", "given.company.industri: is not a known field; did"),
        ("type: demo_request, comp", "type: demo, comp", "given:", "given.type: should be"),
        ("pool: big}\n", "owner: ana}\n", "expect:", "expect.owner: needs a roster: load one"),
    ],
)
def test_an_example_that_fails_is_told_with_its_line(old: str, new: str, at: str, says: str) -> None:
    """Also what is wrong with the lead that it gives."""
    text = changed(GOOD, (old, new))
    opened = open_policy(text, "p.yaml")
    with pytest.raises(FileError) as caught:
        opened.refuse(opened.fail(None))
    line = line_of(text, f"    {at}")
    assert [f"p.yaml:{line}: examples[0] (a bank).{says}"] == [
        told[: len(f"p.yaml:{line}: examples[0] (a bank).{says}")] for told in caught.value.lines
    ]


ROSTER = """
calendars:
  day: {tz: UTC, week: {wed: [["08:00", "18:00"]]}}
managers: [{id: mia, name: Mia Moor}]
teams: [{id: one, name: One, manager: mia, calendar: day, region: world}]
reps:
  - {id: ana, name: Ana Abel, team: one, backup: ben, caps: [{leads: 5, per: day}, {leads: 20, per: 7d}]}
  - {id: ben, name: Ben Bach, team: one}
pools:
  big: {members: [ana, ben], strategy: weighted, weights: {ana: 2}}
  small: {team: one}
  rest: {team: one}
  customer-success: {team: one}
"""
ROSTER_MISTAKES = {
    "a cap per something": Mistake(
        "per: 7d",
        "per: week",
        "per: week",
        'reps[0] (ana).caps[1].per: "week" should be day, or a span of hours or days: 12h, 7d',
    ),
    "a cap of nothing": Mistake("leads: 5", "leads: 0", "leads: 0", "reps[0] (ana).caps[0].leads: should be 1 or more"),
    "too many caps": Mistake(
        "caps: [{leads: 5, per: day}",
        "caps: [{leads: 5}, {leads: 5}, {leads: 5}, {leads: 5}, {leads: 5}",
        "id: ana",
        "reps[0] (ana).caps: has 6 caps; 5 at most",
    ),
    "a stranger's weight": Mistake(
        "weights: {ana: 2}",
        "weights: {anna: 2}",
        "weights: {anna",
        "pools.big.weights: 'anna' is not defined (known: ana, ben)",
    ),
    "a weight of nothing": Mistake(
        "weights: {ana: 2}", "weights: {ana: 0}", "weights: {ana: 0", "pools.big.weights.ana: should be 1 or more"
    ),
    "a strategy that is none": Mistake(
        "strategy: weighted",
        "strategy: wheighted",
        "wheighted",
        (
            "pools.big.strategy: \"wheighted\" should be 'weighted', 'round_robin', 'least_loaded' or 'best_fit'; "
            "did you mean weighted?"
        ),
    ),
}


@pytest.mark.parametrize("name", ROSTER_MISTAKES)
def test_a_mistake_in_a_roster_is_told_with_its_line_and_its_rep(name: str) -> None:
    """As for policies."""
    text, expected = ROSTER_MISTAKES[name].told_of(ROSTER)
    assert [expected] == wrong_roster(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "overflow: [small]",
            "overflow: [smal]",
            "routing.rules[1] (the campaign).overflow[0]: the roster has no pool",
        ),
        (
            "overflow: [rest]",
            "overflow: [rset]",
            "routing.overflow[0]: the roster has no pool rset; did you mean rest?",
        ),
        ("via: success, pool: big", "via: success, pool: bgi", "ways[0] (support).pool: the roster has no pool bgi"),
        ("owner: mia}", "owner: mai}", "segments[0] (big).owner: the roster has no person mai; did you mean mia?"),
        ("relationship: ana", "relationship: mia", "accounts[2] (globex).relationship: the roster has no rep mia"),
    ],
)
def test_what_a_policy_names_has_to_be_in_the_roster(old: str, new: str, says: str) -> None:
    """With its line, its rule and what was probably meant."""
    text, roster = changed(GOOD, (old, new)), read_roster(ROSTER)
    check_agreement(GOOD, roster)
    with pytest.raises(FileError) as caught:
        check_agreement(text, roster, "p.yaml")
    assert [f"p.yaml:{line_of(text, new)}: {says}"] == [
        line[: len(f"p.yaml:{line_of(text, new)}: {says}")] for line in caught.value.lines
    ]

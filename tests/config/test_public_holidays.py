"""Public holidays: looked up once with the company's own exceptions, and frozen into what is published."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config import freezing
from config.load import SHIPPED, FileError, compile_text, open_policy, read_policy, read_roster, version_of
from config.public_holidays import YEARS, public_holidays
from config.yaml_marks import read_yaml
from models.base import Refused, parse
from models.policy import Policy
from models.roster import Roster
from tests.config.mistakes import Mistake, changed, line_of, wrong_policy, wrong_roster


@pytest.mark.parametrize(
    ("country", "subdivision", "day", "name"),
    [
        ("DE", None, "2026-10-03", "German Unity Day"),
        ("DE", "BY", "2026-01-06", "Epiphany"),
        ("DE", "BE", "2026-01-06", None),
        ("DE", "BE", "2026-03-08", "Women's Day"),
        ("DE", None, "2026-04-03", "Good Friday"),
        ("DE", None, "2026-12-24", None),
        ("US", None, "2026-11-26", "Thanksgiving Day"),
        ("US", None, "2026-07-03", "Independence Day (observed)"),
        ("US", "CA", "2026-03-31", "Cesar Chavez Day"),
        ("GB", "ENG", "2026-08-31", "Late Summer Bank Holiday"),
        ("GB", "SCT", "2026-08-31", None),
        ("TR", None, "2026-10-29", "Republic Day"),
        ("PL", None, "2026-11-11", "National Independence Day"),
        ("JP", None, "2026-02-11", "Foundation Day"),
        ("AU", "VIC", "2026-11-03", "Melbourne Cup Day"),
    ],
)
def test_a_country_and_its_parts_have_their_own(
    country: str, subdivision: str | None, day: str, name: str | None
) -> None:
    """Laws' days by their English names; a part of a country has more, or others, than the next."""
    assert name == public_holidays(country, subdivision).get(date.fromisoformat(day))


def test_every_year_of_the_window_is_looked_up() -> None:
    """And none beyond it, so that a file means the same on whatever day it is read."""
    assert list(YEARS) == sorted({day.year for day in public_holidays("DE", None)})


US = public_holidays("US", None)


@pytest.mark.parametrize(
    ("without", "gone"),
    [
        (["2026-11-11"], {"2026-11-11"}),
        (["Veterans Day"], {day.isoformat() for day, name in US.items() if name.startswith("Veterans Day")}),
        (
            ["veterans  DAY (observed)"],
            {day.isoformat() for day, name in US.items() if name == "Veterans Day (observed)"},
        ),
        (["2026-11-11", "Veterans Day"], {day.isoformat() for day, name in US.items() if name[:8] == "Veterans"}),
    ],
)
def test_a_company_may_work_on_some(without: list[str], gone: set[str]) -> None:
    """One day by its date; every year's, and the day it is moved to, by its name."""
    assert gone
    assert gone == {day.isoformat() for day in US.keys() - public_holidays("US", None, without).keys()}


def test_two_holidays_of_one_day_are_told_apart() -> None:
    """Working on one of them leaves the other; and each may be named in the country's own language."""
    both = date(2027, 5, 19)
    youth = "Commemoration of Atatürk, Youth and Sports Day"
    assert f"{youth}; Eid al-Adha" == public_holidays("TR", None)[both]
    assert "Eid al-Adha" == public_holidays("TR", None, [youth])[both]
    without = public_holidays("TR", None, ["Cumhuriyet Bayramı"])
    assert {"Republic Day"} == {name for day, name in public_holidays("TR", None).items() if day not in without}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("XX", None), "country: no public holidays of XX are known"),
        (("UA", None), "country: no public holidays of UA from 2024 to 2035 are known; list them in `holidays`"),
        (("DE", "DE-BY"), "subdivision: DE has no part DE-BY whose holidays are known; write BY"),
        (("DE", "Bayern"), "subdivision: DE has no part Bayern whose holidays are known; write BY"),
        (("GB", "England"), "subdivision: GB has no part England whose holidays are known; write ENG"),
        (("GB", "LND"), "subdivision: GB has no part LND whose holidays are known; there are ENG, NIR, SCT, WLS"),
        (("SG", "01"), "subdivision: SG is known as a whole only; leave it out"),
        (("US", None, ["Juneteenth"]), "; did you mean Juneteenth National Independence Day?"),
        (("US", None, ["Labour Day"]), '"Labour Day" is no public holiday of US; did you mean Labor Day?'),
        (("GB", "WLS", ["Boxxing"]), '"Boxxing" is no public holiday of GB-WLS; did you mean Boxing Day?'),
        (("PL", None, ["Elvis"]), '"Elvis" is no public holiday of PL; there are All Saints\' Day, Assumption Day, '),
        (("US", None, ["2026-12-24"]), "2026-12-24 is no public holiday of US; the nearest is 2026-12-25 (Christmas"),
        (("US", None, ["2062-12-25"]), "2062-12-25 lies outside the years that are looked up (2024 to 2035)"),
        (("US", None, ["Labor Day", "x"]), "without[1]: "),
    ],
)  # fmt: skip
def test_what_is_unknown_is_named_with_what_is_near(asked: Any, says: str) -> None:
    """A typing mistake would else be a day on which promises are broken."""
    with pytest.raises(Refused) as refused:
        public_holidays(*asked)
    assert says in str(refused.value)


def test_the_library_is_loaded_by_who_asks() -> None:
    """Reading a policy without public holidays, as every worker does, does not wait for it."""
    code = (
        "import sys; from config.load import SHIPPED, read_policy; read_policy(SHIPPED / 'demo.yaml'); "
        "assert 'holidays' not in sys.modules; from config.public_holidays import public_holidays; "
        "public_holidays('DE', None); assert 'holidays' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], timeout=60)


WEEK = "week: {mon: [['09:00', '17:00']], tue: [['09:00', '17:00']]}"
CALENDARS = f"""calendars:
  lead:
    tz: Europe/Berlin
    {WEEK}
    country: DE
    subdivision: BY
    public_holidays: true
    without: [Epiphany, "2026-11-01"]
    holidays: ["2026-12-24"]
  night: {{tz: UTC, {WEEK}}}
"""
PLAIN = (SHIPPED / "demo.yaml").read_text("utf-8")
POLICY = changed(PLAIN, ("scoring:\n", f"{CALENDARS}scoring:\n"))
LEAD = list(public_holidays("DE", "BY", ["Epiphany", "2026-11-01"]))


def nobody_is_asked(*_: object) -> dict[date, str]:
    """Stand in for a library that must not be asked."""
    raise AssertionError("the library was asked")


def test_what_is_published_holds_its_dates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text that is kept means the same without the library, and its version is the one `check` named."""
    opened = open_policy(POLICY)
    assert opened.text.startswith(POLICY.rstrip())
    monkeypatch.setattr(freezing, "public_holidays", nobody_is_asked)
    for read in (compile_text(opened.text, opened.version), read_policy(opened.text)[1]):
        assert opened.policy == read.policy
        assert opened.version == read.version == version_of(opened.text)
    calendar = opened.policy.calendars["lead"]
    assert (LEAD, "German Unity Day") == (list(calendar.frozen or {}), calendar.holiday_name(date(2026, 10, 3)))
    assert opened.text == open_policy(opened.text).text


def test_a_newer_library_changes_what_is_read_and_nothing_that_was_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file makes another version then; the published one stays what it was."""
    before = open_policy(POLICY)
    monkeypatch.setattr(freezing, "public_holidays", lambda *_: {date(2026, 2, 2): "Day of the Groundhog"})
    after = open_policy(POLICY)
    assert (before.version, before.policy) == (version_of(before.text), read_policy(before.text)[0])
    assert before.version != after.version
    assert {date(2026, 2, 2): "Day of the Groundhog"} == after.policy.calendars["lead"].frozen


def test_a_policy_without_public_holidays_is_kept_as_it_is() -> None:
    """Versions of before stay what they were."""
    assert PLAIN == open_policy(PLAIN).text


def test_a_published_text_without_its_dates_is_refused() -> None:
    """A worker that looked them up itself would differ from the next one."""
    with pytest.raises(FileError) as caught:
        compile_text(POLICY, "mine-1")
    line = line_of(POLICY, "public_holidays: true")
    says = f"mine-1:{line}: calendars.lead.public_holidays: is published, and has no `frozen` dates"
    assert (says,) == caught.value.lines


@pytest.mark.parametrize(
    "text",
    [
        POLICY.rstrip("\n"),
        POLICY + "# the end",
        POLICY + "...\n",
        "---\n" + POLICY,
        "".join(f"  {line}\n" if line else "\n" for line in POLICY.splitlines()),
        json.dumps(read_yaml(POLICY, "p").data, indent=1),
        json.dumps(read_yaml(POLICY, "p").data)[:-1] + ",}\n# the end\n",
    ],
    ids=["no last line end", "a comment last", "an end marker", "a begin marker", "indented", "JSON", "braces"],
)
def test_dates_fit_into_any_text(text: str) -> None:
    """However a policy is written, its frozen text reads as the same policy."""
    opened = open_policy(text)
    assert compile_text(opened.text, "x").policy == opened.policy == open_policy(POLICY).policy
    assert opened.version == version_of(opened.text) == open_policy(POLICY).version


def test_line_ends_of_windows_are_kept_as_python_reads_them(tmp_path: Path) -> None:
    """A file means the same wherever it was written."""
    file = tmp_path / "p.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + POLICY.replace("\n", "\r\n").encode())
    assert open_policy(POLICY).text == open_policy(file).text


ROSTER = f"""
{CALENDARS}
managers: [{{id: mia, name: Mia Moor}}]
teams: [{{id: one, name: One, manager: mia, calendar: lead, region: world}}]
reps: [{{id: ana, name: Ana Abel, team: one}}]
pools: {{one: {{team: one}}}}
"""


def test_a_roster_keeps_its_dates_in_what_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written to the database and read back asks nobody."""
    roster = read_roster(ROSTER)
    monkeypatch.setattr(freezing, "public_holidays", nobody_is_asked)
    again = parse(Roster, roster.model_dump(mode="json", by_alias=True))
    assert (LEAD, roster.calendars) == (list(again.calendars["lead"].frozen or {}), again.calendars)


def test_a_day_that_becomes_a_holiday_overlaps_with_nothing() -> None:
    """A long night before a public holiday is no mistake: that day's windows are gone."""
    night = 'exceptions: {"2025-12-31": [["20:00", "10:00"]]}'
    day = "week: {thu: [['09:00', '17:00']]}"
    calendar = f"{{tz: UTC, {day}, {night}, country: DE, public_holidays: %s}}"
    roster = changed(ROSTER, (CALENDARS, f"calendars:\n  lead: {calendar % 'true'}\n"))
    assert read_roster(roster).calendars["lead"].exceptions
    text = changed(roster, ("public_holidays: true", "public_holidays: false"))
    assert ["overlaps thu 2026-01-01 09:00-17:00"] == [line[-35:] for line in wrong_roster(text)]


FROZEN = open_policy(POLICY).text
MISTAKES = {
    "a part that is none": Mistake(
        "subdivision: BY",
        "subdivision: Bavaria",
        "subdivision: Bav",
        "calendars.lead.subdivision: DE has no part Bavaria whose holidays are known; there are BB, BE, BW, BY, HB, "
        "HE, HH, MV, NI, NW, RP, SH and 5 more",
    ),
    "a country that is none": Mistake(
        "country: DE\n",
        "country: QQ\n",
        "country: QQ",
        "calendars.lead.country: no public holidays of QQ are known",
    ),
    "a country in words": Mistake(
        "country: DE\n",
        "country: Germany\n",
        "country: Germany",
        'calendars.lead.country: "Germany" should be a country\'s two capital letters (ISO 3166), for example DE',
    ),
    "no country": Mistake(
        "    country: DE\n    subdivision: BY\n",
        "",
        "public_holidays: true",
        "calendars.lead.public_holidays: whose? say it with `country`",
    ),
    "a part of nothing": Mistake(
        "    country: DE\n",
        "",
        "subdivision: BY",
        "calendars.lead.subdivision: is a part of a country; say which with `country`",
    ),
    "a holiday that is none": Mistake(
        "[Epiphany,",
        "[Epifany,",
        "[Epifany",
        'calendars.lead.without[0]: "Epifany" is no public holiday of DE-BY; did you mean Epiphany?',
    ),
    "a date that is none": Mistake(
        '"2026-11-01"',
        '"2026-11-02"',
        "2026-11-02",
        "calendars.lead.without[1]: 2026-11-02 is no public holiday of DE-BY; "
        "the nearest is 2026-11-01 (All Saints' Day)",
    ),
    "without anything": Mistake(
        "public_holidays: true",
        "public_holidays: false",
        "without: [",
        "calendars.lead.without: is for `public_holidays: true`; what is not listed in `holidays` is none",
    ),
    "yes for true": Mistake(
        "public_holidays: true",
        "public_holidays: yes",
        "public_holidays: yes",
        "calendars.lead.public_holidays: should be true or false",
    ),
    "without as a text": Mistake(
        '[Epiphany, "2026-11-01"]',
        "Epiphany",
        "without: Epiphany",
        "calendars.lead.without: should be a list ([a, b], or a line with - for each)",
    ),
    "a mistyped key": Mistake(
        "public_holidays: true",
        "public_holiday: true",
        "public_holiday:",
        "calendars.lead.public_holiday: is not a known key, did you mean public_holidays?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_about_holidays_is_told_with_its_line(name: str) -> None:
    """In a policy and in a roster alike: the key, and what would be right."""
    for base, read in ((POLICY, wrong_policy), (ROSTER, wrong_roster)):
        text, expected = MISTAKES[name].told_of(base)
        assert expected in read(text)


def test_a_mistake_of_holidays_is_told_with_the_others() -> None:
    """A file is mended in one go."""
    text = changed(POLICY, ("[Epiphany,", "[Epifany,"), ("tz: Europe/Berlin", "tz: Europe/Berlinn"))
    assert ["calendars.lead.tz", "calendars.lead.without[0]"] == [line.split(": ")[1] for line in wrong_policy(text)]


def test_more_calendars_than_anybody_has_are_refused_before_they_are_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A small file with a hundred dates for each of ten thousand calendars would be a large one."""
    monkeypatch.setattr(freezing, "public_holidays", nobody_is_asked)
    many = "".join(f"  c{n}: {{tz: UTC, {WEEK}, country: DE, public_holidays: true}}\n" for n in range(301))
    text = changed(PLAIN, ("scoring:\n", f"calendars:\n{many}scoring:\n"))
    says = "calendars.c300: is one too many: 300 calendars of a file may keep public holidays"
    assert [f"{line_of(text, '  c300:')}: {says}"] == wrong_policy(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("\n  lead:\n    {", "\n  led:\n    {", "frozen.led: there is no calendar of this name that keeps"),
        ("\n  lead:\n    {", "\n  night:\n    {", "frozen.night: there is no calendar of this name that keeps public"),
        ("  night: {tz: UTC,", "  night: {tz: UTC, country: DE, public_holidays: true,",
         "calendars.night.public_holidays: the `frozen` block has no dates for it; take the block out, and all are "),
        ('"2026-10-03":', '"2026-10-33":', "calendars.lead.frozen.2026-10-33: should be a date, for example"),
        ('"2026-10-03": "German Unity Day"', '"2026-10-03": 7', "calendars.lead.frozen.2026-10-03: should be a text"),
    ],
)  # fmt: skip
def test_a_frozen_block_is_checked_like_everything(old: str, new: str, says: str) -> None:
    """Whoever edits what was published is told with its line what does not fit."""
    text = changed(FROZEN, (old, new))
    told = [line.partition(": ") for line in wrong_policy(text)]
    assert [says] == [what[: len(says)] for _, _, what in told if what.startswith(says)]
    assert {line_of(text, new) + new.startswith("\n")} == {int(line) for line, _, what in told if what.startswith(says)}


def test_a_policys_shape_has_no_frozen_block_of_its_own() -> None:
    """It belongs to the text; in the policy each calendar has its dates."""
    assert "frozen" not in Policy.model_fields

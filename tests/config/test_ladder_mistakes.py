"""Mistakes in promises, ladders and duty: each is told with its line, its rung, and what would be right."""

import re

import pytest

from config.load import SHIPPED, open_policy, read_roster
from tests.config.mistakes import Mistake, wrong_policy, wrong_roster

DEFAULT = (SHIPPED / "default.yaml").read_text("utf-8")
HEAD = re.sub(r"(?m)^ *#.*\n", "", DEFAULT.partition("\nsla:\n")[0] + "\n")
PROMISES = """sla:
  - name: hot
    when: fit == "strong"
    response: 15m
    late: {do: follow, pools: [sdr-emea, sdr-apac]}
    ladder:
      - {do: offer, to: primary, channels: [email], text: "{company} is waiting: {lead}", urgent: true}
      - {do: remind, after: 10m}
      - {do: widen, after: 12m, pools: [anywhere]}
      - {do: pause, after: 14m, until: "08:00"}
      - {do: alert, to: managers_manager, after: 15m}
      - {do: alert, to: room, who: sales, after: 15m}
      - {do: reassign, to: on_duty, who: emea, after: 20m}
      - {do: reassign, to: person, who: eva, after: 20m}
      - {do: reassign, after: 20m}
      - {do: repeat, rungs: 1, times: 2}
      - {do: stage, stage: nurturing, after: 20m}
    contact:
      - {do: remind, after: 1h}
      - {do: reassign, after: 2h}
      - {do: repeat, rungs: 2, times: 1}
  - name: rest
    response: 5bd
    late: {do: page, who: emea}
    ladder:
      - {do: offer, to: primary}
      - {do: triage, after: 1h}
manners: {undo: 1m, snooze_at_most: 4h, pause_at_most: 7d, take_back: true}
nurture: {lasts: 180d, then: review}
alerts: {bundle: 10m, acknowledged: 1d}
coaching: {misses: 3, within: 14d}
digest: {at: "08:30", days: [mon, fri]}
"""
ASIDE = "  aside: {misses: 3, within: 7d, lasts: 1d}\n"
GOOD = HEAD.replace("routing:\n", f"routing:\n{ASIDE}", 1) + PROMISES

TARGETS = "'primary', 'backup', 'next', 'named', 'person', 'on_duty', 'manager', 'managers_manager' or 'room'"
MISTAKES = {
    "a sun to follow without pools": Mistake(
        "late: {do: follow, pools: [sdr-emea, sdr-apac]}",
        "late: {do: follow}",
        "late: {do: follow}",
        "sla[0] (hot).late.pools: `follow` needs them, and nothing else does",
    ),
    "pools for who waits": Mistake(
        "late: {do: follow,",
        "late: {do: hold,",
        "late: {do: hold",
        "sla[0] (hot).late.pools: `follow` needs them, and nothing else does",
    ),
    "somebody for who waits": Mistake(
        "late: {do: follow, pools: [sdr-emea, sdr-apac]}",
        "late: {do: hold, who: emea}",
        "late: {do: hold",
        "sla[0] (hot).late.who: belongs to `page`",
    ),
    "a lateness that is none": Mistake(
        "late: {do: page,",
        "late: {do: pager,",
        "late: {do: pager",
        "sla[1] (rest).late.do: \"pager\" should be 'hold', 'follow' or 'page'; did you mean page?",
    ),
    "a channel that is none": Mistake(
        "channels: [email]",
        "channels: [mail]",
        "channels: [mail]",
        "sla[0] (hot).ladder[0] (offer).channels[0]: \"mail\" should be 'log', 'email', 'webhook', 'slack' or 'teams'; "
        "did you mean email?",
    ),
    "a placeholder that is none": Mistake(
        "{company} is waiting",
        "{firm} is waiting",
        "{firm} is",
        "sla[0] (hot).ladder[0] (offer).text: {firm} is not known; there are {lead}, {company}, {owner}, {due}, {next}",
    ),
    "yes for true": Mistake(
        "urgent: true",
        "urgent: yes",
        "urgent: yes",
        "sla[0] (hot).ladder[0] (offer).urgent: should be true or false",
    ),
    "widened to nobody": Mistake(
        "{do: widen, after: 12m, pools: [anywhere]}",
        "{do: widen, after: 12m}",
        "do: widen",
        "sla[0] (hot).ladder[2] (widen).pools: widen needs it",
    ),
    "pools of a reminder": Mistake(
        "{do: remind, after: 10m}",
        "{do: remind, after: 10m, pools: [anywhere]}",
        "do: remind, after: 10m",
        "sla[0] (hot).ladder[1] (remind).pools: belongs to widen, not to remind",
    ),
    "a pause until who knows": Mistake(
        'until: "08:00"',
        "until: 8am",
        "until: 8am",
        'sla[0] (hot).ladder[3] (pause).until: "8am" is not a time of day: write HH:MM, from 00:00 to 24:00',
    ),
    "a pause without end": Mistake(
        ', until: "08:00"',
        "",
        "do: pause",
        "sla[0] (hot).ladder[3] (pause).until: pause needs it",
    ),
    "an alert to nobody we know": Mistake(
        "to: managers_manager",
        "to: manager_manager",
        "to: manager_manager",
        f'sla[0] (hot).ladder[4] (alert).to: "manager_manager" should be {TARGETS}; did you mean managers_manager?',
    ),
    "an alert to the next one": Mistake(
        "to: managers_manager",
        "to: next",
        "to: next",
        "sla[0] (hot).ladder[4] (alert).to: alert does not go to next; write manager, managers_manager, "
        "on_duty, person, room",
    ),
    "an offer to a manager": Mistake(
        "to: primary, channels",
        "to: manager, channels",
        "to: manager, channels",
        "sla[0] (hot).ladder[0] (offer).to: offer does not go to manager; write backup, next, on_duty, person, primary",
    ),
    "a room without its name": Mistake(
        "to: room, who: sales",
        "to: room",
        "to: room",
        "sla[0] (hot).ladder[5] (alert).who: goes with `to: person`, `on_duty` (a rota) or `room`, and only with these",
    ),
    "a name for the manager": Mistake(
        "to: managers_manager,",
        "to: managers_manager, who: ann,",
        "who: ann",
        "sla[0] (hot).ladder[4] (alert).who: goes with `to: person`, `on_duty` (a rota) or `room`, and only with these",
    ),
    "a repetition of nothing": Mistake(
        "rungs: 1, times: 2",
        "times: 2",
        "do: repeat, times: 2",
        "sla[0] (hot).ladder[9] (repeat).rungs: repeat needs it",
    ),
    "a repetition of more than there is": Mistake(
        "rungs: 1, times: 2",
        "rungs: 12",
        "do: repeat, rungs: 12",
        "sla[0] (hot).ladder[9] (repeat): there are not 12 rungs above it to repeat",
    ),
    "a repetition from the top": Mistake(
        "rungs: 1, times: 2",
        "rungs: 9",
        "- {do: offer, to: primary, channels",
        "sla[0] (hot).ladder: only the first rung goes to the primary, so `repeat` may not reach it",
    ),
    "a repetition without bound": Mistake(
        "rungs: 1, times: 2",
        "rungs: 1, times: 21",
        "times: 21",
        "sla[0] (hot).ladder[9] (repeat).times: should be 20 or less",
    ),
    "a repetition with a time": Mistake(
        "rungs: 1, times: 2",
        "rungs: 1, times: 2, after: 1h",
        "after: 1h}\n      - {do: stage",
        "sla[0] (hot).ladder[9] (repeat).after: the rungs above come again as they are; leave `after` and `clock` out",
    ),
    "more rungs than anybody climbs": Mistake(
        "- {do: reassign, after: 20m}\n      - {do: repeat, rungs: 1, times: 2}",
        "- {do: reassign, after: 20m, times: 20}\n      - {do: repeat, rungs: 1, times: 20}",
        "- {do: offer, to: primary, channels",
        "sla[0] (hot).ladder: 429 rungs when all repetitions are written out; 200 at most",
    ),
    "half a placeholder": Mistake(
        "{company} is waiting",
        "{company is waiting",
        "{company is waiting",
        "sla[0] (hot).ladder[0] (offer).text: has a brace without its other half",
    ),
    "a ladder nobody sees the end of": Mistake(
        "- {do: reassign, after: 20m}\n      - {do: repeat, rungs: 1, times: 2}",
        "- {do: reassign, after: 2000d}\n      - {do: repeat, rungs: 1, times: 2}",
        "- {do: offer, to: primary, channels",
        "sla[0] (hot).ladder: takes longer than anybody waits from end to end (ten years at most)",
    ),
    "reminders for longer than anybody waits": Mistake(
        "- {do: remind, after: 1h}\n      - {do: reassign, after: 2h}\n      - {do: repeat, rungs: 2, times: 1}",
        "- {do: remind, after: 1000d, times: 4}",
        "- {do: remind, after: 1000d",
        "sla[0] (hot).contact: takes longer than anybody waits from end to end (ten years at most)",
    ),
    "a repetition of reminders": Mistake(
        "{do: reassign, after: 2h}",
        "{do: remind, after: 2h}",
        "do: repeat, rungs: 2",
        "sla[0] (hot).contact[2] (repeat): needs an offer among what it repeats",
    ),
    "a repetition that runs backwards": Mistake(
        "      - {do: reassign, after: 2h}\n      - {do: repeat, rungs: 2",
        "      - {do: reassign, after: 2h}\n      - {do: alert, after: 3h}\n      - {do: repeat, rungs: 2",
        "do: repeat, rungs: 2",
        "sla[0] (hot).contact[3] (repeat): the reassign it repeats would be due before the rung above it; "
        "`after` counts from the offer before",
    ),
    "a rung that runs backwards": Mistake(
        "{do: alert, to: room, who: sales, after: 15m}",
        "{do: alert, to: room, who: sales, after: 5m}",
        "to: room",
        "sla[0] (hot).ladder[5] (alert): is due before the rung above it; `after` counts from the offer before",
    ),
    "a stage that is no end": Mistake(
        "stage: nurturing",
        "stage: accepted",
        "stage: accepted",
        "sla[0] (hot).ladder[10] (stage).stage: accepted is not one of closed, nurturing, review",
    ),
    "a stage without its name": Mistake(
        "do: stage, stage: nurturing,",
        "do: stage,",
        "do: stage",
        "sla[0] (hot).ladder[10] (stage).stage: stage needs it",
    ),
    "words that nobody reads": Mistake(
        "{do: stage, stage: nurturing,",
        "{do: stage, stage: nurturing, text: hi,",
        "do: stage",
        "sla[0] (hot).ladder[10] (stage): stage tells nobody anything: channels, text and urgent have no place there",
    ),
    "a ladder without an end": Mistake(
        "      - {do: stage, stage: nurturing, after: 20m}\n",
        "",
        "do: repeat, rungs: 1",
        "sla[0] (hot).ladder[9] (repeat): the last rung has to be triage or stage",
    ),
    "an end in between": Mistake(
        "{do: remind, after: 10m}",
        "{do: triage, after: 10m}",
        "do: triage, after: 10m",
        "sla[0] (hot).ladder[1] (triage): triage stands last and once",
    ),
    "a second primary": Mistake(
        "{do: remind, after: 10m}",
        "{do: offer, to: primary, after: 10m}",
        "to: primary, after: 10m",
        "sla[0] (hot).ladder[1] (offer): only the first rung goes to the primary",
    ),
    "a ladder that begins with words": Mistake(
        "- {do: offer, to: primary, channels: [email]",
        "- {do: remind, channels: [email]",
        "do: remind, channels",
        "sla[0] (hot).ladder: the first rung has to be an offer",
    ),
    "a rung with no place after acceptance": Mistake(
        "{do: remind, after: 1h}",
        "{do: widen, after: 1h, pools: [anywhere]}",
        "do: widen, after: 1h",
        "sla[0] (hot).contact[0] (widen): widen has no place after acceptance (remind, alert, reassign, pause, repeat)",
    ),
    "always for true": Mistake(
        "take_back: true",
        "take_back: always",
        "take_back: always",
        "manners.take_back: should be true or false",
    ),
    "an end of nurture that is none": Mistake(
        "then: review",
        "then: reviewed",
        "then: reviewed",
        "nurture.then: \"reviewed\" should be 'close' or 'review'; did you mean review?",
    ),
    "a bundle for the whole day": Mistake(
        "bundle: 10m",
        "bundle: 5h",
        "bundle: 5h",
        "alerts.bundle: should be less than or equal to 4 hours",
    ),
    "a bundle of ten": Mistake(
        "bundle: 10m",
        "bundle: 10",
        "bundle: 10,",
        "alerts.bundle: 10 of what? write for example 10s, 10m or 10h",
    ),
    "acknowledged for ever": Mistake(
        "acknowledged: 1d",
        "acknowledged: 8d",
        "acknowledged: 8d",
        "alerts.acknowledged: should be less than or equal to 7 days",
    ),
    "a mistyped bundle": Mistake(
        "bundle: 10m",
        "bundel: 10m",
        "bundel",
        "alerts.bundel: is not a known key, did you mean bundle?",
    ),
    "coaching for nothing": Mistake(
        "coaching: {misses: 3",
        "coaching: {misses: 0",
        "misses: 0",
        "coaching.misses: should be 1 or more",
    ),
    "a digest at breakfast": Mistake(
        'at: "08:30"',
        "at: breakfast",
        "at: breakfast",
        'digest.at: "breakfast" is not a time of day: write HH:MM, from 00:00 to 24:00',
    ),
    "a digest at the day's end": Mistake(
        'at: "08:30"',
        'at: "24:00"',
        "24:00",
        "digest.at: 24:00 is the next day's 00:00; write that, and the days it is meant on",
    ),
    "a day in words": Mistake(
        "[mon, fri]",
        "[monday, fri]",
        "[monday",
        "digest.days[0]: \"monday\" should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'; did you mean mon?",
    ),
    "a digest on no day": Mistake(
        "[mon, fri]",
        "[]",
        "days: []",
        "digest.days: has 0 days; 1 at least",
    ),
    "set aside for nothing": Mistake(
        "aside: {misses: 3",
        "aside: {misses: 0",
        "aside: {misses: 0",
        "routing.aside.misses: should be 1 or more",
    ),
    "a mistyped aside": Mistake(
        "lasts: 1d}",
        "last: 1d}",
        "last: 1d",
        "routing.aside.last: is not a known key, did you mean lasts?",
    ),
}


def test_what_is_broken_below_is_whole() -> None:
    """Else a mistake below could be another's."""
    assert ("hot", True) == (open_policy(GOOD).policy.sla[0].name, open_policy(GOOD).policy.manners.take_back)
    assert ("The sales floor", "vera") == (read_roster(ROSTER).rooms[0].name, read_roster(ROSTER).managers[0].manager)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_promise_is_told_with_its_line_and_its_rung(name: str) -> None:
    """One mistake, one line of text; whoever reads it knows where to look and what to write."""
    text, expected = MISTAKES[name].told_of(GOOD)
    assert [expected] == wrong_policy(text)


ROSTER = """
calendars:
  day: {tz: UTC, week: {wed: [["08:00", "18:00"]]}}
managers:
  - {id: mia, name: Mia Moor, manager: vera, tz: Europe/Berlin, quiet: ["20:00", "07:00"]}
  - {id: vera, name: Vera Vale}
teams: [{id: one, name: One, manager: mia, calendar: day, region: world}]
reps:
  - {id: ana, name: Ana Abel, team: one, backup: ben, quiet: ["22:00", "06:30"]}
  - {id: ben, name: Ben Bach, team: one}
pools:
  big: {members: [ana, ben]}
rotas:
  duty:
    members: [ana, mia]
    turn: 7d
    from: "2026-01-05"
    at: "09:00"
    tz: Europe/Berlin
    swaps:
      - {who: ben, from: "2026-12-24", to: "2026-12-26"}
rooms:
  - {id: floor, name: The sales floor, channels: [webhook], webhook_url: "https://hooks.example/floor"}
"""
ROSTER_MISTAKES = {
    "a chief who is nobody": Mistake(
        "manager: vera",
        "manager: verra",
        "manager: verra",
        "managers[0] (mia).manager: 'verra' is not defined (known: mia, vera)",
    ),
    "managers in a circle": Mistake(
        "name: Vera Vale}",
        "name: Vera Vale, manager: mia}",
        "id: mia",
        "managers[0] (mia).manager: goes round in a circle by mia",
    ),
    "a manager's zone that is none": Mistake(
        "tz: Europe/Berlin, quiet",
        "tz: Europe/Berln, quiet",
        "Berln",
        'managers[0] (mia).tz: "Europe/Berln" is not a time zone; write an IANA name, like Europe/Berlin',
    ),
    "quiet for no time": Mistake(
        '["20:00", "07:00"]',
        '["20:00", "20:00"]',
        "quiet:",
        "managers[0] (mia).quiet: begins when it ends; leave it out to be told at any time",
    ),
    "quiet in one piece": Mistake(
        '["20:00", "07:00"]',
        '"20:00-07:00"',
        "quiet:",
        "managers[0] (mia).quiet: should be a list ([a, b], or a line with - for each)",
    ),
    "quiet without end": Mistake(
        '["20:00", "07:00"]',
        '["20:00"]',
        "quiet:",
        "managers[0] (mia).quiet[1]: is required",
    ),
    "quiet from 8pm": Mistake(
        '["20:00", "07:00"]',
        '["8pm", "07:00"]',
        "8pm",
        'managers[0] (mia).quiet[0]: "8pm" is not a time of day: write HH:MM, from 00:00 to 24:00',
    ),
    "mistyped quiet": Mistake(
        'quiet: ["22',
        'quite: ["22',
        "quite",
        "reps[0] (ana).quite: is not a known key, did you mean quiet?",
    ),
    "a stranger on duty": Mistake(
        "members: [ana, mia]",
        "members: [ana, max]",
        "members: [ana, max]",
        "rotas.duty.members[1]: 'max' is not defined (known: ana, ben, mia, vera)",
    ),
    "nobody on duty": Mistake(
        "members: [ana, mia]",
        "members: []",
        "members: []",
        "rotas.duty.members: has 0 members; 1 at least",
    ),
    "a turn of half a day": Mistake(
        "turn: 7d",
        "turn: 12h",
        "turn: 12h",
        "rotas.duty.turn: lasts whole days: 1d, 7d",
    ),
    "a rota without beginning": Mistake(
        '    from: "2026-01-05"\n',
        "",
        "members: [ana, mia]",
        "rotas.duty.from: is required",
    ),
    "a rota from a day that is none": Mistake(
        'from: "2026-01-05"',
        'from: "5.1.2026"',
        "5.1.2026",
        "rotas.duty.from: should be a date, for example 2026-12-24",
    ),
    "a rota from a day beyond all years": Mistake(
        'from: "2026-01-05"',
        'from: "9999-12-31"',
        "9999-12-31",
        "rotas.duty.from: 9999-12-31 is not a day anybody plans for (years 1900 to 2999)",
    ),
    "a swap that never ends": Mistake(
        'to: "2026-12-26"',
        'to: "9999-12-31"',
        "9999-12-31",
        "rotas.duty.swaps[0].to: 9999-12-31 is not a day anybody plans for (years 1900 to 2999)",
    ),
    "a rota in a zone that is none": Mistake(
        "tz: Europe/Berlin\n",
        "tz: Berlin\n",
        "tz: Berlin\n",
        'rotas.duty.tz: "Berlin" is not a time zone; write an IANA name, like Europe/Berlin',
    ),
    "a stranger who takes over": Mistake(
        "who: ben",
        "who: bea",
        "who: bea",
        "rotas.duty.swaps[0].who: 'bea' is not defined (known: ana, ben, mia, vera)",
    ),
    "a swap that runs backwards": Mistake(
        'to: "2026-12-26"',
        'to: "2026-12-20"',
        "2026-12-20",
        "rotas.duty.swaps[0].to: lies before from",
    ),
    "a room of a person's name": Mistake(
        "id: floor",
        "id: mia",
        "- {id: mia, name: The",
        "rooms: mia is a person's id already",
    ),
    "a room without a name": Mistake(
        "name: The sales floor, ",
        "",
        "id: floor",
        "rooms[0] (floor).name: is required",
    ),
    "two rooms of one name": Mistake(
        "  - {id: floor",
        "  - {id: floor, name: x}\n  - {id: floor",
        "name: x",
        "rooms: holds an id twice: floor",
    ),
}


@pytest.mark.parametrize("name", ROSTER_MISTAKES)
def test_a_mistake_about_duty_and_quiet_is_told_with_its_line(name: str) -> None:
    """As for policies."""
    text, expected = ROSTER_MISTAKES[name].told_of(ROSTER)
    assert [expected] == wrong_roster(text)

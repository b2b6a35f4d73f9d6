"""Hostile files: refused with a clear word, or taken and bounded; always soon, and never with much memory."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from config.load import SHIPPED, FileError, open_policy
from config.yaml_marks import LARGEST, LONGEST_TOLD, MOST_TOLD, MOST_VALUES
from tests.config.mistakes import changed
from tests.measuring import measure

ROOT = Path(__file__).parents[2]
SHIPPED_TEXT = (SHIPPED / "default.yaml").read_text("utf-8")
PLAIN = SHIPPED_TEXT[: SHIPPED_TEXT.index("\nexamples:")] + "\n"
"""The shipped policy without its examples."""

WEEK = '{mon: [["09:00", "17:00"]]}'

SOON = 20
"""Seconds of processor time that any file may take."""

ROOMY = 400
"""Megabytes that any file may take, Python and its libraries included."""


def with_rules(*rules: str) -> str:
    """Put routing rules first, each a flow mapping."""
    return changed(PLAIN, ("  rules:\n", "  rules:\n" + "".join(f"    - {rule}\n" for rule in rules)))


def with_condition(text: str) -> str:
    """Put one condition in."""
    return changed(PLAIN, ("  rules:\n", f"  rules:\n    - name: x\n      pool: a\n      when: >-\n        {text}\n"))


def with_accounts(*parents: int | None) -> str:
    """Add accounts, each with the number of its parent."""
    lines = [
        f"  - {{id: a{n}, name: A {n}, domains: [a{n}.example]{f', parent: a{up}' if up is not None else ''}}}\n"
        for n, up in enumerate(parents)
    ]
    return f"{PLAIN}accounts:\n{''.join(lines)}"


def with_example(given: str, expect: str) -> str:
    """Add one example."""
    return f"{PLAIN}examples:\n  - name: x\n    expect: {expect}\n    given: {given}\n"


def days() -> str:
    """Thirty thousand days, each once."""
    return ", ".join(f'"{1920 + n // 300}-{n % 300 // 25 + 1:02}-{n % 25 + 1:02}"' for n in range(30_000))


def laughs() -> str:
    """Ten aliases of ten aliases of ..."""
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"]
    lines += [f"{one}: &{one} [{', '.join([f'*{of}'] * 10)}]\n" for of, one in zip("abcdefgh", "bcdefghi", strict=True)]
    return "".join(lines) + PLAIN


class Refused(NamedTuple):
    """A file, and what has to be said about it."""

    text: Callable[[], str | bytes]
    says: str


REFUSED = {
    "a billion laughs": Refused(laughs, f"unfolds to more than {MOST_VALUES} values"),
    "nested without end": Refused(lambda: PLAIN + "x: " + "[" * 20_000, "is nested too deeply"),
    "nested deep": Refused(
        lambda: f"{PLAIN}x: {'{a: ' * 200}1{'}' * 200}\n", "x.a.a: is nested too deeply: 64 levels at most"
    ),
    "two megabytes": Refused(lambda: f"{PLAIN}# {'x' * 2_000_000}", f"is too large: {LARGEST + 1} bytes"),
    "sixty thousand values": Refused(lambda: f"{PLAIN}x: [{'1,' * 60_000}]", f"more than {MOST_VALUES} values"),
    "ten thousand rules": Refused(
        lambda: with_rules(*(f"{{name: r{n}, when: 'true', pool: a}}" for n in range(10_000))),
        "routing.rules: has 10009 rules; 1000 at most",
    ),
    "one rule nine thousand times": Refused(
        lambda: with_rules("&r {name: r, when: 'true', pool: a}", *["*r"] * 9_000),
        "routing.rules: has 9010 rules; 1000 at most",
    ),
    "a ladder to the sky": Refused(
        lambda: changed(PLAIN, ("      - {do: remind, after: 10m}\n", "      - {do: remind, after: 10m}\n" * 5_000)),
        "sla[0] (inbound-demo).ladder: has 5006 entries; 50 at most",
    ),
    "accounts in a circle": Refused(
        lambda: with_accounts(*(n % 4_000 for n in range(1, 4_001))),
        "accounts[0] (a0).parent: goes round in a circle: a0 -> a1 -> a2 -> a3 -> a4 -> a5 -> ... -> a0",
    ),
    "a chain of accounts": Refused(
        lambda: with_accounts(*range(1, 4_000), None), "accounts[3979] (a3979).parent: has more than 19 companies above"
    ),
    "thousands of unknown parents": Refused(
        lambda: with_accounts(*range(9_000, 13_000)), "accounts[0] (a0).parent: there is no account a9000"
    ),
    "a country thirty thousand times": Refused(
        lambda: changed(PLAIN, ("apac: [JP,", f"apac: [JP, {'JP, ' * 30_000}")), "JP: in more than one place"
    ),
    "a regular expression that unfolds": Refused(
        lambda: with_condition('title.matches("((a{1,100}){1,100}){1,100}")'),
        "routing.rules[0] (x).when: is not a regular expression (RE2): invalid repetition size",
    ),
    "loops in loops": Refused(
        lambda: with_condition("tags.exists(a, tags.exists(b, tags.exists(c, a == b && b == c)))"),
        "routing.rules[0] (x).when: ",
    ),
    "lists in lists": Refused(
        lambda: with_condition(f"size({'[' * 100}1{']' * 100}) > 0"), "routing.rules[0] (x).when: is nested too deeply"
    ),
    "a long condition": Refused(
        lambda: with_condition("true && " * 600 + "true"), "routing.rules[0] (x).when: is longer than 4000 characters"
    ),
    "a text that grows": Refused(
        lambda: with_condition(f"size({' + '.join(['message'] * 300)}) > 5"), "routing.rules[0] (x).when: "
    ),
    "a thousand mistakes": Refused(
        lambda: with_rules(*(f"{{name: r{n}, when: 'company.employes > {n}', pool: a}}" for n in range(990))),
        "routing.rules[0] (r0).when: unknown field company.employes, did you mean company.employees?",
    ),
    "a bell": Refused(
        lambda: changed(PLAIN, ("name: senior deals in EMEA", 'name: "senior\\x07"')),
        "routing.rules[1].name: holds a character that cannot be seen (U+0007)",
    ),
    "text turned around": Refused(
        lambda: changed(PLAIN, ("name: senior deals in EMEA", 'name: "senior \\u202e deals"')),
        "routing.rules[1].name: holds a character that cannot be seen (U+202E)",
    ),
    "a key like a book": Refused(lambda: f"{PLAIN}? {'x' * 900}\n: 1\n", "has a key that is no name"),
    "a number of five thousand digits": Refused(
        lambda: changed(PLAIN, ("qualified_above: 20", f"qualified_above: {'9' * 5_000}")),
        "scoring.qualified_above: is larger than any number",
    ),
    "infinity": Refused(
        lambda: changed(PLAIN, ("qualified_above: 20", "qualified_above: 1e999")),
        "scoring.qualified_above: is larger than any number",
    ),
    "no number": Refused(
        lambda: changed(PLAIN, ("qualified_above: 20", "qualified_above: .nan")),
        "scoring.qualified_above: should be a number",
    ),
    "a key twice": Refused(lambda: f"{PLAIN}name: other\n", "name: is there twice"),
    "not UTF-8": Refused(lambda: PLAIN.encode() + b"description: M\xfcller\n", "is not UTF-8 text"),
    "a name like a book": Refused(
        lambda: with_rules(f"{{name: {'x' * 10_000}, when: 'true', pool: a}}"),
        "routing.rules[0].name: is longer than 200 characters",
    ),
    "an id like a book": Refused(
        lambda: changed(PLAIN, ("name: default\n", f"name: {'x' * 10_000}\n")),
        f'name: "{"x" * 40}" should be lower-case letters',
    ),
    "a lead like a library": Refused(
        lambda: with_example(f"{{type: other, custom: {{a: {'x' * 500_000}}}}}", "{}"),
        "examples[0] (x).given: is 500,059 bytes long; 262,144 are taken",
    ),
    "a lead like a well": Refused(
        lambda: with_example(f"{{type: other, custom: {'{a: ' * 50}1{'}' * 50}}}", "{}"),
        "examples[0] (x).given: is nested more than 32 levels deep",
    ),
    "five hundred wrong examples": Refused(
        lambda: (
            f"{PLAIN}examples:\n"
            + "".join(
                f"  - {{name: x{n}, given: {{type: demo_request}}, expect: {{pool: z, rule: y}}}}\n" for n in range(500)
            )
        ),
        "examples[0] (x0).expect.pool: expected z, got anywhere",
    ),
}


def told_of(path: Path) -> tuple[str, ...]:
    """Check a file as `policy check` does, without a roster; give what is said."""
    try:
        opened = open_policy(path)
        opened.refuse(opened.fail(None))
    except FileError as error:
        return error.lines
    return ()


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_with_a_clear_word(name: str, tmp_path: Path) -> None:
    """With its line, in a bounded number of bounded lines, soon."""
    text = REFUSED[name].text()
    path = tmp_path / "h.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    started = time.process_time()
    lines = told_of(path)
    took = time.process_time() - started
    assert lines
    file, line, _ = lines[0].split(":", 2)
    assert (str(path), True) == (file, 1 <= int(line) <= path.read_bytes().count(b"\n") + 1)
    assert REFUSED[name].says in lines[0]
    assert len(lines) <= MOST_TOLD + 1
    assert max(map(len, lines)) <= LONGEST_TOLD + len(f"{path}:123456: ...")
    assert took < SOON


def largest() -> str:
    """The largest that anybody would write: 1,000 rules, 5,000 accounts in long chains, 200 examples."""
    rules = [
        f'{{name: rule {n}, when: \'company.employees > {n} && country in ["DE", "FR"] && '
        f'company.industry == "steel {n}"\', pool: enterprise-emea}}'
        for n in range(991)
    ]
    chains = [
        f"  - {{id: a{n}, name: A {n}, domains: [a{n}.example], {above}}}\n"
        for n in range(5_000)
        for above in [f"parent: a{n + 1}" if n % 10 < 9 else "owner: eva"]
    ]
    companies = [("B", "{rule: sales development in EMEA}"), ("A", "{owner: eva}")] * 100
    examples = [
        f"  - name: x{n}\n    expect: {expect}\n"
        f"    given: {{type: demo_request, country: DE, company: {{name: {name} {n}, employees: {n}}}}}\n"
        for n, (name, expect) in enumerate(companies)
    ]
    return f"{with_rules(*rules)}accounts:\n{''.join(chains)}examples:\n{''.join(examples)}"


ACCEPTED: dict[str, Callable[[], str]] = {
    "as large as it gets": largest,
    "expressions that elsewhere take for ever": lambda: (
        with_rules(*(f"{{name: r{n}, when: 'message.matches(\"(a+)+{n}$\")', pool: sdr-emea}}" for n in range(900)))
        + with_example(f"{{type: demo_request, message: {'a' * 9_999}}}", "{rule: default}").removeprefix(PLAIN)
    ),
    "a loop over nine thousand words": lambda: (
        changed(
            with_rules(*(f"{{name: r{n}, when: 'lists.w.exists(a, a == title)', pool: sdr-emea}}" for n in range(100))),
            ("lists:\n", f"lists:\n  w: [{', '.join(f'w{n}' for n in range(9_000))}]\n"),
        )
        + with_example("{type: demo_request, title: boss}", "{rule: default}").removeprefix(PLAIN)
    ),
    "days without end": lambda: f"{PLAIN}calendars:\n  lead: {{tz: UTC, week: {WEEK}, holidays: [{days()}]}}\n",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_accepted_is_checked_soon_and_in_little_memory(name: str, tmp_path: Path) -> None:
    """The real command in a process of its own, with a roster; its examples hold."""
    path = tmp_path / "h.yaml"
    path.write_text(ACCEPTED[name](), encoding="utf-8")
    ran = measure("policy", "check", path, "--roster", ROOT / "examples" / "roster.yaml")
    assert (0, b"") == (ran.code, ran.err)
    assert ran.seconds < SOON
    assert ran.megabytes < ROOMY

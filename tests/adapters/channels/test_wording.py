"""The words of a message: harmless whatever was typed, and readable all the same."""

import time
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.base import Address, Answerable, Message
from adapters.channels.wording import headline, html, masked, one_line, paragraphs, plain, rows
from tests.adapters.channels.samples import DUE, HOSTILE, message, person

ANY_TEXT = st.text() | st.text(st.characters()) | st.sampled_from(HOSTILE)
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}


@given(text=ANY_TEXT, limit=st.integers(1, 50))
def test_one_line_is_one_short_printable_line(text: str, limit: int) -> None:
    """For every text: no breaks, no controls, never longer than asked, and cleaning again changes nothing."""
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == one_line(line, limit)
    assert not UNPRINTABLE & {unicodedata.category(character) for character in line}
    assert line.encode("utf-8").decode("utf-8") == line


@given(ANY_TEXT)
def test_paragraphs_keep_line_feeds_and_nothing_else_that_is_not_printable(text: str) -> None:
    """For every text: only newlines remain of all control characters, and cleaning again changes nothing."""
    kept = paragraphs(text)
    assert kept == paragraphs(kept)
    assert not UNPRINTABLE & {unicodedata.category(character) for character in kept.replace("\n", "")}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Acme\r\nBcc: x", "Acme Bcc: x"),
        ("  a \t b  ", "a b"),
        ("\u202egpj.exe", "gpj.exe"),
        ("שלום عربي", "שלום عربي"),
        ("Zoë & Søn – “Ltd”", "Zoë & Søn – “Ltd”"),
        ("half \ud800", "half \ufffd"),
        ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrs…"),
    ],
)
def test_one_line_examples(typed: str, expected: str) -> None:
    """Tricks go, names stay, what is too long says so."""
    assert expected == one_line(typed, 20)


@given(label=ANY_TEXT, value=ANY_TEXT)
def test_a_fact_cannot_forge_another_line(label: str, value: str) -> None:
    """In the text form each fact is exactly one line, so nobody can type an "Accept:" into a company."""
    sent = message(fields=((label, value),), due_at=None)
    without = message(fields=(("x", "y"),), due_at=None)
    assert plain(without).count("\n") == plain(sent).count("\n")


def test_the_plain_form_in_full() -> None:
    """Text, facts with the due instant, links: nothing else (R48)."""
    expected = (
        "A new lead is yours to take.\n\n"
        "Company: Acme Robotics, 420 people, DE\n"
        "Why you: territory DACH, next in rotation\n"
        "Due: 2026-03-27 17:10:00 UTC\n\n"
        "Accept: https://baton.example/a/tokenAccept\n"
        "Open: https://baton.example/l/L-7Q2\n"
    )
    assert expected == plain(message())


def test_the_callers_own_due_line_is_not_doubled() -> None:
    """A caller who says "due" in the person's own time is not contradicted by a second line."""
    own = (("due", "today 18:10 (Berlin)"),)
    assert own == rows(message(fields=own, due_at=DUE))
    assert () == rows(message(fields=(), due_at=None))
    berlin = DUE.astimezone(timezone(timedelta(hours=1)))
    assert (("Due", "2026-03-27 17:10:00 UTC"),) == rows(message(fields=(), due_at=berlin))


def test_the_offer_number_leads_the_subject_when_there_is_an_offer() -> None:
    """Every copy says which offer it is; an alert before any offer, and one about several, has no number to say."""
    assert "[offer 2] New" == headline(message(subject="New"))
    assert "New" == headline(message(subject="New", offer=0))
    assert "3 leads need you" == headline(message(subject="3 leads need you", bundled=("a:1:2", "b:2:2", "c:1:2")))


def test_html_is_laid_out_for_a_phone() -> None:
    """As wide as the screen it is read on, and no long name makes it wider."""
    made = html(message(subject="x"))
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in made
    assert "overflow-wrap:anywhere" in made


def test_html_escapes_what_the_text_contains() -> None:
    """Markup in a name is shown, not obeyed."""
    made = html(message(text="<b>&\"'", fields=(("<i>", "</td>"),), actions=(("<u>", "https://x.example/?a=1&b=2"),)))
    for shown in (
        "&lt;b&gt;&amp;&quot;&#x27;",
        "&lt;i&gt;",
        "&lt;/td&gt;",
        "&lt;u&gt;",
        'href="https://x.example/?a=1&amp;b=2"',
    ):
        assert shown in made
    for obeyed in ("<b>", "<i>", "<u>"):
        assert obeyed not in made


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("550 5.1.1 <mira.santos@sales.example>: unknown", "550 5.1.1 <rep-mira>: unknown"),
        ("550 5.1.1 <postmaster@relay.example>: x", "550 5.1.1 <[email]>: x"),
        ("call +49 30 901820", "call [phone]"),
        ("call (030) 9018-2000.", "call [phone]."),
        ("tel:0049309018200", "tel:[phone]"),
        ("from mira@büro.example, to x@y.example", "from [email], to [email]"),
        ("Mira Santos has not answered", "rep-mira has not answered"),
        ("Miranda Santosa", "Miranda Santosa"),
        ("due 2026-03-27 17:10:00 UTC", "due 2026-03-27 17:10:00 UTC"),
        ("lead L-1234567890 of 420 people, 15 minutes", "lead L-1234567890 of 420 people, 15 minutes"),
        ("01JQ8Z3N5T7W9Y1234567890AB", "01JQ8Z3N5T7W9Y1234567890AB"),
    ],
)
def test_masked_hides_people_and_leaves_the_rest(line: str, expected: str) -> None:
    """Addresses and numbers go, ids, dates and counts stay."""
    assert expected == masked(line, person())


@given(before=ANY_TEXT, after=ANY_TEXT)
def test_an_address_is_masked_wherever_it_stands(before: str, after: str) -> None:
    """For every surrounding text a mail address does not survive."""
    assert "eve@" not in masked(f"{before} eve@mallory.example {after}", person(), 100_000)


@pytest.mark.parametrize("filler", ["x", "1", "1-", "1 ", "(", "x.", "=?", "@", "\u202e"])
def test_masking_a_huge_answer_takes_no_time(filler: str) -> None:
    """A receiver cannot stall the sender with a long answer: the work grows with its length, not its square."""
    start = time.process_time()
    masked(filler * 200_000, person())
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"key": "a b"},
        {"key": "a\r\nb"},
        {"key": "ü"},
        {"key": "=?utf-8?q?=0D=0ABcc:x?="},
        {"key": "x" * 201},
        {"offer": -1},
        {"rung": -1},
        {"due_at": datetime(2026, 3, 27, 17, 10)},  # noqa: DTZ001 - naive on purpose
        {"actions": (("Accept", "javascript:alert(1)"),)},
        {"actions": (("Accept", "https://x.example/a\r\nb"),)},
        {"actions": (("Accept", 'https://x.example/"onclick="'),)},
        {"actions": (("Accept", "/a/relative"),)},
        {"bundled": ("L-7Q2:2:1", "a b")},
    ],
)
def test_a_message_that_cannot_be_sent_safely_cannot_be_built(wrong: dict[str, object]) -> None:
    """Keys, instants and links are checked where they are made, and the link's token is not repeated."""
    with pytest.raises(ValueError, match=r"key|offer|due_at|action"):
        message(**wrong)


def test_an_answer_that_no_message_is_called_by_cannot_be_built() -> None:
    """Tools draw buttons from it: names are names."""
    button = Answerable(label="Take it", lead_id="L-7Q2", says="take")
    for wrong in ({"says": "take it"}, {"asks": ("<b>",)}, {"fields": (("BY", "x"),)}):
        with pytest.raises(ValueError, match="lower-case"):
            replace(button, **wrong)


def test_printing_a_message_gives_nobody_away() -> None:
    """Messages end up in tracebacks and debuggers: only ids show."""
    sent: Message = message()
    to: Address = sent.to
    assert "Address(person_id='rep-mira')" == repr(to)
    for hidden in ("Mira", "sales.example", "token", "Acme"):
        assert hidden not in repr(sent)
    assert datetime(2026, 3, 27, 17, 10, tzinfo=UTC) == sent.due_at

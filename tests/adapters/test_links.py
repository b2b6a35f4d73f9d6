"""The signed links in messages: what was signed is read back, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.links import LONGEST, AcceptLinks, BadLink, Link

OLD, NEW, STRANGE = b"o" * 32, b"n" * 32, b"s" * 32
PUBLIC = "https://baton.example"


def token_of(links: AcceptLinks) -> str:
    """Give the token of one offer."""
    return links.token(Link("l-1", 2, "dee", "offer"))


@given(
    lead_id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    offer=st.integers(0, 10**6),
    person_id=st.from_regex(r"[a-z][a-z0-9_-]{0,63}", fullmatch=True),
    kind=st.sampled_from(["offer", "alert"]),
)
def test_a_link_says_what_it_was_made_for(lead_id: str, offer: int, person_id: str, kind: str) -> None:
    """Reading a link gives back its lead, offer, person and kind; it lies below the public address."""
    links = AcceptLinks([NEW], f"{PUBLIC}/")
    url = links.url(lead_id, offer, person_id, kind)  # type: ignore[arg-type]
    assert url.startswith(f"{PUBLIC}/a/")
    assert links.read(url.removeprefix(f"{PUBLIC}/a/")) == Link(lead_id, offer, person_id, kind)  # type: ignore[arg-type]


def test_a_link_is_the_same_whenever_it_is_made() -> None:
    """A message that is sent again carries the same link: a receiver that compares copies finds no difference."""
    assert token_of(AcceptLinks([NEW, OLD], PUBLIC)) == token_of(AcceptLinks([NEW], PUBLIC))


def test_a_rotated_ring_reads_old_links_and_signs_with_the_newest() -> None:
    """Old links go on working while their key is in the ring; new ones are read by the new key alone."""
    before, during, after = AcceptLinks([OLD], PUBLIC), AcceptLinks([NEW, OLD], PUBLIC), AcceptLinks([NEW], PUBLIC)
    assert during.read(token_of(before)) == Link("l-1", 2, "dee", "offer")
    assert after.read(token_of(during)) == Link("l-1", 2, "dee", "offer")
    with pytest.raises(BadLink):
        after.read(token_of(before))


def test_no_changed_character_passes() -> None:
    """Each changed, missing or added character makes a link one of nobody's."""
    links = AcceptLinks([NEW], PUBLIC)
    token = token_of(links)
    # The last character holds spare bits, which decoders may ignore: it is changed in its leading bits.
    changed = [f"{token[:at]}{'A' if token[at] != 'A' else 'z'}{token[at + 1 :]}" for at in range(len(token))]
    for wrong in (*changed, token[:-1], token + "A", token.replace(".", ""), "", ".", "a.b", "é", "A" * (LONGEST + 1)):
        with pytest.raises(BadLink):
            links.read(wrong)


@given(st.text(max_size=200))
def test_no_text_is_read_as_a_link(text: str) -> None:
    """Whatever somebody types after `/a/` is refused in one way."""
    with pytest.raises(BadLink):
        AcceptLinks([NEW], PUBLIC).read(text)


def test_what_a_key_signed_for_another_purpose_is_no_link() -> None:
    """A signature over the same words with another salt, or by a stranger's key, does not pass."""
    with pytest.raises(BadLink):
        AcceptLinks([NEW], PUBLIC).read(token_of(AcceptLinks([STRANGE], PUBLIC)))


def test_an_error_does_not_repeat_the_token() -> None:
    """A token is a credential: it stays out of what is raised."""
    with pytest.raises(BadLink) as raised:
        AcceptLinks([NEW], PUBLIC).read("secret-token.abc")
    assert "secret-token" not in str(raised.value)


def test_links_need_a_key() -> None:
    """Without a ring there are no links."""
    with pytest.raises(ValueError, match="at least one key"):
        AcceptLinks([], PUBLIC)

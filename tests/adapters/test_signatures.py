"""Every scheme, against what its vendor has published, and against one changed byte."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels import signature as standard
from adapters.signatures import (
    Post,
    SignatureError,
    answer_challenge,
    decode_hubspot_url,
    same_secret,
    verify,
    verify_slack,
)
from models.source import Encoding, Scheme, Signature, SignatureParts


class Case(NamedTuple):
    """One authentic webhook, and when it was sent."""

    how: Signature
    secret: str
    post: Post
    at: datetime


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


# Slack's own example: "Verifying requests from Slack", step by step.
SLACK = Case(
    Signature(scheme=Scheme.SLACK),
    "8f742231b10e8888abcd99yyyzzz85a5",
    Post(
        {
            "X-Slack-Request-Timestamp": "1531420618",
            "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    ),
    _at(1531420618),
)
# From the tests of HubSpot's own client library (hubspot-api-python, signature v3).
HUBSPOT = Case(
    Signature(scheme=Scheme.HUBSPOT_V3),
    "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
    Post(
        {
            "X-HubSpot-Request-Timestamp": "15000000",
            "X-HubSpot-Signature-v3": "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw=",
        },
        b"{'example_field':'example_value'}",
        "POST",
        "https://www.example.com/webhook_uri",
    ),
    _at(15000),
)
# From the Standard Webhooks specification's own test vector.
STANDARD = Case(
    Signature(scheme=Scheme.STANDARD_WEBHOOKS),
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    Post(
        {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        b'{"test": 2432232314}',
    ),
    _at(1614265330),
)
# GitHub's example of X-Hub-Signature-256, the scheme of Facebook, too.
HUB = Case(
    Signature(scheme=Scheme.HMAC_SHA256, header="X-Hub-Signature-256", prefix="sha256="),
    "It's a Secret to Everybody",
    Post(
        {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
        b"Hello, World!",
    ),
    _at(0),
)
_BODY = b'{"event":"invitee.created","payload":{"email":"mona.lind@acme.example"}}'
# Vendors that publish the recipe and no numbers.
CALENDLY = Case(
    Signature(
        scheme=Scheme.HMAC_SHA256,
        header="Calendly-Webhook-Signature",
        signed="{timestamp}.{body}",
        parts=SignatureParts(),
    ),
    "calendly-signing-key",
    Post(
        {"Calendly-Webhook-Signature": "t=1690000000,v1=" + _hex("calendly-signing-key", b"1690000000." + _BODY)},
        _BODY,
    ),
    _at(1690000000),
)
TYPEFORM = Case(
    Signature(scheme=Scheme.HMAC_SHA256, header="Typeform-Signature", prefix="sha256=", encoding=Encoding.BASE64),
    "typeform-secret",
    Post(
        {
            "Typeform-Signature": "sha256="
            + base64.b64encode(hmac.new(b"typeform-secret", _BODY, hashlib.sha256).digest()).decode()
        },
        _BODY,
    ),
    _at(0),
)
LINKEDIN = Case(
    Signature(scheme=Scheme.HMAC_SHA256, header="X-LI-Signature", prefix="hmacsha256=", signed="hmacsha256={body}"),
    "linkedin-client-secret",
    Post({"X-LI-Signature": _hex("linkedin-client-secret", b"hmacsha256=" + _BODY)}, _BODY),
    _at(0),
)
TIMED = Case(
    Signature(
        scheme=Scheme.HMAC_SHA256, header="X-Signature", timestamp_header="X-Timestamp", signed="{timestamp}:{body}"
    ),
    "a plain secret",
    Post({"X-Timestamp": "1690000000", "X-Signature": _hex("a plain secret", b"1690000000:" + _BODY)}, _BODY),
    _at(1690000000),
)
TOKEN = Case(
    Signature(scheme=Scheme.TOKEN, header="X-Form-Token"),
    "form-token-0123456789",
    Post({"X-Form-Token": "form-token-0123456789"}, _BODY),
    _at(0),
)
CASES = {
    "slack": SLACK,
    "hubspot": HUBSPOT,
    "standard webhooks": STANDARD,
    "hub": HUB,
    "calendly": CALENDLY,
    "typeform": TYPEFORM,
    "linkedin": LINKEDIN,
    "timed": TIMED,
    "token": TOKEN,
}
every = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
every_signed = pytest.mark.parametrize("case", [c for c in CASES.values() if c is not TOKEN])
every_timed = pytest.mark.parametrize("case", [SLACK, HUBSPOT, STANDARD, CALENDLY, TIMED])


def _refused(case: Case, post: Post, now: datetime | None = None, secret: str | None = None) -> str:
    with pytest.raises(SignatureError) as refused:
        verify(case.how, [secret or case.secret], post, now=now or case.at)
    return str(refused.value)


@every
def test_what_the_vendor_has_published_is_believed(case: Case) -> None:
    """Also while another secret takes its place, and however the headers are spelt."""
    other = standard.format_key(b"x" * 32) if case is STANDARD else "another secret altogether"
    verify(case.how, [other, case.secret], case.post, now=case.at)
    shouted = {name.upper(): value for name, value in case.post.headers.items()}
    verify(case.how, [case.secret], replace(case.post, headers=shouted), now=case.at)


@every_signed
def test_a_changed_byte_is_not_believed(case: Case) -> None:
    """Wherever in the body it is, and one more or one less neither."""
    body = case.post.body
    for changed in (body[:-1], body + b" ", b"\x00" + body[1:], body[:5] + bytes([body[5] ^ 1]) + body[6:], b""):
        assert "does not match" in _refused(case, replace(case.post, body=changed))


@every
def test_a_missing_or_changed_header_is_not_believed(case: Case) -> None:
    """Each header that the scheme has counts."""
    for name, value in case.post.headers.items():
        without = {key: said for key, said in case.post.headers.items() if key != name}
        assert "missing" in _refused(case, replace(case.post, headers=without))
        for changed in ("", "nonsense", value[:-1], f"{value}\xe9", "t=,v1=", "v1,"):
            _refused(case, replace(case.post, headers={**case.post.headers, name: changed}))


@every
def test_another_secret_is_not_believed(case: Case) -> None:
    """And none is no open door."""
    other = standard.format_key(b"x" * 32) if case is STANDARD else f"{case.secret}x"
    assert "does not match" in _refused(case, case.post, secret=other)
    with pytest.raises(SignatureError, match="no secret"):
        verify(case.how, [], case.post, now=case.at)


@every_timed
def test_an_old_one_is_not_believed(case: Case) -> None:
    """Five minutes either way; a replay comes later."""
    for late in (timedelta(minutes=5), timedelta(minutes=-5), timedelta(0)):
        verify(case.how, [case.secret], case.post, now=case.at + late)
    for late in (timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), timedelta(days=400)):
        assert "too far from now" in _refused(case, case.post, now=case.at + late)


def test_the_timestamp_is_part_of_what_is_signed() -> None:
    """A fresh one on an old body helps nobody."""
    for case, name, fresh in ((SLACK, "X-Slack-Request-Timestamp", "1531420619"), (TIMED, "X-Timestamp", "1690000001")):
        headers = {**case.post.headers, name: fresh}
        assert "does not match" in _refused(case, replace(case.post, headers=headers))


@pytest.mark.parametrize(
    "timestamp", ["+1690000000", "1_690_000_000", "１６９００００００", "-1", "1e9", "9" * 15, "nan"]
)
def test_only_digits_are_a_timestamp(timestamp: str) -> None:
    """What Python reads as a number besides is none."""
    headers = {"X-Timestamp": timestamp, "X-Signature": _hex(TIMED.secret, f"{timestamp}:".encode() + _BODY)}
    assert "timestamp" in _refused(TIMED, replace(TIMED.post, headers=headers))


def test_hubspot_signs_method_and_address() -> None:
    """Another method or address is another request; what HubSpot decodes first, we do."""
    assert "does not match" in _refused(HUBSPOT, replace(HUBSPOT.post, method="GET"))
    assert "does not match" in _refused(HUBSPOT, replace(HUBSPOT.post, url="https://www.example.com/other"))
    url = "https://x.example/h?a=%3A%2F%3f%40%21%24%27%28%29%2A%2C%3B&b=%20%2B%26%3D%25%41"
    assert "https://x.example/h?a=:/?@!$'()*,;&b=%20%2B%26%3D%25%41" == decode_hubspot_url(url)


def test_slack_has_its_own_entrance() -> None:
    """The door of buttons uses it with the ring of signing secrets."""
    verify_slack(["another", SLACK.secret], SLACK.post.headers, SLACK.post.body, SLACK.at)
    with pytest.raises(SignatureError):
        verify_slack([SLACK.secret], SLACK.post.headers, SLACK.post.body + b"&", SLACK.at)
    with pytest.raises(SignatureError):
        verify_slack([SLACK.secret], SLACK.post.headers, SLACK.post.body, SLACK.at + timedelta(minutes=6))


def test_a_body_cannot_stand_in_for_its_timestamp() -> None:
    """Braces in a body are its own."""
    body = b"{timestamp}{body}"
    headers = {"X-Timestamp": "1690000000", "X-Signature": _hex(TIMED.secret, b"1690000000:" + body)}
    verify(TIMED.how, [TIMED.secret], Post(headers, body), now=TIMED.at)


def test_none_is_believed_only_where_the_source_says_so() -> None:
    """No scheme else lets anything pass unsigned."""
    post = Post({}, b"{}")
    verify(Signature(scheme=Scheme.NONE), [], post, now=_at(0))
    for case in CASES.values():
        _refused(case, post)


@pytest.mark.parametrize("code", ["", "{}", "hmacsha256={}", "a=b", "a b", "\u0661", "a" * 65, "1\n"])
def test_no_challenge_is_answered_that_may_be_a_body(code: str) -> None:
    """The same secret signs bodies."""
    with pytest.raises(SignatureError):
        answer_challenge("client-secret", code)


def test_linkedin_is_answered_its_challenge() -> None:
    """The code, signed with the client secret, in hexadecimal."""
    assert _hex("client-secret", b"890e4665-4dfe-4ab1-b689-ed553bceeed0") == answer_challenge(
        "client-secret", "890e4665-4dfe-4ab1-b689-ed553bceeed0"
    )


@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_a_secret_is_the_same_as_itself_only(said: str, secrets: list[str]) -> None:
    """Whatever letters it has."""
    clean = [one.encode("utf-8", "replace").decode() for one in secrets]
    given_one = said.encode("utf-8", "replace").decode()
    assert (given_one in clean) == same_secret(clean, given_one)


@given(st.binary(max_size=300), st.dictionaries(st.sampled_from(["X-Signature", "X-Timestamp"]), st.text(max_size=80)))
def test_whatever_comes_is_answered_with_a_word(body: bytes, headers: dict[str, str]) -> None:
    """Nothing else leaves here than that it is not authentic."""
    for case in (TIMED, CALENDLY, SLACK, HUBSPOT, STANDARD):
        with pytest.raises(SignatureError):
            verify(case.how, [case.secret], Post(headers, body), now=case.at)


def test_nothing_of_a_secret_or_a_body_is_shown() -> None:
    """A post may be printed in a trace."""
    assert "mona" not in repr(CALENDLY.post)
    assert json.loads(_BODY)["payload"]["email"] not in _refused(CALENDLY, replace(CALENDLY.post, body=_BODY + b" "))

"""A webhook's signature: what is accepted, and everything that is not."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.channels.signature import (
    SignatureError,
    derive_signing_key,
    format_key,
    parse_key,
    sign,
    verify,
)
from tests.adapters.channels.samples import KEYS, NOW

BODY = b'{"lead_id":"L-7Q2"}'
NEW, OLD = KEYS


def signed(**changes: str) -> dict[str, str]:
    """Return the headers of a good delivery, changed as told."""
    return {**sign(NEW, "msg_1", NOW, BODY), **changes}


def test_the_published_example_of_the_standard_is_met() -> None:
    """The Standard Webhooks libraries' own test vector comes out, so any of them can check us."""
    key = parse_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    expected = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert expected == sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert "msg_p5jXN8AQM9LWM0D4loKWxJek" == verify(expected, body, [key], now=at)


def test_a_good_delivery_gives_its_id() -> None:
    """Header names may come in any case, as HTTP has it."""
    headers = {name.title(): value for name, value in signed().items()}
    assert "msg_1" == verify(headers, BODY, [NEW], now=NOW)


def test_any_key_of_the_ring_and_any_signature_of_the_list_will_do() -> None:
    """While keys are being changed, both sides may hold several."""
    many = signed()
    many["webhook-signature"] = f"v1a,abc v1,AAAA {many['webhook-signature']}"
    assert "msg_1" == verify(many, BODY, [OLD, NEW], now=NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    """No signature is no authority."""
    headers = signed()
    del headers[name]
    with pytest.raises(SignatureError, match=name):
        verify(headers, BODY, [NEW], now=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "")},
    ],
)
def test_a_changed_header_is_refused(changes: dict[str, str]) -> None:
    """Id, time and signature belong together."""
    with pytest.raises(SignatureError):
        verify(signed(**changes), BODY, [NEW], now=NOW)


def test_a_changed_body_an_unknown_key_and_an_empty_ring_are_refused() -> None:
    """Only this body, only our keys, and nobody is trusted by default."""
    for body, keys in ((BODY + b" ", [NEW]), (BODY, [OLD]), (BODY, [])):
        with pytest.raises(SignatureError):
            verify(signed(), body, keys, now=NOW)


@pytest.mark.parametrize("away", [timedelta(minutes=5), -timedelta(minutes=5), timedelta(0)])
def test_five_minutes_either_way_are_believed(away: timedelta) -> None:
    """Clocks differ a little."""
    assert "msg_1" == verify(signed(), BODY, [NEW], now=NOW + away)


@pytest.mark.parametrize("away", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_a_replay_is_refused(away: timedelta) -> None:
    """What is older, or from the future, is not believed."""
    with pytest.raises(SignatureError, match="far"):
        verify(signed(), BODY, [NEW], now=NOW + away)


@pytest.mark.parametrize("stamp", ["", "-1", "+1", "1_000", "1.5", "\u0663", "nan", "9" * 400])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    """Nothing but plain seconds."""
    with pytest.raises(SignatureError, match="seconds"):
        verify(signed(**{"webhook-timestamp": stamp}), BODY, [NEW], now=NOW)


@given(key=st.binary(min_size=24, max_size=64), body=st.binary(max_size=200), flip=st.integers(0))
def test_every_single_changed_bit_is_noticed(key: bytes, body: bytes, flip: int) -> None:
    """What was signed verifies; with one bit of the body turned it does not."""
    headers = sign(key, "msg_1", NOW, body)
    assert "msg_1" == verify(headers, body, [key], now=NOW)
    if body:
        spot, bit = divmod(flip % (len(body) * 8), 8)
        other = body[:spot] + bytes([body[spot] ^ (1 << bit)]) + body[spot + 1 :]
        with pytest.raises(SignatureError):
            verify(headers, other, [key], now=NOW)


@given(st.binary(min_size=24, max_size=64))
def test_a_key_survives_being_written_down(key: bytes) -> None:
    """What receivers paste is what we sign with."""
    assert key == parse_key(format_key(key))


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_not base64!", format_key(b"short"), "whsec_é"])
def test_what_is_no_key_is_refused_without_repeating_it(text: str) -> None:
    """A mistyped secret must not end up in an error message."""
    with pytest.raises(ValueError, match="webhook key") as error:
        parse_key(text)
    assert not text or text not in str(error.value)


def test_the_derived_key_does_not_give_the_secret_away() -> None:
    """Each secret has its own key, always the same, and receivers never see the secret itself."""
    one, other = derive_signing_key(b"secret one"), derive_signing_key(b"secret two")
    assert one == derive_signing_key(b"secret one")
    assert one != other
    assert (32, 32) == (len(one), len(base64.b64decode(format_key(one).removeprefix("whsec_"))))
    assert b"secret" not in one

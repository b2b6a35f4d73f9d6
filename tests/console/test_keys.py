"""Keys of tools: a secret is shown once, on the page that answers, and is nowhere else."""

import json
import re

from models.access import Role
from tests.api.house import Doors
from tests.console.house import visiting

_TOKEN = re.compile(r"bt_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


def tokens(text: str) -> list[str]:
    """Find every secret of a page."""
    return _TOKEN.findall(text)


async def test_a_new_key_is_shown_once_and_opens_its_door(doors: Doors) -> None:
    """No browser keeps the page, and neither list nor log has the secret."""
    async with visiting(doors, Role.ADMIN) as admin:
        made = await admin.post("/setup/keys", name="Website", scope=["leads:read"], per_minute="60", once="a")
        twice = await admin.post("/setup/keys", name="Website", scope=["leads:read"], per_minute="60", once="a")
        listed = (await admin.get("/setup/keys")).text
    (token,) = tokens(made.text)
    assert (200, "no-store") == (made.status_code, made.headers["cache-control"])
    assert "location" not in made.headers
    assert (409, []) == (twice.status_code, tokens(twice.text))
    assert ("Website" in listed, tokens(listed)) == (True, [])
    acts = await doors.store.acts.list()
    assert ["key.create"] == [one.what for one in acts]
    assert token.rpartition("_")[2] not in json.dumps([[one.because, dict(one.detail)] for one in acts])
    assert 200 == (await doors.get("/v1/leads", key=token)).status_code
    assert 403 == (await doors.get("/v1/routing", key=token)).status_code
    (known,) = await doors.store.api_keys.list()
    assert (("leads:read",), 60, "admin") == (known.scopes, known.per_minute, known.created_by)


async def test_a_key_is_rotated_and_revoked(doors: Doors) -> None:
    """The former secret holds for as long as was chosen, or no more."""
    former = await doors.key()
    (known,) = await doors.store.api_keys.list()
    async with visiting(doors, Role.ADMIN) as admin:
        rotated = await admin.post(f"/setup/keys/{known.key_id}/rotate", former="1d", once="a")
        twice = await admin.post(f"/setup/keys/{known.key_id}/rotate", former="1d", once="a")
        (second,) = tokens(rotated.text)
        both = [(await doors.get("/v1/leads", key=key)).status_code for key in (former, second)]
        (third,) = tokens((await admin.post(f"/setup/keys/{known.key_id}/rotate", former="0", once="b")).text)
        last = [(await doors.get("/v1/leads", key=key)).status_code for key in (second, third)]
        strange = await admin.post(f"/setup/keys/{known.key_id}/rotate", former="9y", once="c")
        revoked = await admin.do(f"/setup/keys/{known.key_id}/revoke")
        again = await admin.do(f"/setup/keys/{known.key_id}/revoke")
        gone = await admin.post(f"/setup/keys/{known.key_id}/rotate", former="1d", once="d")
    assert 409 == twice.status_code
    assert ([200, 200], [401, 200]) == (both, last)
    assert 422 == strange.status_code
    assert "holds no more." in revoked.text
    assert "was revoked already" in again.text
    assert 404 == gone.status_code
    assert 401 == (await doors.get("/v1/leads", key=third)).status_code


async def test_what_is_wrong_is_told_beside_its_field(doors: Doors) -> None:
    """All of it at once, and nothing that was typed is lost."""
    async with visiting(doors, Role.ADMIN) as admin:
        answer = await admin.post(
            "/setup/keys", name="My <tool>", sources="web, <script>", per_minute="many", expires="2020-01-01"
        )
    text = answer.text
    assert 422 == answer.status_code
    assert {"e-scope", "e-sources", "e-per_minute", "e-expires"} == set(re.findall(r'id="(e-[a-z_]+)"', text))
    assert 'value="My &lt;tool&gt;"' in text
    assert 'value="web, &lt;script&gt;"' in text
    assert () == await doors.store.api_keys.list()


async def test_only_who_keeps_the_keys_sees_them(doors: Doors) -> None:
    """Operations do not."""
    for role in (Role.REP, Role.MANAGER, Role.OPS, Role.PRIVACY):
        async with visiting(doors, role) as one:
            seen, made = await one.get("/setup/keys"), await one.post("/setup/keys", name="x", scope="ops")
        assert (403, 403) == (seen.status_code, made.status_code)
    assert () == await doors.store.api_keys.list()

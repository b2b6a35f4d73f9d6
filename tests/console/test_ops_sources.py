"""Sources and dead letters: mended and replayed by whoever reads nothing of the person in them."""

import json
from typing import Any

from config.source_files import SHIPPED, read_source
from db.hooks import Delivery
from db.tables.words import HookState
from models.access import Role
from models.base import parse
from models.source import Source
from runtime import clock
from runtime.hooks import secret_of
from runtime.sealing import Sealer, Vault
from tests.api.house import Doors
from tests.console.house import visiting

PERSON = ("Mona Zebra", "mona.zebra@acme.example", "+49 170 7654321", "<script>alert(1)</script>", "budget of a zebra")
PAYLOAD = dict(zip(("name", "mail", "phone", "title", "message"), PERSON, strict=True)) | {"type": "zebra"}


def source(**fields: Any) -> Source:
    """A source that anybody may post to."""
    mapping = {"fields": {"email": "mail", "type": "type", **fields}}
    return parse(Source, {"name": "form", "signature": "none", "mappings": [mapping]})


async def dead(doors: Doors, payload: Any = PAYLOAD, number: int = 1) -> list[Delivery]:
    """Take webhooks of a source whose mapping is wrong."""
    now = clock.now()
    await doors.store.sources.save(source(), by="pia", at=now)
    found = []
    for one in range(number):
        raw = payload if isinstance(payload, bytes) else json.dumps({**payload, "n": one}).encode()
        kept, _ = await doors.store.deliveries.receive("form", None, "application/json", raw, at=now)
        found.append(await doors.front.hooks.replay(kept.id, now=now))
    assert {HookState.DEAD} == {one.state for one in found}
    return found


async def test_a_dead_letter_shows_its_shape_and_nothing_else(doors: Doors) -> None:
    """No page of the room says who it is about, though what is wrong is told."""
    (letter,) = await dead(doors)
    async with visiting(doors, Role.ADMIN) as ops:
        paths = (f"/ops/dead-letters/{letter.id}", "/ops/sources/form", "/ops/sources", "/ops")
        pages = [(await ops.get(path)).text for path in paths]
        replayed = (await ops.do(f"/ops/dead-letters/{letter.id}/replay")).text
        log = json.dumps([dict(one.detail) | {"because": one.because} for one in await doors.store.acts.list()])
    for text in (*pages, replayed, log):
        assert not [one for one in (*PERSON, "zebra") if one in text]
    shown = pages[0]
    for place, kind in (("mail", "an e-mail address"), ("phone", "digits, as of a phone"), ("n", "a number")):
        assert f'<th scope="row" class="mono">{place}</th><td data-label="Holds">{kind}</td>' in shown
    assert "<code>type</code>" in shown
    assert "1 webhook unread" in pages[3]
    assert "still cannot be read" in replayed


async def test_a_mended_mapping_makes_leads_of_what_waited(doors: Doors) -> None:
    """One by its button, the others at once; pressed again, nothing is made twice."""
    first, *others = await dead(doors, number=3)
    await doors.store.sources.save(source(type={"value": "demo_request"}), by="pia", at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        one = await ops.do(f"/ops/dead-letters/{first.id}/replay")
        again = await ops.do(f"/ops/dead-letters/{first.id}/replay")
        rest = await ops.do("/ops/sources/form/replay")
    assert f"Webhook {first.id} is read: lead " in one.text
    assert f"Webhook {first.id} is taken already." in again.text
    assert "2 read, 0 still cannot be read." in rest.text
    assert "No webhook has come yet" not in rest.text
    settled = [await doors.store.deliveries.find(letter.id) for letter in (first, *others)]
    assert {HookState.TAKEN} == {letter.state for letter in settled}


async def test_what_is_given_up_is_empty(doors: Doors) -> None:
    """For good: who gave it up stays."""
    (letter,) = await dead(doors)
    async with visiting(doors, Role.OPS) as ops:
        told = await ops.do(f"/ops/dead-letters/{letter.id}/drop")
        again = await ops.do(f"/ops/dead-letters/{letter.id}/drop")
    assert "is dropped: its payload is gone" in told.text
    assert "is dropped already" in again.text
    found = await doors.store.deliveries.find(letter.id)
    assert (b"", "dropped by ops") == (found.raw, found.because)


async def test_what_is_no_data_at_all_is_told(doors: Doors) -> None:
    """With the place where it breaks."""
    (letter,) = await dead(doors, b'{"mail": "mona.zebra@acme.example"')
    async with visiting(doors, Role.OPS) as ops:
        text = (await ops.get(f"/ops/dead-letters/{letter.id}")).text
        unknown = [await ops.get(path) for path in ("/ops/dead-letters/99", "/ops/sources/none", "/ops/sources/%3Cb")]
    assert "It cannot be read as data at all: is neither JSON nor a form" in text
    assert "mona.zebra" not in text
    assert [404] * 3 == [one.status_code for one in unknown]


async def test_a_secret_is_sealed_and_never_shown(doors: Doors) -> None:
    """Nor is it in the log; the one before it counts for a day where it is replaced."""
    await doors.store.sources.save(read_source(SHIPPED / "typeform.yaml").source, by="pia", at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        before = await ops.get("/ops/sources/typeform")
        empty = await ops.post("/ops/sources/typeform/secrets", secret=" ")
        first = await ops.do("/ops/sources/typeform/secrets", secret="the-first-secret-of-all")
        second = await ops.do("/ops/sources/typeform/secrets", secret="the-second-secret", replace="yes")
    assert "Nothing of this source is taken: it has no secret yet" in before.text
    assert (422, True) == (empty.status_code, 'aria-invalid="true"' in empty.text)
    assert "is kept, sealed" in first.text
    assert "Nothing of this source is taken" not in first.text
    assert not [page for page in (first, second) if "secret-of-all" in page.text or "second-secret" in page.text]
    assert "secret" not in json.dumps([dict(one.detail) for one in await doors.store.acts.list()])
    assert doors.front.sealer is not None
    ring = await Vault(doors.store.secrets, doors.front.sealer).ring(secret_of("typeform"), clock.now())
    assert ("the-second-secret", "the-first-secret-of-all") == ring
    kept = await doors.store.secrets.list(secret_of("typeform"))
    assert [False, True] == [one.expires_at is not None for one in kept]


async def test_a_source_whose_key_is_gone_needs_somebody_now(doors: Doors) -> None:
    """It refuses everything until the key is back, which nobody sees otherwise."""
    typeform = read_source(SHIPPED / "typeform.yaml").source
    await doors.store.sources.save(typeform, by="pia", at=clock.now())
    stranger = Vault(doors.store.secrets, Sealer(["another key ring altogether, long enough"]))
    await stranger.add(secret_of("typeform"), "whsec", at=clock.now())
    async with visiting(doors, Role.OPS) as ops:
        health, listed = await ops.get("/ops"), await ops.get("/ops/sources")
    assert "typeform is locked out" in health.text
    assert "no key opens its secret" in listed.text


async def test_every_shipped_source_can_be_shown(doors: Doors) -> None:
    """Whatever its mapping says."""
    async with visiting(doors, Role.OPS) as ops:
        for path in sorted(SHIPPED.glob("*.yaml")):
            shipped = read_source(path).source
            await doors.store.sources.save(shipped, by="pia", at=clock.now())
            page = await ops.get(f"/ops/sources/{shipped.name}")
            assert (200, True) == (page.status_code, f"/v1/hooks/{shipped.name}" in page.text)

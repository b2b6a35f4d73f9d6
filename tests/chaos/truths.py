"""What holds whatever died when: no lead lost, one owner everywhere, nobody told twice."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.chaos.harness import Site, eventually
from tests.chaos.processes import SinkProcess


async def nothing_is_lost(site: Site, lead_ids: Iterable[str] | None = None) -> None:
    """Hold that each lead has a workflow that runs or has ended well, and one owner, the same everywhere."""
    every = await site.offers()
    for lead_id in lead_ids if lead_ids is not None else site.started:
        holders = [one.rep_id for one in every if one.lead_id == lead_id and one.ended_at is None]
        assert len(holders) <= 1, f"{lead_id} has owners {holders}"
        told = await site.handle(lead_id).describe()
        assert told.status is not None
        assert told.status.name in ("RUNNING", "COMPLETED"), f"{lead_id} is {told.status.name}"

        await _one_owner(site, lead_id)


async def _one_owner(site: Site, lead_id: str) -> None:
    async def agrees() -> bool:
        return bool((await site.status(lead_id))["owner"] == await site.owner(lead_id))

    what = f"workflow and database agree on {lead_id}"
    await eventually(what, agrees, why=lambda: site.picture(lead_id))


def nobody_was_told_twice(sink: SinkProcess, cut: Iterable[str] = ()) -> None:
    """Hold that each message came once under one key; those `cut` in mid-send may have come again, as the same."""
    kills = Counter(cut)
    by_key: dict[str, list[dict[str, Any]]] = {}
    for line in sink.taken():
        by_key.setdefault(line["key"], []).append(line)
    for key, copies in by_key.items():
        assert len(copies) <= 1 + kills[key], f"{key} came {len(copies)} times, cut {kills[key]} times"
        assert [True] * (len(copies) - 1) == [copy["repeat"] for copy in copies[1:]]
        same = "message_id" if copies[0]["channel"] == "mail" else "body"
        assert all(copy[same] == copies[0][same] for copy in copies), f"a repeat of {key} differs"
    hooks = [copies[0]["body"] for copies in by_key.values() if copies[0]["channel"] == "webhook"]
    offers = [(body["lead_id"], body["offer"]) for body in hooks if body["kind"] == "offer"]
    assert sorted(set(offers)) == sorted(offers), "an offer was made under two keys"

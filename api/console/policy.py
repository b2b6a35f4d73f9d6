"""The policy in words, as everybody who works by it may read it, its versions, and what differs between two (R29)."""

from difflib import unified_diff
from typing import Annotated

from fastapi import Query, Request, Response

from api.console.policy_frame import Reading, opened, policy_page, version_of
from api.console.viewing import Untellable, Viewer, console
from api.doors import FrontDep
from db.policies import Published
from models.access import Right
from models.policy import Policy
from policy.trials.comparison import compare
from runtime.front import Front
from runtime.telling_policy.changes import Group, grouped
from runtime.telling_policy.page import page
from runtime.telling_policy.words import Reader, Section

router = console()

MOST_LINES = 5000
"""Lines of two texts beside each other on one page."""

Named = Annotated[str, Query(max_length=200)]


@router.get("/policy")
async def published(request: Request, front: FrontDep, viewer: Reading) -> Response:
    """Show the policy that new leads get."""
    active = await front.store.policies.active()
    if active is None:
        return await policy_page(
            request, front, viewer, "policy.html", title="Policy", tab="/policy", version=None, sections=(),
            policy=None, may_draft=viewer.may(Right.DRAFT),
        )  # fmt: skip
    return await _shown(request, front, viewer, active, "/policy")


@router.get("/policy/versions")
async def versions(request: Request, front: FrontDep, viewer: Reading) -> Response:
    """List every version, newest first."""
    known = await front.store.policies.versions()
    return await policy_page(
        request, front, viewer, "policy_versions.html", title="Versions of the policy", tab="/policy/versions",
        versions=known, active=next((one.version for one in known if one.active), ""),
    )  # fmt: skip


@router.get("/policy/versions/{version}")
async def one_version(request: Request, front: FrontDep, viewer: Reading, version: str) -> Response:
    """Show one version."""
    return await _shown(request, front, viewer, await version_of(front, version), "/policy/versions")


@router.get("/policy/versions/{version}/text")
async def text(front: FrontDep, _viewer: Reading, version: str) -> Response:
    """Give the very text of a version, as a file."""
    found = await version_of(front, version)
    return as_file(found.text, version)


@router.get("/policy/compare")
async def beside(
    request: Request, front: FrontDep, viewer: Reading, a: Named = "", b: Named = "", lines: bool = False
) -> Response:
    """Show what differs between two versions: by rule and key, or line by line."""
    known = await front.store.policies.versions()
    if not known:
        raise Untellable(404, "There is nothing to compare", "No policy is published yet.")
    newer = b or next((one.version for one in known if one.active), known[0].version)
    older = a or next((one.version for one in known if one.version != newer), newer)
    before, after = await version_of(front, older), await version_of(front, newer)
    groups = await differences(before, after)
    return await policy_page(
        request, front, viewer, "policy_compare.html", title="Two versions compared", tab="/policy/versions",
        versions=known, a=before, b=after, groups=groups, by_line=lines or groups is None,
        lines=line_by_line(before.text, after.text) if lines or groups is None else (),
    )  # fmt: skip


async def differences(before: Published, after: Published) -> tuple[Group, ...] | None:
    """Tell what differs between two texts, by rule and key; None where one cannot be read any more."""
    old, new = await opened(before), await opened(after)
    return None if old is None or new is None else tuple(grouped(compare(old, new)))


def line_by_line(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """Give the lines in which two texts differ with those around, each with what happened to it."""
    tones = {"+": "added", "-": "removed", "@": "place"}
    found = list(unified_diff(before.splitlines(), after.splitlines(), lineterm=""))[2 : MOST_LINES + 2]
    return tuple((tones.get(line[:1], "same"), line) for line in found)


async def told(front: Front, policy: Policy) -> tuple[Section, ...]:
    """Put a policy in words, whole, with the people of today."""
    return tuple(page(policy, Reader(await front.store.rosters.load(), everything=True)))


async def _shown(request: Request, front: Front, viewer: Viewer, version: Published, tab: str) -> Response:
    policy = await opened(version)
    return await policy_page(
        request, front, viewer, "policy.html", title=version.version if tab != "/policy" else "Policy", tab=tab,
        version=version, policy=policy, sections=await told(front, policy) if policy else (),
        may_draft=viewer.may(Right.DRAFT),
    )  # fmt: skip


def as_file(text: str, version: str) -> Response:
    """Give a policy's text as a file to keep."""
    name = f'attachment; filename="{_plain(version)}.yaml"'
    headers = {"Content-Disposition": name, "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="application/yaml; charset=utf-8", headers=headers)


def _plain(version: str) -> str:
    return "".join(one for one in version if one.isascii() and (one.isalnum() or one in "-._")) or "policy"

"""The published policies, compiled once each: what every decision is judged under."""

from config.load import read_policy
from db.policies import Policies
from policy.compiled import CompiledPolicy


class NoPolicy(LookupError):
    """No policy is published (under that version). Leads wait until one is."""


class Policybook:
    """Compiled policies by version; a version never changes, so it is compiled once per process."""

    def __init__(self, policies: Policies) -> None:
        self._policies = policies
        self._compiled: dict[str, CompiledPolicy] = {}

    async def active(self) -> CompiledPolicy:
        """Give the policy that new leads get. Raises `NoPolicy`."""
        published = await self._policies.active()
        if published is None:
            raise NoPolicy("no policy is published: `python starter.py policy publish FILE`")
        return self._known(published.version, published.text)

    async def version(self, version: str) -> CompiledPolicy:
        """Give the policy a lead is pinned to. Raises `NoPolicy`."""
        if version in self._compiled:
            return self._compiled[version]
        published = await self._policies.get(version)
        if published is None:
            raise NoPolicy(f"no policy is published under the version {version}")
        return self._known(version, published.text)

    def _known(self, version: str, text: str) -> CompiledPolicy:
        if version not in self._compiled:
            self._compiled[version] = read_policy(text, f"policy {version}")[1]
        return self._compiled[version]

"""The policies, compiled once each: what every decision is judged under, and which one a lead gets.

While an experiment runs, new leads are split between two versions; a lead keeps its arm for good, also when it is
judged anew (intention to treat).
"""

import asyncio
from concurrent.futures import Executor
from datetime import datetime
from functools import partial

from config.load import compile_text
from db.policies import Policies
from db.trials import Trials
from models.trial import TrialKind
from policy.compiled import CompiledPolicy
from policy.trials.experiment import Arm


class NoPolicy(LookupError):
    """No policy is published (under that version). Leads wait until one is."""


class Policybook:
    """Compiled policies by version; a version never changes, so it is compiled once per process."""

    def __init__(self, policies: Policies, trials: Trials) -> None:
        self._policies, self._trials = policies, trials
        self._compiled: dict[str, CompiledPolicy] = {}
        self._compiling: dict[str, asyncio.Task[CompiledPolicy]] = {}

    async def active(self) -> CompiledPolicy:
        """Give the published policy. Raises `NoPolicy`."""
        published = await self._policies.active()
        if published is None:
            raise NoPolicy("no policy is published: `python starter.py policy publish FILE`")
        return self._known(published.version, published.text)

    async def version(self, version: str) -> CompiledPolicy:
        """Give the policy a lead is pinned to. Raises `NoPolicy`."""
        if version in self._compiled:
            return self._compiled[version]
        return self._known(version, await self._text(version))

    async def for_new_lead(self, lead_id: str, at: datetime) -> CompiledPolicy:
        """Give the policy that a new lead gets: the published one, or its arm's while an experiment takes in leads.

        Raises `NoPolicy`.
        """
        experiment = await self._trials.running(TrialKind.EXPERIMENT)
        if experiment is None or not experiment.takes_in(at):
            return await self.active()
        return await self.version(experiment.version_of(experiment.arm(lead_id)))

    async def enrol(self, lead_id: str, pinned: str, at: datetime) -> None:
        """Note the arm of a lead that was let in and pinned to that arm's version; any other is in no arm."""
        experiment = await self._trials.running(TrialKind.EXPERIMENT)
        if experiment is None or not experiment.takes_in(at):
            return
        arm = experiment.arm(lead_id)
        if pinned == experiment.version_of(arm):
            await self._trials.enrol(experiment, lead_id, arm, at=at)

    async def for_lead_anew(self, lead_id: str) -> CompiledPolicy:
        """Give the policy that a lead is judged by anew: the published one, or while an experiment runs its arm's.

        Raises `NoPolicy`.
        """
        experiment = await self._trials.running(TrialKind.EXPERIMENT)
        arm: Arm | None = None
        if experiment is not None:
            arm = await self._trials.arm_of_lead(experiment, lead_id)
        if experiment is None or arm is None:
            return await self.active()
        return await self.version(experiment.version_of(arm))

    async def beside(self, version: str, thread: Executor) -> CompiledPolicy:
        """Give a policy as `version` does, compiling it beside the leads that are worked on. Raises `NoPolicy`.

        Whoever gives up waiting does not stop it: the next one finds it compiled.
        """
        if version in self._compiled:
            return self._compiled[version]
        if version not in self._compiling:
            task = asyncio.create_task(self._compile_beside(version, thread))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # perhaps nobody waits any more
            self._compiling[version] = task
        return await asyncio.shield(self._compiling[version])

    async def _compile_beside(self, version: str, thread: Executor) -> CompiledPolicy:
        try:
            read = partial(compile_text, await self._text(version), version)
            self._compiled[version] = await asyncio.get_running_loop().run_in_executor(thread, read)
            return self._compiled[version]
        finally:
            del self._compiling[version]

    async def _text(self, version: str) -> str:
        published = await self._policies.get(version)
        if published is None:
            raise NoPolicy(f"no policy is published under the version {version}")
        return published.text

    def _known(self, version: str, text: str) -> CompiledPolicy:
        if version not in self._compiled:
            self._compiled[version] = compile_text(text, version)
        return self._compiled[version]

"""Whose is a company, by its messy name: how many are recognised, how many of those rightly, and how long it takes.

Half of the real companies are accounts, the other half are absent: whoever of them is recognised is a false match.
All are said to be in one country, which is when names alone decide most.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rapidfuzz import fuzz, process
from rapidfuzz.utils import default_process

from bench import scene
from bench.harness import Contest, Figure, Measure, Samples
from bench.names import Company, Written, companies, directory, known_pairs, messy, shuffled, untold
from bench.results import Unit
from db.account_keys import AROUND
from db.accounts import Accounts
from db.engine import Database
from models.account import AccountMatch
from models.market import Account
from policy.matching.cascade import match
from policy.matching.likeness import roots
from policy.matching.sought import Sought, keys_of

RECOGNISED = "messy names of known companies that are recognised"
RIGHT = "of what is recognised, right (half of the companies are absent)"
LISTED = "names of the SEC's list that are the directory's companies, recognised by the name alone"
LISTED_RIGHT = "of the SEC's list, what is recognised in the directory, right"
COST = "one match among 9,500 accounts, SQLite"
NAIVE = "closest name, 90 % alike or more"
HERE = "US"


@dataclass(frozen=True)
class Tally:
    """What became of many names. `asked`: the right account is put before a person."""

    present: int
    right: int
    wrong: int
    asked: int

    @property
    def recall(self) -> float:
        """Give how many of those present are recognised, in percent."""
        return 100 * self.right / self.present

    @property
    def precision(self) -> float:
        """Give how much of what is recognised is right, in percent."""
        return 100 * self.right / max(self.right + self.wrong, 1)


class Shelf:
    """Accounts by their keys, as the table has them, in memory."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._accounts = {account.id: account for account in accounts}
        self._by: dict[tuple[str, str], list[str]] = defaultdict(list)
        for account in accounts:
            keys = keys_of(account)
            for kind, values in (("name", keys.names), ("block", keys.blocks)):
                for value in values:
                    self._by[kind, value].append(account.id)

    def find(self, sought: Sought) -> list[Account]:
        """Find the accounts that a name may be, as `db.accounts` does."""
        if sought.name is None:
            return []
        ids = {one for root in roots(sought.name) for one in self._by["name", root]}
        shared = Counter(one for block in sought.name.blocks for one in self._by["block", block])
        around = sorted(shared.items(), key=lambda found: (-found[1], found[0]))[:AROUND]
        return [self._accounts[one] for one in sorted(ids | {one for one, _ in around})]


Recognise = Callable[[str], tuple[str | None, tuple[str, ...]]]
"""Say of a name which account is taken, and which a person is asked about."""


def ours(accounts: Sequence[Account], country: str | None) -> Recognise:
    """Recognise names as Baton does."""
    shelf = Shelf(accounts)

    def recognise(name: str) -> tuple[str | None, tuple[str, ...]]:
        sought = Sought.named((), name, country)
        found = match(sought, shelf.find(sought))
        if isinstance(found, AccountMatch):
            return found.account.id, ()
        return None, tuple(one.account_id for one in found)

    return recognise


def naive(accounts: Sequence[Account]) -> Recognise:
    """Recognise names by how close their letters are, and nothing else."""
    names = {account.id: default_process(account.name) for account in accounts}

    def recognise(name: str) -> tuple[str | None, tuple[str, ...]]:
        best = process.extractOne(default_process(name), names, scorer=fuzz.ratio, score_cutoff=90)
        return (best[2] if best else None), ()

    return recognise


def tally(recognise: Recognise, names: Sequence[Written], truth: Callable[[Company], str | None]) -> Tally:
    """Count what becomes of names; `truth` says whose each is, None: nobody's."""
    present = right = wrong = asked = 0
    for company, text in names:
        taken, possible = recognise(text)
        whose = truth(company)
        present += whose is not None
        right += taken is not None and taken == whose
        wrong += taken is not None and taken != whose
        asked += whose in possible
    return Tally(present, right, wrong, asked)


def halves(number: int) -> tuple[list[Account], list[Written]]:
    """Give half of the real companies as accounts, and messy names of `number` of these and of as many others."""
    mixed = shuffled(seed=6)
    known, absent = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    accounts = [Account(id=one.cik, name=one.name, country=HERE) for one in known]
    return accounts, messy([*known[:number], *absent[:number]], seed=7)


def listed(every: int) -> list[Written]:
    """Give names as the SEC's list has them: all that are the directory's companies, of the others one in `every`."""
    found = [one for one in companies() if one.cik not in untold()]
    others = [one for one in found if one.cik not in known_pairs()][::every]
    return [Written(one, one.name) for one in (*(one for one in found if one.cik in known_pairs()), *others)]


def whose_account(accounts: Sequence[Account]) -> Callable[[Company], str | None]:
    """Say whose a company is where accounts are companies by their number."""
    ids = {account.id for account in accounts}
    return lambda company: company.cik if company.cik in ids else None


def whose_in_directory() -> Callable[[Company], str | None]:
    """Say whose a company is in the directory."""
    return lambda company: known_pairs().get(company.cik)


@asynccontextmanager
async def prepare(quick: bool) -> AsyncIterator[Sequence[Contest]]:
    """Set up real companies as accounts, in memory and in a database."""
    accounts, names = halves(50 if quick else 3900)
    of_directory, sec = directory(), listed(200 if quick else 1)
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            await database.migrate()
            table = Accounts(database)
            every = [Account(id=one.cik, name=one.name, country=HERE) for one in companies()] + list(of_directory)
            for start in range(0, 300 if quick else len(every), 300):
                await table.save_all(every[start : start + 300], source="bench", by="bench", at=scene.NOON)
            yield [
                _shares(RECOGNISED, RIGHT, ours(accounts, HERE), naive(accounts), names, whose_account(accounts)),
                _shares(LISTED, LISTED_RIGHT, ours(of_directory, None), naive(of_directory), sec, whose_in_directory()),
                _cost(database, [text for _, text in names[:: 1 if quick else 40]]),
            ]
        finally:
            await database.dispose()


def _shares(
    recognised: str,
    right: str,
    subject: Recognise,
    baseline: Recognise,
    names: Sequence[Written],
    truth: Callable[[Company], str | None],
) -> Contest:
    def measure(recognise: Recognise) -> Measure:
        async def once() -> Samples:
            found = tally(recognise, names, truth)
            return {recognised: [found.recall], right: [found.precision]}

        return once

    figures = tuple(Figure(name, NAIVE, Unit.PERCENT) for name in (recognised, right))
    return Contest(figures, measure(subject), measure(baseline))


def _cost(database: Database, names: Sequence[str]) -> Contest:
    table = Accounts(database)

    async def subject() -> Samples:
        took = []
        for name in names:
            began = perf_counter()
            sought = Sought.named((), name, HERE)
            match(sought, await table.find(sought))
            took.append(perf_counter() - began)
        return {COST: took}

    async def baseline() -> Samples:
        took = []
        for _ in names:
            began = perf_counter()
            async with database.reading():
                pass
            took.append(perf_counter() - began)
        return {COST: took}

    return Contest((Figure(COST, "empty reading transaction", Unit.SECONDS),), subject, baseline)

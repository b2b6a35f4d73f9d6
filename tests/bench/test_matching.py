"""Matching on real names keeps its bounds: of a fixed sample few are wrong, absent companies included."""

from bench.matching import Tally, halves, listed, ours, tally, whose_account, whose_in_directory
from bench.names import companies, directory, known_pairs, messy, shuffled, untold

FALSE_AT_MOST = 0.5
"""Percent of what is recognised that may be another company's."""


def test_messy_names_are_recognised_and_seldom_wrong() -> None:
    """Half of the companies are no accounts at all; what is not certain is put before a person."""
    accounts, names = halves(350)
    found = tally(ours(accounts, "US"), names, whose_account(accounts))
    assert (700, 350) == (len(names), found.present)
    assert found.recall > 80
    assert 100 - found.precision < FALSE_AT_MOST
    assert found.right + found.asked > 0.95 * found.present


def test_the_directory_is_recognised_in_the_list_of_the_sec() -> None:
    """Two lists that different people wrote, joined by stock symbol: by the name alone, without domain or country."""
    found = tally(ours(directory(), None), listed(8), whose_in_directory())
    assert found.recall > 78
    assert 100 - found.precision < FALSE_AT_MOST
    assert found.right + found.asked > 0.93 * found.present


def test_the_truth_is_not_what_the_matching_says() -> None:
    """Companies that no name tells are among those sought, and what was found by its name is not: else all is right."""
    names = {one.cik: one.name for one in companies()}
    accounts = {account.id: account.name for account in directory()}
    told = {(names[cik], accounts[domain]) for cik, domain in known_pairs().items()}
    assert {("STRATEGY INC", "MICROSTRATEGY"), ("ENVIRI CORP", "HARSCO")} <= {(a.upper(), b.upper()) for a, b in told}
    assert untold()
    assert not untold() & {company.cik for company, _ in listed(1)}


def test_the_sample_is_the_same_every_time() -> None:
    """So a change of what is recognised is a change of the matching."""
    assert messy(shuffled(6)[:50], 7) == messy(shuffled(6)[:50], 7)
    assert Tally(present=4, right=3, wrong=1, asked=0) == Tally(4, 3, 1, 0)
    assert (75.0, 75.0) == (Tally(4, 3, 1, 0).recall, Tally(4, 3, 1, 0).precision)

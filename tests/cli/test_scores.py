"""Learned scores at the command line: trained on outcomes, examined, shadowed, published, told and retired."""

import json
from pathlib import Path

import pytest

from bench.learning_database import put
from bench.learning_leads import made
from config.load import SHIPPED
from db.engine import Database
from tests.cli.driving import Cli

MANY = 80


@pytest.fixture(scope="module")
async def experienced(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A shell on a database with some leads whose outcome is known, and the shipped policy."""
    folder = tmp_path_factory.mktemp("scores")
    url = f"sqlite:///{folder / 'baton.db'}"
    database = Database(url)
    await database.migrate()
    more = [one._replace(converted=one.converted or n % 3 == 0) for n, one in enumerate(made(MANY))]
    await put(database, more)  # so small a set needs more that convert
    await database.dispose()
    cli = Cli(folder, {"BATON_DATABASE_URL": url, "TEMPORAL_ADDRESS": "127.0.0.1:1"})
    assert 0 == (await cli("policy", "publish", SHIPPED / "default.yaml", "--by", "ops")).code
    return cli


async def test_a_score_is_trained_examined_shadowed_and_published(experienced: Cli, tmp_path: Path) -> None:
    """From outcomes to what counts: a draft first, refused before it looked on, and written as readable JSON."""
    cli, file = experienced, tmp_path / "m1.json"
    ran = await cli("score", "train", "--by", "mia", "--version", "m1", "--out", file, "--json")
    assert (0, "m1", "logistic", 60, 20) == (
        ran.code, ran.json["version"], ran.json["kind"], ran.json["trained_on"], ran.json["tested_on"],
    ), ran.err  # fmt: skip
    assert ran.json["auc_points"] is not None
    assert 10 == len(ran.json["lifts"]) == len(ran.json["calibration"])
    written = json.loads(file.read_text(encoding="utf-8"))
    assert {"feature", "and_also", "weight"} == set(written["body"]["terms"][0])
    refused = await cli("score", "publish", "m1", "--by", "mia")
    assert (1, True) == (refused.code, "has not looked on yet" in refused.err)
    assert 2 == (await cli("score", "publish", "m1", "--by", "mia", "--at-once")).code
    assert 0 == (await cli("score", "shadow", "m1")).code
    published = (await cli("score", "publish", "m1", "--by", "mia", "--json")).json
    assert ("published", "mia") == (published["state"], published["published_by"])
    page = (await cli("score", "show", "m1")).out
    assert "learned from 60 leads" in page
    assert "too little data" in page or "examined on 20 later leads" in page
    again = await cli("score", "train", "--by", "mia", "--version", "m1", "--test", "0.4")
    assert (1, True) == (again.code, "another model already" in again.err)


async def test_the_one_that_grows_is_compared_with_the_points(experienced: Cli) -> None:
    """Trained without anything to install; side by side on the same leads, and shown with what it knows by now."""
    cli = experienced
    ran = await cli("score", "train", "--by", "mia", "--kind", "bayes", "--json")
    assert (0, "bayes", 20) == (ran.code, ran.json["version"], ran.json["tested_on"]), ran.err
    compared = (await cli("score", "compare", "bayes", "--json")).json
    assert (20, ["bayes", "points"]) == (compared["leads"], [one["version"] for one in compared["scores"]])
    assert ran.json["auc"] == compared["scores"][0]["auc"]
    evaluated = await cli("score", "evaluate", "bayes")
    assert (0, True) == (evaluated.code, "Conversion by points" in evaluated.out), evaluated.err
    shown = (await cli("score", "show", "bayes", "--json")).json
    assert MANY == sum(shown["body"]["total"].values())
    assert "bayes" in (await cli("score", "list")).out
    assert "retired" == (await cli("score", "retire", "bayes", "--json")).json["state"]


async def test_what_cannot_be_is_told(cli: Cli, experienced: Cli) -> None:
    """An unknown version and another name for the one that grows are bad input; no outcomes are a refusal."""
    assert (2, True) == (
        (unknown := await experienced("score", "evaluate", "nobody")).code, "score list" in unknown.err,
    )  # fmt: skip
    named = await experienced("score", "train", "--by", "mia", "--kind", "bayes", "--version", "mine")
    assert (2, True) == (named.code, "there is one" in named.err)
    for version in ("bayes", "My Model", "x" * 65):
        ran = await experienced("score", "train", "--by", "mia", "--version", version)
        assert (2, True) == (ran.code, "--version" in ran.err), ran.err
    empty = await cli("score", "train", "--by", "mia")
    assert (1, True) == (empty.code, "too few leads have an outcome" in empty.err)
    assert "nothing is learned yet" in (await cli("score", "list")).out

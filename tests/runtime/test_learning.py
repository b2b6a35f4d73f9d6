"""Learning: fitted on earlier leads, examined on later ones, and read by plain Python to the last digit."""

import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import pairwise
from math import sqrt

import pytest

from bench.learning_database import shelved
from bench.learning_leads import BEGAN, made
from config.load import SHIPPED, read_policy
from models.learning import BayesModel, CalibrationPoint, LogisticModel, ModelReport, ScoreModel
from policy.learning.evaluating import Evaluation
from policy.learning.features import features
from policy.scoring import score
from runtime.learning import fitting
from runtime.learning.fitting import CannotFit, Design, choose, fit, matrix, model_of
from runtime.learning.training import Example, Split, examination, examples, pointed, split, train, unseen

MANY = 6000
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def leads() -> list[Example]:
    """Made leads whose conversion hangs on combinations, with the shipped policy's points."""
    _, compiled = read_policy(SHIPPED / "default.yaml")
    return [
        Example(
            one.facts.lead_id,
            one.at,
            features(one.facts, one.touches, one.at),
            one.converted,
            score(compiled, one.facts, one.touches, one.at)[0],
        )
        for one in made(MANY)
    ]


def wrapped(body: LogisticModel | BayesModel) -> ScoreModel:
    """Wrap a body up as a version."""
    report = ModelReport(trained_on=100, conversions=50, tested_on=0, test_conversions=0)
    return ScoreModel(version="m1", trained_at=BEGAN, body=body, report=report)


def by_chance(point: CalibrationPoint) -> float:
    """How far off a rate of so many leads is by chance (one standard error), and a hundredth for the model itself."""
    return sqrt(point.said * (1 - point.said) / point.n) + 0.01


async def test_both_kinds_beat_the_points_and_the_base_rate_on_later_leads(leads: list[Example]) -> None:
    """By ranking, and the fitted one by its errors too; what it says comes true, and it found the combinations."""
    parts = split(leads, 0.25)
    fitted = await train("logistic", "m1", parts, at=BEGAN)
    grown = await train("bayes", "bayes", parts, at=BEGAN)
    for trained in (fitted, grown):
        report = trained.model.report
        assert (4500, 1500, parts.at) == (report.trained_on, report.tested_on, report.split_at)
        assert (report.auc or 0) > (report.auc_points or 0) + 0.03
    report, body = fitted.model.report, fitted.model.body
    assert (report.brier or 1) < 0.9 * (report.brier_base or 0)
    assert all(abs(one.said - one.came) < 3 * by_chance(one) for one in report.calibration)
    assert (fitted.examined.lifts[0].lift or 0) > 2.5 > (fitted.examined.lifts[-1].lift or 0)
    assert isinstance(body, LogisticModel)
    assert {"did pricing_visit"} <= {one.feature for one in body.terms if one.and_also}


def test_plain_python_says_what_the_library_says(leads: list[Example]) -> None:
    """To nine digits, combinations included."""
    held, came = [one.features for one in leads], [one.converted for one in leads]
    design, _ = choose(held, came)
    assert design.pairs
    x = matrix(design, held)
    regression = fitting._regression(0.1).fit(x, came)
    expected = regression.predict_proba(x[:500])[:, 1]
    evaluation = Evaluation(wrapped(model_of(design, float(regression.intercept_[0]), regression.coef_[0])))
    assert all(
        abs(evaluation.likelihood(one) - float(theirs)) < 1e-9 for one, theirs in zip(held[:500], expected, strict=True)
    )


def test_the_same_leads_give_the_same_model(leads: list[Example]) -> None:
    """Fitted twice, to the last digit, and read back from its JSON."""
    held, came = [one.features for one in leads[:1500]], [one.converted for one in leads[:1500]]
    first = fit(held, came)
    assert first == fit(held, came)
    assert first == LogisticModel.model_validate_json(first.model_dump_json())


def test_leads_are_split_by_time_and_no_instant_lies_on_both_sides(leads: list[Example]) -> None:
    """The later ones are examined; leads of one instant stay together."""
    parts = split(leads, 0.25)
    assert all(one.at <= other.at for one, other in pairwise([*parts.earlier, *parts.later]))
    assert parts.later[0].at == parts.at
    assert max(one.at for one in parts.earlier) < parts.later[0].at
    same = [Example("one", BEGAN, frozenset(), converted=True)] * 4
    assert ([], same) == (list(split(same, 0.25).earlier), list(split(same, 0.25).later))


async def test_the_one_that_grows_is_examined_as_it_was_then(leads: list[Example]) -> None:
    """Its counts hold every outcome by now; those of the examined leads are left out again."""
    parts = split(leads, 0.25)
    everything = (await train("bayes", "bayes", Split(leads, leads[-1:], None), at=BEGAN)).model.body
    assert isinstance(everything, BayesModel)
    trained = await train("bayes", "bayes", parts, at=BEGAN, counts=everything)
    assert everything == trained.model.body
    then, later = unseen(trained.model, leads)
    assert isinstance(then.body, BayesModel)
    assert (4500, 1500) == (then.body.total.good + then.body.total.bad, len(later.later))
    assert trained.examined.report.auc == examination(then, later).report.auc
    assert leads[-1].at - DAY <= unseen(trained.model, leads, leads[-1].at - DAY)[1].later[0].at


async def test_points_are_added_up_for_later_leads_only() -> None:
    """Read from a database, each with what held of it then; examined beside the same points as when it was judged."""
    some = list(made(40))
    _, compiled = read_policy(SHIPPED / "default.yaml")
    async with shelved(some) as shelf:
        read = await examples(shelf.database)
        assert [(one.facts.lead_id, features(one.facts, one.touches, one.at), one.converted) for one in some] == [
            (one.lead_id, one.features, one.converted) for one in read
        ]
        later = await pointed(shelf.database, compiled, split(read, 0.25))
        assert 30 == len(await examples(shelf.database, since=some[10].facts.received_at))
    assert {None} == {one.points for one in later.earlier}
    assert [score(compiled, one.facts, one.touches, one.at)[0] for one in some[30:]] == [
        one.points for one in later.later
    ]


def test_how_to_fit_is_not_chosen_on_leads_that_it_is_examined_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Combinations are looked for without what is held back, or noise would always seem to help."""
    seen: list[frozenset[int]] = []
    held = [frozenset({f"n{n}"} | {f"a{n % 7}", f"b{n % 5}"}) for n in range(300)]
    whole = choose

    def spied(leads: Sequence[Collection[str]], came: Sequence[bool]) -> tuple[Design, object]:
        seen.append(frozenset(held.index(frozenset(one)) for one in leads))
        return whole(leads, came)

    monkeypatch.setattr(fitting, "choose", spied)
    fit(held, [n % 3 == 0 for n in range(300)])
    *parts, last = seen
    assert [240] * 5 == [len(one) for one in parts]
    assert frozenset(range(300)) == frozenset().union(*(last - one for one in parts)) == last


def test_whoever_judges_leads_never_loads_what_only_training_needs() -> None:
    """A worker's parts and a model's answer, in an interpreter of its own: neither the library nor its numbers."""
    asked = "import runtime.bootstrap, cli.app, policy.learning.evaluating, runtime.learning.training, sys; "
    found = "print([one for one in ('numpy', 'scipy', 'sklearn') if one in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", asked + found], check=True, capture_output=True, text=True)
    assert "[]" == ran.stdout.strip()


async def test_too_few_outcomes_are_refused(leads: list[Example]) -> None:
    """With how many there are, and how many are needed; without later leads nothing is examined."""
    with pytest.raises(CannotFit, match="only 0 of 20 leads converted"):
        fit([one.features for one in leads[:20]], [False] * 20)
    with pytest.raises(CannotFit, match="later ones"):
        await train("bayes", "bayes", Split(leads, [], None), at=BEGAN)


def test_without_the_extra_it_says_how_to_get_it(leads: list[Example], monkeypatch: pytest.MonkeyPatch) -> None:
    """`make train`, and not a trace."""
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    with pytest.raises(CannotFit, match="make train"):
        fit([one.features for one in leads[:300]], [n % 2 == 0 for n in range(300)])

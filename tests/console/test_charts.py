"""Charts: whatever is drawn is finite, lies inside of its drawing, is escaped, and no word lies on another."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from api.console.charts import (
    Bar,
    Column,
    Days,
    Figure,
    Hour,
    Kind,
    Line,
    Mark,
    Sheet,
    Stack,
    axis_to,
    bars,
    by_day,
    columns,
    heat,
    histogram,
    plain,
    spans_to,
    sparkline,
    stacked,
    survival,
)
from api.console.charts.canvas import WIDE, Canvas, fitted, rounded, width_of
from api.console.charts.heat import level_of
from api.console.charts.scales import Spans, days_beside, kept_apart
from api.console.paper import environment
from models.figures import Bin
from policy.insight.buckets import BINS, bins_of, bucket_of

WORDS = st.text(max_size=60)
COUNTS = st.integers(0, 10_000_000)
SHARE = st.floats(0, 1)
HOSTILE = '</svg><script>alert("1")</script>&\u202e\x00'


def drawings(markup: Markup) -> list[ET.Element]:
    """Read the drawings of a chart: it is well-formed, or this fails."""
    return list(ET.fromstring(f"<all>{markup}</all>"))


def check(markup: Markup) -> None:
    """Say what every chart promises."""
    found = drawings(markup)
    assert found
    for svg in found:
        _, _, width, height = (float(one) for one in svg.attrib["viewBox"].split())
        assert svg.attrib["role"] == "img"
        assert svg[0].tag == "title"
        for one in svg.iter():
            assert "style" not in one.attrib
            assert not [key for key in one.attrib if key.startswith("on")]
            for x, y in corners(one):
                assert math.isfinite(x)
                assert math.isfinite(y)
                assert -0.1 <= x <= width + 0.1
                assert -0.1 <= y <= height + 0.1
            for key, value in one.attrib.items():
                if key in ("x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r", "d"):
                    assert not re.search(r"nan|inf|e|\.\d\d", value), value
            if one.tag == "rect":
                assert float(one.attrib["width"]) >= 0
                assert float(one.attrib["height"]) >= 0
        boxes = [box(text) for text in svg.iter("text")]
        assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]


Box = tuple[float, float, float, float, str]


def overlap(one: Box, two: Box) -> bool:
    """Say whether words lie on one another."""
    beside = one[2] <= two[0] + 0.5 or two[2] <= one[0] + 0.5
    return not (beside or one[3] <= two[1] + 0.5 or two[3] <= one[1] + 0.5)


def corners(one: ET.Element) -> list[tuple[float, float]]:
    """Give the outermost points of a part of a drawing."""
    at = {key: float(value) for key, value in one.attrib.items() if re.fullmatch(r"-?[\d.]+", value)}
    if one.tag == "rect":
        return [(at["x"], at["y"]), (at["x"] + at["width"], at["y"] + at["height"])]
    if one.tag == "line":
        return [(at["x1"], at["y1"]), (at["x2"], at["y2"])]
    if one.tag == "circle":
        return [(at["cx"] - at["r"], at["cy"] - at["r"]), (at["cx"] + at["r"], at["cy"] + at["r"])]
    if one.tag == "path":
        numbers = [float(each) for each in re.findall(r"-?[\d.]+", one.attrib["d"])]
        return list(zip(numbers[::2], numbers[1::2], strict=True))
    if one.tag == "text":
        left, top, right, below = box(one)[:4]
        return [(left, top), (right, below)]
    return []


def box(text: ET.Element) -> Box:
    """Give what room words take, as the widest of common faces has them."""
    words = text.text or ""
    letter = 10.0 if "cell" in text.attrib.get("class", "") else 12.0
    wide, x, y = width_of(words, letter), float(text.attrib["x"]), float(text.attrib["y"])
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.attrib.get("text-anchor", "start")]
    return left, y - 0.75 * letter, left + wide, y + 0.2 * letter, words


BAR = st.builds(
    lambda label, note, value, ends, mark, tone: Bar(label, value, note, min(ends), max(ends), mark, tone),
    WORDS, WORDS, st.none() | SHARE, st.tuples(SHARE, SHARE), st.none() | SHARE, st.integers(1, 6),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(WORDS, st.lists(BAR, max_size=12), st.none() | st.builds(Mark, SHARE, WORDS))
def test_bars_stay_in_their_drawing(title: str, rows: list[Bar], target: Mark | None) -> None:
    """Whatever a rule or a rep is called, and whatever their share is."""
    check(bars(title, rows, target=target))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(WORDS, st.tuples(COUNTS, COUNTS, COUNTS), WORDS), max_size=9))
def test_parts_of_bars_stay_in_their_drawing(rows: list[tuple[str, tuple[int, int, int], str]]) -> None:
    """Parts of nothing and of millions."""
    check(stacked("parts", [Stack(*row) for row in rows], (1, 2, 6)))


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.integers(0, 40_000_000).map(bucket_of), st.integers(1, 10_000_000), min_size=1, max_size=30),
    st.lists(st.builds(Mark, st.floats(0, 1e9), WORDS), max_size=3),
)
def test_histograms_stay_in_their_drawing(counts: dict[int, int], marks: list[Mark]) -> None:
    """From half a minute to more than a month, marks without end included."""
    check(histogram("how long", bins_of(counts), marks))


def widths(drawing: str) -> list[float]:
    """Give how wide the boxes of the wide drawing are."""
    return [float(one) for one in re.findall(r'<rect [^>]*?width="([\d.]+)"', drawing.partition("</svg>")[0])]


@pytest.mark.parametrize("seconds", [5, 3600, 10**8])
def test_few_columns_look_like_few(seconds: int) -> None:
    """One day, or one bin, is a column among empty ones and no wall, also at either end of the scale."""
    assert max(widths(histogram("how long", bins_of({bucket_of(seconds): 7})))) < WIDE / 8
    assert max(widths(columns("by day", [(date(2026, 11, 24), (3, 1))], (1, 6)))) <= 36
    month = date(2026, 11, 1), date(2026, 11, 30)
    assert max(widths(columns("by day", [(date(2026, 11, 24), (3, 1))], (1, 6), within=month))) < WIDE / 30


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(WORDS, st.lists(st.tuples(st.integers(0, 10_000_000), SHARE, SHARE, SHARE), max_size=30)),
        max_size=6,
    ),
    st.integers(1, 10_000_000),
)
def test_curves_stay_in_their_drawing(
    series: list[tuple[str, list[tuple[int, float, float, float]]]], longest: int
) -> None:
    """Also with points beyond the end of the scale, and with a single one."""
    made = [
        Line(label, tuple((at, left) for at, left, _, _ in rows), 1 + place, tuple((at, a, b) for at, _, a, b in rows))
        for place, (label, rows) in enumerate(series)
    ]
    check(survival("who waits", made, spans_to(longest), [Mark(longest / 2, "half")]))


@settings(max_examples=20, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.lists(COUNTS, min_size=1, max_size=199), st.booleans())
def test_days_stay_in_their_drawing(first: date, counts: list[int], weekly: bool) -> None:
    """A day, a year by weeks, a leap day."""
    days = [first + timedelta(days=place * (7 if weekly else 1)) for place in range(len(counts))]
    check(columns("by day", [(day, (n, n // 2)) for day, n in zip(days, counts, strict=True)], (1, 6)))
    most = max(counts) or 1
    points = tuple((day.toordinal(), n / most) for day, n in zip(days, counts, strict=True))
    check(by_day("by day", [Line("share", points)], Days(days[0], days[-1])))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.none() | COUNTS, st.booleans()), min_size=168, max_size=168))
def test_the_week_stays_in_its_drawing(hours: list[tuple[int | None, bool]]) -> None:
    """168 boxes, with numbers where there is room for them."""
    check(heat("week", [Hour(n, "" if n is None else plain(n), "an hour", gap=gap) for n, gap in hours]))


@settings(max_examples=20, deadline=None)
@given(WORDS, st.lists(st.floats(0, 1e9), max_size=60))
def test_a_sparkline_stays_in_its_drawing(title: str, values: list[float]) -> None:
    """Of no value, of one, of many that are all nothing."""
    check(sparkline(title, values))


DRAWN: dict[str, Callable[[str], Markup]] = {
    "bars": lambda word: bars(word, [Bar(word, 0.5, word)], target=Mark(0.5, word)),
    "stacked": lambda word: stacked(word, [Stack(word, (1.0,), word)], (1,)),
    "histogram": lambda word: histogram(word, [Bin(0, 30, 3)], [Mark(3, word)], what="leads"),
    "survival": lambda word: survival(word, [Line(word, ((0, 1.0), (9, 0.5)))], spans_to(60)),
    "heat": lambda word: heat(word, [Hour(1, "1", word)] * 168),
    "sparkline": lambda word: sparkline(word, [1.0]),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_no_word_becomes_markup(kind: str) -> None:
    """Names from a policy or a source are words, in titles and in tips, too."""
    markup = DRAWN[kind](HOSTILE)
    assert "<script" not in markup
    assert {"svg", "title", "rect", "line", "path", "text", "circle"} >= {
        one.tag for svg in drawings(markup) for one in svg.iter()
    }
    assert "\x00" not in markup
    assert "\u202e" not in markup


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    """Sooner no chart than a wrong one."""
    with pytest.raises(ValueError, match="cannot be drawn"):
        rounded(value)
    with pytest.raises(ValueError, match="no end of a scale"):
        axis_to(value)
    canvas = Canvas(100, 100)
    with pytest.raises(ValueError, match=r"cannot be drawn|outside"):
        canvas.rect(0, 0, value, 1, "s1")


def test_nothing_is_drawn_outside() -> None:
    """What would be cut off is a mistake of the chart, and told."""
    with pytest.raises(ValueError, match="outside"):
        Canvas(100, 100).line(0, 0, 101, 0, "axis")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, (0, 1)),
        (1, (0, 1)),
        (7, (0, 2, 4, 6, 8)),
        (42, (0, 10, 20, 30, 40, 50)),
        (997, (0, 200, 400, 600, 800, 1000)),
    ],
)
def test_ticks_are_round(most: float, ticks: tuple[float, ...]) -> None:
    """Numbers that people count in, from nothing on."""
    assert ticks == axis_to(most, whole=True).ticks


@given(st.floats(0, 1e12))
def test_a_scale_holds_all(most: float) -> None:
    """Nothing is higher than its scale, and the scale not much higher than all."""
    axis = axis_to(most)
    assert axis.ticks[-1] == axis.high >= most * (1 - 1e-9)
    assert axis.high <= max(2.6 * most, 1.0)


@given(st.lists(st.floats(0, 1e8), min_size=2))
def test_longer_spans_lie_further_right(spans: list[float]) -> None:
    """The scale of spans widens its steps, and keeps their order."""
    scale = Spans(BINS)
    places = [scale.at(one) for one in sorted(spans)]
    assert places == sorted(places)
    assert all(0 <= one <= 1 for one in places)


def test_an_edge_of_spans_lies_where_its_bin_begins() -> None:
    """Bins are equally broad: the second edge of four lies at a third; half of a bin at the half."""
    scale = Spans((0, 30, 60, 120))
    assert [0, 1 / 3, 2 / 3, 1] == [scale.at(one) for one in (0, 30, 60, 120)]
    assert scale.at(90) == pytest.approx(5 / 6)


@given(st.lists(st.floats(0, 200), max_size=10))
def test_labels_are_kept_apart(wanted: list[float]) -> None:
    """In their order, within their field, and not nearer than told."""
    found = kept_apart(wanted, 0, 200, 15)
    ordered = sorted(found)
    assert all(two - one >= 15 - 1e-6 for one, two in pairwise(ordered))
    assert all(-1e-6 <= one <= 200 + 1e-6 for one in found)


def test_more_labels_than_room_are_refused() -> None:
    """Nobody reads words that lie on one another."""
    with pytest.raises(ValueError, match="no room"):
        kept_apart([1, 2, 3], 0, 20, 15)


@pytest.mark.parametrize(
    ("first", "days", "most", "beside"),
    [
        (date(2026, 11, 2), 3, 5, ["2026-11-02", "2026-11-03", "2026-11-04"]),
        (date(2026, 11, 3), 20, 5, ["2026-11-09", "2026-11-16"]),
        (date(2026, 11, 17), 7, 4, ["2026-11-17", "2026-11-19", "2026-11-21", "2026-11-23"]),
        (date(2026, 1, 1), 365, 5, ["2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"]),
    ],
)
def test_days_beside_an_axis_are_round(first: date, days: int, most: int, beside: Sequence[str]) -> None:
    """Each day, Mondays, or the first of quarters."""
    assert beside == [day.isoformat() for day in days_beside(first, first + timedelta(days=days - 1), most)]


@pytest.mark.parametrize(("value", "level"), [(None, 0), (0, 0), (1, 1), (20, 1), (21, 2), (99, 5), (100, 5)])
def test_stronger_is_more(value: float | None, level: int) -> None:
    """Five steps up to the most; nothing has a colour of its own."""
    assert level == level_of(value, 100)


@given(WORDS, st.floats(20, 400))
def test_cut_words_fit(words: str, most: float) -> None:
    """What is left out is told by an ellipsis."""
    assert width_of(fitted(words, most)) <= most + 0.5


def test_a_sheet_is_a_file() -> None:
    """Programs get plain numbers: seconds, shares of one, days; a text stays a text in a spreadsheet."""
    sheet = Sheet(
        "kept",
        (Column("rep", "Rep"), Column("kept", "Kept", Kind.SHARE), Column("half_s", "Half", Kind.SPAN),
         Column("day", "Day", Kind.DAY)),
        (("=cmd()", 2 / 3, 360, date(2026, 11, 2)), ("ana", None, None, None)),
    )  # fmt: skip
    assert "rep,kept,half_s,day\r\n'=cmd(),0.666667,360,2026-11-02\r\nana,,,\r\n" == sheet.csv()
    assert ["=cmd()", "66.7 %", "6 m 00 s", "Mon 2 Nov 2026"] == [
        column.told(value) for column, value in zip(sheet.columns, sheet.rows[0], strict=True)
    ]


def test_a_figure_says_what_it_shows() -> None:
    """Title, sentence, drawing, legend, the table behind it and its file; names are escaped."""
    sheet = Sheet("kept", (Column("team", "Team"), Column("kept", "Kept", Kind.SHARE)), ((HOSTILE, 0.5),))
    drawing = bars("Kept", [Bar(HOSTILE, 0.5, "50 %")])
    one = Figure("Kept", "Half are kept.", drawing, sheet, csv="/a.csv?sheet=kept&x=1")
    page = environment().from_string('{% import "figure.html" as figures %}{{ figures.figure(one) }}').render(one=one)
    assert "<h2>Kept</h2>" in page
    assert "<figcaption>Half are kept.</figcaption>" in page
    assert '<td class="num" data-label="Kept"><bdi>50.0 %</bdi></td>' in page
    assert 'href="/a.csv?sheet=kept&amp;x=1"' in page
    assert "<script" not in page
    assert page.count("<svg") == 2


def test_an_empty_figure_says_so() -> None:
    """Where nothing was counted there is a sentence, not an empty field."""
    one = Figure("Kept", "", Markup(""), Sheet("kept", (), ()))
    page = environment().from_string('{% import "figure.html" as figures %}{{ figures.figure(one) }}').render(one=one)
    assert "Nothing was counted in this while." in page
    assert "<svg" not in page

import sys
import unicodedata
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from page_code import in_node, needs_node
from scipy.special import expit, logit

from lib.features import PAGE_PHOTO, PAGE_TEXT, readable_features, terms_of
from lib.models import PAGE, count_range, page_forecast
from lib.models.blend import rho_at
from lib.models.page import UNIT
from lib.posts import clean_text
from lib.simulation import simulate

AWKWARD = """İSTANBUL İ i̇|ΟΔΟΣ ΣΑΣ ὈΔΥΣΣΕΎΣ|ЁЛКИ ёлки Ёлка|кот_кот __кот__ 12кот|й й и̇|
a² b₂ ½ ⅷ ③ 一二三|straße STRASSE ẞ|😀👍🏽 кот👨‍👩‍👧мёд 🇷🇺|
кот\u00adкот ко\u200dт к\u0301от|מה שלום עולם|مرحبا ١٢٣|
constructor toString __proto__ hasOwnProperty|&lt;b&gt; кот &amp; пёс|
[id1¦Имя Фамилия], кот|кот\r\nпёс\r\n\r\nкот|ǅ ǆ Ǆ|ﬁn ﬀ|КОТ кот Кот кОт|
#кот @кот кот.рф https://кот.рф/кот|один один один один|Ⅷ Ⓐ ⓐ|ᏣᎳᎩ ꭰꭱ|𝔘𝔫𝔦 𐐀𐐨|
ः ा क् कि|ไทย ภาษา|한국어 한|१२ १|ª º|a\u0345Σ ΑΣ\u0345|Σ Σ. ΑΣ, ΑΣ1 ΑΣ_|ѴѶ ѵ|ʼn ǰ ΐ"""
AWKWARD = [text.replace("¦", "|") for text in AWKWARD.split("|")]


def by_the_page(expression, **given):
    """The value of a JavaScript expression of ``page`` (the script) and ``given``."""
    return in_node(f"((page) => {expression})(DraftForecast)", given)


@pytest.fixture(scope="module")
def page(small):
    fitted = small.fitted(PAGE)
    return page_forecast(fitted.model, fitted.structure, small.page_words, small.activities)


def features_of(readable):
    """Readable features of drafts as the page has them."""
    return [
        {
            kind: table.loc[i, list(names)].to_dict() if table.loc[i, f"has_{kind}"] else None
            for kind, names, table in (("text", PAGE_TEXT, readable["text"]), ("photo", PAGE_PHOTO, readable["photo"]))
        }
        for i in range(len(readable["text"]))
    ]


def test_the_page_forecasts_what_the_model_of_the_leaderboard_forecasts(small, page):
    test = small.split.test
    readable = {kind: table.iloc[test] for kind, table in small.readable.items()}
    ours, theirs = page.forecast(small.posts["text"].iloc[test].tolist(), readable), small.forecast(PAGE)[test]
    happens = ours.mean > 0
    assert ours.mean[happens] == pytest.approx(theirs.mean[happens], rel=1e-6) and happens.mean() > 0.9
    assert (theirs.mean[~happens] < 1e-4).all()
    rho = np.broadcast_to(theirs.rho, happens.shape)[happens]
    assert np.broadcast_to(ours.rho, happens.shape)[happens] == pytest.approx(rho)


def test_a_forecast_is_the_sum_of_what_is_there(page):
    """The numbers of one draft, by hand."""
    draft = pd.DataFrame({"text": ["Кот и кот."], "photo": pd.Series([None], dtype=object)})
    readable = readable_features(draft)
    column = replace(page.columns["text"][PAGE_TEXT.index("words")], name="words", centre=1.0, scale=0.5, low=-1.0)
    column = replace(column, high=0.5, weights=[2.0])
    one = round(1 / UNIT)
    words = {"кот": [2 * one, one], "кот кот": [one, -one], "пёс": [one, 100 * one]}
    by_hand = replace(page, activities=["like"], base=[-3.0], columns={"text": [column], "photo": []}, terms=words)
    by_hand = replace(by_hand, absent={"text": [9.0], "photo": [0.25]}, dispersion=[(2.0, -0.1)], never={})
    assert by_hand.fits() and not replace(by_hand, dispersion=[]).fits()
    values = np.array([2 * (1 + np.log(2)), 1.0])
    of_words = values @ [1.0, -1.0] / np.sqrt(values @ values)
    assert by_hand.forecast(["Кот и кот."], readable).mean == pytest.approx(expit(-3 + 0.25 + 2 * 0.5 + of_words))
    assert replace(by_hand, never={"no photo": ["like"]}).forecast(["Кот и кот."], readable).mean == 0


@needs_node
def test_the_script_forecasts_as_we_do(page):
    posts = simulate(500, 5).posts[["text", "photo"]]
    texts = [*posts["text"], *AWKWARD, *map(" ".join, pairwise(AWKWARD))]
    mixed = [f"{awkward} {text}" for awkward, text in zip(AWKWARD * 5, posts["text"][::3], strict=False)]
    drafts = pd.DataFrame({"text": [*texts, *mixed]})
    drafts["photo"] = pd.Series([*posts["photo"], *[None] * (len(drafts) - 500)], dtype=object)
    assert len(drafts) >= 700
    readable, cleaned = readable_features(drafts), [clean_text(text) for text in drafts["text"]]
    known = sorted({term for text in AWKWARD for term in terms_of(clean_text(text))})
    numbers = np.random.default_rng(0).integers(1, round(1 / UNIT), (len(known), 1 + len(page.activities)))
    of = replace(page, terms=page.terms | dict(zip(known, numbers.tolist(), strict=True)))
    given = {"data": asdict(of), "drafts": list(zip(features_of(readable), cleaned, strict=True))}
    code = "given.drafts.map(([f, text]) => [page.terms(given.data, text), page.rates(given.data, f, text)])"
    found = by_the_page(code, **given)
    assert [terms for terms, _ in found] == [terms_of(text) for text in cleaned]
    ours = pd.DataFrame(of.forecast(drafts["text"].tolist(), readable).mean, columns=page.activities)
    theirs = pd.DataFrame([rates for _, rates in found])
    np.testing.assert_allclose(theirs[page.activities], ours, rtol=1e-9)
    slopes = np.linspace(-4, 4, len(page.activities))
    of = replace(page, dispersion=[(1.0, slope) for slope in slopes])
    asked = [(name, mean) for name in page.activities for mean in (1e-9, 1e-4, 0.3, 0.999)]
    theirs = by_the_page("given.asked.map((a) => page.rho(given.data, ...a))", data=asdict(of), asked=asked)
    of_both = [rho_at(logit(mean), of.dispersion[page.activities.index(name)]) for name, mean in asked]
    np.testing.assert_allclose(theirs, of_both, rtol=1e-9)
    assert (ours["open_photo"] == 0).any() and not (ours["like"] == 0).any()


@needs_node
def test_letters_and_digits_are_those_of_python():
    """Python's Unicode is older than that of a browser, which knows more letters."""
    code = "[...Array(0x110000).keys()].filter((c) => /^[\\p{L}\\p{N}]$/u.test(String.fromCodePoint(c)))"
    theirs = {chr(code) for code in by_the_page(code)}
    ours = {chr(code) for code in range(sys.maxunicode + 1) if chr(code).isalnum()}
    assert ours <= theirs and all(unicodedata.category(char) == "Cn" for char in theirs - ours)


@needs_node
def test_the_script_gives_the_same_counts():
    rng = np.random.default_rng(0)
    means, views = 10 ** rng.uniform(-6, -0.05, 320), 10 ** rng.uniform(0, 5, 320)
    spreads, levels = [0.0, 1e-6, 1e-4, 0.001, 0.01, 0.05, 0.3, 0.9] * 40, rng.choice([0.5, 0.9, 0.95], 320).tolist()
    cases = list(zip(means.tolist(), spreads, views.astype(int).tolist(), levels, strict=True))
    cases += [(m, r, 10**6, 0.9) for m in (2e-5, 0.004, 0.3) for r in (0.0, 0.0005, 0.02)] + [(0.0, 0.1, 100, 0.9)]
    found = by_the_page("given.cases.map((c) => page.counts(...c))", cases=cases)
    mean, rho, views, level = (np.array(column) for column in zip(*cases, strict=True))
    for of in np.unique(level):
        at = level == of
        ours = np.column_stack(count_range(views[at], mean[at], rho[at], of)).tolist()
        assert [[*row.values()] for row, there in zip(found, at, strict=True) if there] == ours

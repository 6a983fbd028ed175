from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lib.models.registry import BASELINE, TRUTH
from lib.report import gallery, plots_diagnostics, reference_sentences, sentences, style
from lib.study import conversions, diagnostics, scores
from lib.study.study import open_study


@pytest.fixture(scope="module")
def plain(small, tmp_path_factory):
    """A real feed of which nothing is known but counts: no texts, no photos."""
    path = tmp_path_factory.mktemp("posts") / "posts.csv"
    small.posts.assign(photo="", text="").to_csv(path, index=False)
    return open_study(path)


def outside(table, value):
    return (table[value] < table["low"]) | (table[value] > table["high"])


def test_the_truth_stays_within_its_bands(small):
    """What made the counts leaves about one band in twenty, far fewer than a forecast that is plainly wrong."""
    tables = [
        (diagnostics.pit_histogram(small, TRUTH), "density"),
        (diagnostics.reliability(small, TRUTH), "observed"),
        (diagnostics.residuals(small, TRUTH, diagnostics.by_views(small)), "value"),
    ]
    for table, value in tables:
        assert table["name"].unique().tolist() == small.activities
        assert outside(table, value).mean() < 0.2
        assert not diagnostics.departures(outside(table, value))[2]


def test_a_forecast_that_is_wrong_is_found_out(small, monkeypatch):
    rates = small.forecast(TRUTH)
    wrong = type(small)(small.path, small.rows)
    known = {name: getattr(small, name) for name in ("posts", "split", "counts", "posts_with_one")}
    wrong.__dict__.update(known)
    twice = type(rates)(np.minimum(2 * rates.mean, 0.99), rates.rho)
    monkeypatch.setattr(type(small), "forecast", lambda study, name: twice if study is wrong else rates)
    monkeypatch.setattr(diagnostics, "_replicates", diagnostics._replicates.__wrapped__)
    pit = diagnostics.pit_histogram(wrong, "twice")
    assert diagnostics.departures(outside(pit, "density"))[2]
    ratio = diagnostics.residuals(wrong, "twice", diagnostics.by_views(wrong))["value"]
    assert np.median(ratio) == pytest.approx(0.5, abs=0.15)
    assert (diagnostics.reliability(wrong, "twice").groupby("name")["posts"].sum() == len(small.split.test)).all()


def test_residuals_are_ratios_of_mean_rates(small):
    views = diagnostics.by_views(small)
    table = diagnostics.residuals(small, "text", views)
    test = small.split.test
    row = table.iloc[-1]
    at = test[(views.iloc[test] == row["group"]).to_numpy()]
    a = small.column(row["name"])
    assert row["posts"] == len(at)
    assert row["value"] == pytest.approx(small.rates.iloc[at, a].mean() / small.forecast("text").mean[at, a].mean())
    assert (table["low"] < 1).all() and (table["high"] > 1).all()


def test_groups_cover_every_post(small, plain):
    for study in (small, plain):
        for groups in (diagnostics.by_views(study), diagnostics.by_topic(study)):
            assert len(groups) == len(study.posts) and groups.notna().all()
    assert set(diagnostics.by_topic(small)) == set(small.truth.topic)
    assert diagnostics.by_topic(plain).nunique() == 1


def test_bins_are_of_equally_many_posts_and_hold_their_means(small):
    table = diagnostics.reliability(small, TRUTH, bins=4)
    test = small.split.test
    for name, of in table.groupby("name"):
        mean = small.forecast(TRUTH).mean[test, small.column(name)]
        tied = len(mean) - len(np.unique(mean.astype(np.float32)))
        assert len(of) == 4 and of["posts"].sum() == len(test) and np.ptp(of["posts"]) <= 1 + 2 * tied
        assert of["predicted"].is_monotonic_increasing and (of["low"] < of["high"]).all()
        for column, values in (("predicted", mean), ("observed", small.rates[name].iloc[test])):
            assert np.average(of[column], weights=of["posts"]) == pytest.approx(np.mean(values))


def test_posts_told_the_same_share_a_bin_and_no_gallery_picks_among_them(plain):
    table = diagnostics.reliability(plain, BASELINE)
    assert (table.groupby("name").size() == 1).all() and (table["posts"] == len(plain.split.test)).all()
    rows = gallery.extremes(plain, BASELINE, plain.activities[0])
    assert not len(rows) and "same forecast" in gallery.show(plain, rows, [plain.activities[0]], forecast=BASELINE).data


def test_topics_found_in_the_words_are_named_by_two_of_them(plain, monkeypatch):
    words = (("матч", "достопримечательность", "матчи", "гол"), ("мука", "соль"), ())
    told = SimpleNamespace(words=words, topic=np.arange(len(plain.posts)) % 3)
    for module in (diagnostics, sentences):
        monkeypatch.setattr(module, "open_subject", lambda study: told)
    assert diagnostics.by_topic(plain).head(4).tolist() == ["матч, гол", "мука, соль", "topic 3", "матч, гол"]
    assert "words" in sentences.grouping(plain)


def test_clusters_are_numbered_by_size():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(c, 0.01, (n, 2)) for c, n in ((0, 5), (5, 30), (9, 15))])
    sizes = np.bincount(diagnostics._clusters(values))
    assert (np.diff(sizes) <= 0).all() and sizes.sum() == 50


def test_the_map_has_every_test_post_unless_there_are_no_vectors(small, plain):
    points, rows = diagnostics.map_of_both(small)
    assert points.shape == (len(small.split.test), 2) and np.array_equal(rows, small.split.test)
    assert diagnostics.map_of_both(plain)[0].shape == (0, 2)


def test_surprises_run_from_the_best_told_to_the_worst(small):
    table = diagnostics.surprises(small, "text", each=2)
    assert table["gain"].is_monotonic_decreasing and len(table) == 4
    gain = (scores.log_scores(small, "text") - scores.log_scores(small, BASELINE)).sum(axis=1)
    assert table["gain"].iloc[[0, -1]].tolist() == [gain.max(), gain.min()]
    assert table["post"].iloc[0] == gain.idxmax()
    shown = gallery.show_surprises(small, table).data
    assert shown.count(" nats ·") == 4 and "without features" in shown


def test_published_errors_stand_beside_ours_on_the_original_posts_alone(small, plain, monkeypatch):
    published = diagnostics.facts()
    assert "simulated" in reference_sentences.beside_published(small)
    assert f"{published['rows']:,}" in reference_sentences.beside_published(plain)
    monkeypatch.setattr(diagnostics, "facts", lambda: published | {"rows": len(plain.posts)})
    assert conversions.is_original(plain) and not conversions.is_original(small)
    table = conversions.published_errors(plain)
    ours = conversions.errors(plain).set_index("name").loc[scores.best(plain)]
    assert set(table["best"]) == {ours["weights"], ours["weights_mean"], ours["sum"]}
    assert 0.0218 in table["published"].tolist() and "its own" not in str(table)
    assert "MSE, published" in reference_sentences.beside_published(plain).data


@pytest.mark.parametrize("of", ["small", "plain"])
def test_sentences_and_figures_do_with_any_feed(of, request):
    study = request.getfixturevalue(of)
    name = scores.best(study)
    residuals = [diagnostics.residuals(study, name, g(study)) for g in (diagnostics.by_views, diagnostics.by_topic)]
    assert "bars" in sentences.pit(study, name) and "points" in sentences.reliability(
        diagnostics.reliability(study, name)
    )
    assert all("points" in sentences.residuals(table) or table.empty for table in residuals)
    assert sentences.grouping(study)
    for table, plot in [
        (diagnostics.pit_histogram(study, name), plots_diagnostics.plot_pit),
        (diagnostics.reliability(study, name), plots_diagnostics.plot_means),
        *((table, plots_diagnostics.plot_residuals) for table in residuals),
    ]:
        axes = style.grid(len(study.activities))
        for ax, activity in zip(axes, study.activities, strict=True):
            plot(ax, table, activity)
        style.name_axes(axes, "x")
        assert len(axes[0].figure.axes) == len(study.activities)
        axes[0].figure.canvas.draw()
        plt.close("all")


def test_too_few_posts_are_said_to_be(small):
    groups = pd.Series(np.arange(len(small.posts)) // 3, dtype="category")
    table = diagnostics.residuals(small, "text", groups)
    assert table.empty and "too few" in sentences.residuals(table)
    ax = plots_diagnostics.plot_residuals(style.grid(1)[0], table, "like")
    assert ax.texts[0].get_text() == "too few posts"
    plt.close("all")

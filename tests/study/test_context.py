"""Groups and dates: what the forecasts know of them, and what they are worth on other splits."""

import numpy as np
import pandas as pd
import pytest

from lib.models import BASELINE, BLEND, BLEND_CONTEXT, GROUP, MODELS, load_model, log_score, paired_interval
from lib.posts import read_drafts
from lib.study import PostsFile, open_study, save_model, scores, splits

CONTEXT = [name for name in MODELS if scores.knows_context(name)]


def test_forecasts_know_groups_and_dates_only_where_posts_have_them(small, plain, grouped):
    assert not set(CONTEXT) & {*small.forecasts, *plain.forecasts}
    assert set(CONTEXT) <= set(grouped.forecasts) and len(CONTEXT) == 5
    assert len(grouped.groups) == 6 and "один" not in grouped.groups
    dated = open_study(grouped.posts.assign(group=""))
    assert set(CONTEXT) - set(dated.forecasts) == {GROUP}
    assert all(dated.spec(name).others == MODELS[name].members[:0] for name in CONTEXT[1:4])
    one = open_study(grouped.posts.drop(columns="time").assign(group="one"))
    assert not set(CONTEXT) & set(one.forecasts)


def test_groups_and_dates_leave_the_other_forecasts_as_they_are(grouped):
    without = open_study(grouped.posts.drop(columns=["group", "time"]))
    assert without.key != grouped.key
    for name in (BASELINE, "text"):
        assert np.array_equal(without.forecast(name).mean, grouped.forecast(name).mean)
    assert without.forecasts == [name for name in grouped.forecasts if name not in CONTEXT]


def test_the_group_alone_is_a_rate_for_each_group(grouped):
    likes, test = grouped.column("like"), grouped.split.test
    groups = grouped.posts["group"].to_numpy()
    mean = pd.DataFrame({"group": groups[test], "mean": grouped.forecast(GROUP).mean[test, likes]}).groupby("group")
    assert (mean["mean"].nunique() == 1).all()
    rare = mean["mean"].first()[["кухня", "<b>котики</b> 🐈 @fig-x"]]
    often = mean["mean"].first()[["like", "пёс", "🐈"]]
    assert rare.max() * 1.3 < often.min()
    seen = np.r_[grouped.split.train, test]  # training posts by the model that was fitted without them
    score, plain = (
        log_score(grouped.counts[seen], grouped.views[seen], grouped.forecast(name)[seen])[:, likes]
        for name in (GROUP, BASELINE)
    )
    assert paired_interval(score, plain).low > 0
    gained = scores.gains(grouped, GROUP).set_index("name")["value"]
    assert gained["like"] > 0.02 > abs(gained["comment"])


@pytest.mark.parametrize("name", CONTEXT)
def test_posts_of_no_known_group_have_the_forecast_that_knows_none(grouped, name):
    unknown = ~grouped.posts["group"].isin(grouped.groups).to_numpy()
    ours, theirs = grouped.forecast(name), grouped.forecast(BASELINE if name == GROUP else BLEND)
    assert 0 < unknown.sum() < 20
    for values, whole in ((ours.mean, theirs.mean), *[(ours.rho, np.broadcast_to(theirs.rho, ours.rho.shape))]):
        assert np.array_equal(values[unknown], whole[unknown]) and not np.array_equal(values, whole)


def test_splits_by_time_and_group_leave_the_future_and_strangers_to_the_test(grouped):
    board = splits.by_split(grouped)
    assert list(dict.fromkeys(board["split"])) == ["random", "time", "group"]
    assert (board.groupby("split")["chosen"].sum() == 1).all()
    at_random = board[board["split"] == "random"].set_index("name")
    assert at_random.loc[GROUP, "value"] == scores.gain(grouped, GROUP).value
    assert at_random.index[at_random["chosen"]].tolist() == [scores.best(grouped)]
    strangers = board[board["split"] == "group"]
    assert GROUP not in set(strangers["name"]) and (strangers["groups"] == 2).all()
    assert (board["low"] <= board["value"]).all() and (board["value"] <= board["high"]).all()


def test_a_feed_without_groups_and_dates_has_no_other_splits(plain, grouped):
    assert splits.by_split(plain).empty
    same_day = grouped.posts.drop(columns="group").assign(time=pd.Timestamp("2024-01-01"), text="")
    for posts in (same_day, plain.posts.assign(group="")):
        assert splits.by_split(open_study(posts)).empty


def test_columns_of_a_file_are_named_by_variables(grouped, tmp_path, monkeypatch):
    path = tmp_path / "posts.csv"
    text = grouped.source.path.read_text(encoding="utf-8").replace(",group,time\n", ",channel,published\n", 1)
    path.write_text(text, encoding="utf-8")
    assert "group" not in open_study(path).posts
    monkeypatch.setenv("POSTS_GROUP", "channel")
    monkeypatch.setenv("POSTS_TIME", "published")
    named = open_study(path)
    pd.testing.assert_frame_equal(named.posts[["group", "time"]], grouped.posts[["group", "time"]])
    assert len({PostsFile(path, *of).key for of in [(), ("channel",), (None, "channel")]}) == 3


def test_a_saved_model_knows_groups_of_drafts(grouped, tmp_path):
    save_model(grouped, tmp_path, BLEND_CONTEXT)
    model = load_model(tmp_path)
    assert model.groups == list(grouped.groups)
    test = grouped.split.test[:12]
    drafts = grouped.posts.iloc[test][["text", "group", "time"]].assign(text=lambda t: t["text"].replace("", "текст"))
    drafts.to_csv(tmp_path / "drafts.csv", index=False)
    read = read_drafts(tmp_path / "drafts.csv")
    shown = (grouped.posts["text"].to_numpy()[test] != "") & grouped.posts["time"].notna().to_numpy()[test]
    expected = grouped.forecast(BLEND_CONTEXT).mean[test]
    assert model.predict(read).mean[shown] == pytest.approx(expected[shown], rel=1e-5)
    whole = model.predict(read.drop(columns=["group", "time"])).mean
    assert whole == pytest.approx(model.predict(read.assign(group="чужая")).mean)
    assert whole[shown] == pytest.approx(grouped.forecast(BLEND).mean[test][shown], rel=1e-5)

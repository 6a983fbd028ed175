import numpy as np
import pytest

from lib.models import BASELINE
from lib.study import errors, groups, scores


def test_the_kinds_of_a_way_hold_every_test_post_once(small, plain):
    ways = errors.kinds(small)
    assert set(ways) == {errors.VIEWS, errors.TOPIC, errors.PHOTO, errors.TEXT, errors.LIKENESS}
    for of in ways.values():
        assert len(of) == len(small.posts) and of.iloc[small.split.test].notna().all()
    words = small.readable["text"]["words"].to_numpy()
    assert (ways[errors.TEXT] == "no words").tolist() == (words == 0).tolist()
    assert not {errors.PHOTO, errors.TEXT} & set(errors.kinds(plain))


def test_posts_whose_copies_were_taken_out_are_a_kind_of_their_own(small):
    of, split = errors.kinds(small)[errors.LIKENESS], small.split
    copied = [row for row in split.test if split.groups[row] in set(split.groups[split.removed])]
    assert np.flatnonzero(of == errors.NEAR[-1]).tolist() == sorted(copied)
    cosine = groups.nearest_cosine(small)
    least, most = (cosine[(of.iloc[split.test] == name).to_numpy()] for name in (errors.NEAR[0], errors.NEAR[2]))
    assert least.max() < most.min()


def test_skill_is_the_gain_of_the_posts_of_a_kind(small, plain):
    table = errors.skill(small, "text").set_index(["by", "name"])
    gain = (scores.log_scores(small, "text") - scores.log_scores(small, BASELINE)).mean(axis=1).to_numpy()
    name = table.loc[errors.TEXT].index[0]
    at = (errors.kinds(small)[errors.TEXT].iloc[small.split.test] == name).to_numpy()
    row = table.loc[(errors.TEXT, name)]
    assert row["value"] == pytest.approx(gain[at].mean()) and row["posts"] == at.sum()
    assert row["more"] == pytest.approx(gain[at].mean() - gain[~at].mean())
    assert (table["posts"] >= groups.LEAST_POSTS).all()
    assert errors.skill(plain, BASELINE)[["p", "left"]].isna().all(axis=None)


def test_a_topic_that_is_left_out_is_left_out(small, plain, monkeypatch):
    seen, fit = [], errors.Linear.fit
    monkeypatch.setattr(groups, "LEAST_POSTS", 3)
    monkeypatch.setattr(errors.Linear, "fit", lambda self, of, k, *rest: seen.append(len(k)) or fit(self, of, k, *rest))
    _, keep = small.fitted("vectors"), type(small).keep

    def fresh(self, name, step, compute, *of):
        return compute() if step is errors.new_topics else keep(self, name, step, compute, *of)

    monkeypatch.setattr(type(small), "keep", fresh)
    table = errors.new_topics(small).set_index("name")
    train = small.truth.topic[small.split.train]
    assert len(table) == errors.TOPICS
    assert seen == [len(train), *((train != name).sum() for name in table.index)]
    assert table["lost"].to_numpy() == pytest.approx((table["known"] - table["value"]).to_numpy())
    assert errors.new_topics(plain).empty


def test_misses_are_the_posts_with_the_largest_losses(small, plain):
    found = errors.misses(small, "text", 5)
    loss = (scores.log_scores(small, "text") - scores.log_scores(small, BASELINE)).sum(axis=1).sort_values()
    assert found["post"].tolist()[::-1] == loss.index[:5].tolist()
    assert (found["high"] == (found["predicted"] > found["observed"])).all()
    assert errors.misses(plain, BASELINE).empty


def test_what_posts_have_in_common_comes_first(small):
    test = small.split.test
    topic = small.truth.topic[test]
    name = groups.by_topic(small).iloc[test].value_counts().index[0]
    row = errors.in_common(small, test[topic == name][:8]).iloc[0]
    assert (row["by"], row["name"], row["among"]) == (errors.TOPIC, name, 8)
    assert row["usual"] == pytest.approx(8 * (topic == name).mean())

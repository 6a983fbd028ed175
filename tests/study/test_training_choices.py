from types import SimpleNamespace

import pytest

from lib.report import choice_sentences
from lib.study import SimulatedFeed, training_choices


@pytest.mark.parametrize("kind", [training_choices.LOSS, training_choices.TASKS, training_choices.SETTINGS])
def test_every_model_has_the_house_s_choice_first_and_one_that_is_chosen(kind):
    for _, rows in training_choices.table(kind).groupby("model"):
        assert rows["house"].tolist() == [True] + [False] * (len(rows) - 1)
        assert (
            rows["chosen"].sum() == 1 and rows.loc[rows["chosen"], "cross_fitted"].item() == rows["cross_fitted"].max()
        )
        scored = rows["value"].notna() if "value" in rows else rows["house"] & False
        assert not (scored & rows["house"]).any()
        if kind == training_choices.SETTINGS:
            assert (scored == (rows["chosen"] & ~rows["house"])).all()  # a search sees no test post


def test_the_figures_are_those_of_the_default_feed_alone():
    for rows, world, same in ((4000, "plain", True), (300, "plain", False), (4000, "heavy-tails", False)):
        study = SimpleNamespace(simulated=True, source=SimulatedFeed(rows, world=world))
        assert training_choices.of_this_feed(study) == same
        assert ("not this one" in choice_sentences.source(study)) != same
    assert not training_choices.of_this_feed(SimpleNamespace(simulated=False, source=SimulatedFeed(4000)))


def test_every_sentence_and_table_can_be_made():
    for said in (
        choice_sentences.sizes(),
        choice_sentences.losses(),
        choice_sentences.tasks(),
        choice_sentences.search(),
    ):
        assert said and "nan" not in said and "not defined" not in said
    assert len(choice_sentences.comparison()) > len(training_choices.table(training_choices.TASKS))
    assert choice_sentences.searched()["mark"].str.contains("the house's").sum() == len(
        set(choice_sentences.searched()["model"])
    )

"""Everything that a study keeps comes back from its file equal to what was computed, to the last bit."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from sameness import same

from lib.advice import double_ml_effects, study_estimates
from lib.models import forecast_posts
from lib.study import Study, ablations, count_models, explanations, groups, open_study, scores


@dataclass(frozen=True, eq=False)
class Watched(Study):
    """A study that notes what it computes and what it keeps, by the name of the result."""

    computed: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)

    def keep(self, name, step, compute, *inputs):
        def noted():
            self.computed[name] = compute()
            return self.computed[name]

        self.kept[name] = super().keep(name, step, noted, *inputs)
        return self.kept[name]


def everything(study):
    """The results of every kind, and the predictions of every model."""
    activity = study.activities[0]
    found = {name: study.forecast(name) for name in study.forecasts}
    found["seconds"] = [study.fit_seconds(name) for name in study.forecasts]
    found["posts"] = study.posts, study.truth
    found["controls"] = study.controls
    found["trials"] = [ablations.by_components(study, "photo"), ablations.by_posts(study, "photo")]
    found["count models"] = [count_models.fitted(study), count_models.replicates(study)]
    found["explanations"] = [explanations.covered(study, activity), explanations.left_out(study, activity)]
    found["groups"] = [groups.by_topic(study), groups.map_of_both(study)]
    found["scores"] = [scores.gains(study, "text"), scores.leaderboard(study), scores.pit(study, "text")]
    found["advice"] = [study_estimates(study), double_ml_effects(study)]
    return found


@pytest.mark.slow
def test_what_is_kept_equals_what_was_computed(tmp_path):
    few = open_study(rows=100)
    first, later = (Watched(few.source, few.encoders, tmp_path) for _ in range(2))
    results = everything(first)
    assert set(first.kept) == set(first.computed) and len(first.kept) > 35
    for name, value in first.computed.items():
        assert same(value, first.kept[name]), name
    assert same(everything(later), results)
    for name in later.forecasts:  # a model that was read forecasts what it forecast when it was fitted
        spec, test = later.spec(name), later.split.test
        blocks = {block: later.blocks[block][test] for block in spec.blocks}
        members = [later.forecast(member)[test] for member in spec.members]
        fitted = later.fitted(name)
        found = forecast_posts(spec, fitted.model, fitted.structure, blocks, len(test), members)
        # to rounding: a product of matrices in float32 depends on the number of rows
        np.testing.assert_allclose(found.mean, first.computed[f"forecast-{name}"].mean[test], rtol=1e-5)
    assert not later.computed and set(later.kept) == set(first.kept)

"""The keys of kept results: which code each of them depends on."""

import ast
import importlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import lib
from lib.advice import double_ml_effects, study_estimates
from lib.embedding import photo_encoder, text_encoder
from lib.features import block_makers
from lib.models import BASELINE, ReferenceAnswer
from lib.simulation import simulate
from lib.storage import code_digest
from lib.storage.cache import sources
from lib.study import (
    Study,
    ablations,
    conversions,
    count_models,
    diagnostics,
    errors,
    explanations,
    groups,
    importance,
    joint,
    match,
    own_models,
    scores,
    splits,
    usual,
    worth,
)

PACKAGE = Path(lib.__file__).parent
STEP_AT = {"keep": 1, "code_digest": 0}  # which argument of a call is the step
PASSED_ON = {("lib.study.study", "step"), ("lib.features.blocks", "maker")}  # parameters, no names of a module


def calls(package):
    """Calls of ``keep`` and ``code_digest`` in ``lib``: what is called, in which module, the step as it is written."""
    for path in sorted(package.rglob("*.py")):
        module = ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
            if called in STEP_AT:
                yield called, module, ast.unparse(node.args[STEP_AT[called]])


def resolved(module, expression):
    """The object that a dotted name stands for in a module."""
    found = importlib.import_module(module)
    for name in expression.split("."):
        found = getattr(found, name)
    return found


NAMED = [call for call in calls(PACKAGE) if call[1:] not in PASSED_ON]
STEPS = sorted({resolved(*call[1:]) for call in NAMED}, key=lambda step: (step.__module__, step.__qualname__))


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of ``lib`` that nobody edits while the tests run."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(PACKAGE, tmp_path_factory.mktemp("package") / "lib", ignore=ignored)


@dataclass(frozen=True, eq=False)
class Recorder(Study):
    """A study that notes each step whose result it keeps."""

    steps: dict = field(default_factory=dict)

    def keep(self, name, step, compute, *inputs):
        self.steps[name] = step
        if step is ReferenceAnswer:  # takes minutes to fit
            return np.zeros(len(self.posts))
        return super().keep(name, step, compute, *inputs)


def test_every_kept_result_of_a_real_feed_names_its_step(plain, tmp_path):
    study = Recorder(plain.source, plain.encoders, tmp_path)  # nothing is kept there yet, so no step is passed over
    activity = study.activities[0]
    for name in study.forecasts:
        study.forecast(name)
    for kind in ("photo", "text"):
        ablations.by_encoder(study, kind)
        ablations.by_components(study, kind)
    ablations.by_posts(study, "text")
    ablations.with_words_read(study)
    conversions.predicted(study, conversions.REFERENCE, "weights")
    count_models.replicates(study)
    explanations.covered(study, activity)
    explanations.left_out(study, activity)
    errors.skill(study, BASELINE)
    errors.new_topics(study)
    groups.by_topic(study)
    groups.map_of_both(study)
    diagnostics.checks(study, BASELINE)
    importance.by_block(study)
    importance.by_feature(study)
    importance.by_lever(study)
    importance.curves(study)
    match.effects(study)
    match.gain(study)
    joint.conversion_intervals(study, BASELINE)
    joint.joint_scores(study, BASELINE)
    own_models.trained(study, own_models.TEXT)
    scores.best(study)
    scores.by_gain(study, "text")
    scores.gains(study, "text")
    splits.by_split(study)
    scores.leaderboard(study)
    scores.pit(study, "text")
    usual.comparison(study)
    worth.evidence_table(study, BASELINE)
    worth.order_table(study)
    worth.costs(study)
    study_estimates(study)
    double_ml_effects(study)
    simulated_only = {ablations.with_lettering}  # the words on real photos aren't known
    kept = {resolved(*call[1:]) for call in NAMED if call[0] == "keep"}
    assert set(study.steps.values()) == kept - simulated_only
    for name, step in study.steps.items():
        assert step is ReferenceAnswer or list(study.folder.glob(f"{name}-*"))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: f"{step.__module__}.{step.__qualname__}")
def test_a_step_draws_on_the_simulation_only_if_it_simulates(step):
    assert not isinstance(step, ModuleType)
    drawn = {name.split(".")[1] for name in sources(step)}
    assert ("simulation" in drawn) == (step is simulate)
    assert not drawn & {"report", "render"}


def test_the_makers_of_blocks_draw_on_no_simulation():
    makers = block_makers({"text": text_encoder("navec-sif"), "photo": photo_encoder("thumbnail")})
    readers = [maker["name"] for block, maker in makers.items() if not block.endswith("_vector")]
    assert len(readers) == 8
    assert not any(name.startswith("lib.simulation") for reader in readers for name in sources(reader))


@pytest.mark.parametrize(
    ("changed", "again"),
    [
        ("simulation/**/*.py", {"simulate"}),
        ("simulation/phrases.toml", {"simulate"}),
        ("report/*.py", set()),
        ("study/study.py", set()),
        ("study/groups.py", {"by_photo", "by_topic", "map_of_both", "checks", "new_topics", "skill"}),
        ("advice/effects.py", {"estimate", "figures_of_tests"}),
        (
            "models/reference.py",
            {"ReferenceAnswer", "conversion_intervals", "costs", "evidence_table", "order_table"},
        ),
        ("models/own.py", {"fit_own"}),
        ("models/pieces.py", {"fit_own"}),
        ("posts/duplicates.py", {"by_split", "compare", "split_posts"}),
        ("posts/read.py", {"read_posts", "simulate", "figures_of_tests"}),
    ],
)
def test_a_change_of_code_computes_its_own_steps_again_and_no_others(package, tmp_path, changed, again):
    other = shutil.copytree(package, tmp_path / "lib")
    files = list(other.glob(changed))
    assert files
    for file in files:
        with open(file, "a", encoding="utf-8") as opened:
            opened.write("\n# changed")
    assert {step.__name__ for step in STEPS if code_digest(step, other) != code_digest(step, package)} == again

import numpy as np
import pytest
from sklearn.decomposition import PCA

from lib.features import PAGE_BLOCKS, ROWS_PER_COMPONENT, Design, present


def made(n=200, dim=40, seed=0, absent=0.3):
    """Features with a few directions of large variance; a share of the posts lacks them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 4)) @ rng.normal(size=(4, dim)) + rng.normal(scale=0.3, size=(n, dim)) + 5
    values[rng.random(n) < absent] = np.nan
    return values


def test_absence_is_a_column_and_an_absent_block_is_its_mean():
    values = made(dim=3)
    columns = Design().fit({"block": values}).transform({"block": values})
    there = present(values)
    assert columns.shape == (200, 1 + 3 + 1) and (columns[:, 0] == 1).all()
    assert (columns[:, -1] == ~there).all() and not columns[~there, 1:-1].any()
    assert columns[there, 1:-1].mean(0) == pytest.approx(0, abs=1e-9)
    assert columns[there, 1:-1].std(0) == pytest.approx(1)


def test_without_absent_posts_there_is_no_column_of_absence():
    design = Design().fit({"block": made(dim=3, absent=0)})
    assert design.transform({"block": made(dim=3, seed=1)}).shape == (200, 1 + 3)
    assert design.penalties().tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize(("components", "width"), [(10, 10), (1000, 200 // ROWS_PER_COMPONENT)])
def test_a_wide_block_becomes_its_leading_components(components, width):
    values = made(dim=60, absent=0)
    columns = Design(components).fit({"block": values}).transform({"block": values})[:, 1:]
    standard = (values - values.mean(0)) / values.std(0)
    expected = PCA(width, svd_solver="full").fit_transform(standard)
    assert columns.shape == (200, width)
    np.testing.assert_allclose(np.abs(columns), np.abs(expected), atol=1e-8)


def test_a_component_of_little_variance_has_a_large_penalty():
    values = made(dim=60)
    design = Design(20).fit({"block": values})
    penalties = design.penalties()
    columns = design.transform({"block": values})
    variance = columns[present(values), 1:-1].var(0, ddof=1)
    assert penalties.shape == (columns.shape[1],) == (22,)
    assert penalties[[0, 1, -1]].tolist() == [0, 1, 1] and (np.diff(penalties[1:-1]) >= 0).all()
    assert penalties[1:-1] == pytest.approx(variance[0] / variance)


def test_leading_columns_are_those_of_a_design_with_fewer_components():
    blocks = {"wide": made(dim=60), "narrow": made(dim=3, seed=1, absent=0)}
    design, fewer = Design(20).fit(blocks), Design(5).fit(blocks)
    seen = design.transform(blocks)[:, design.leading(5)]
    assert seen.shape == (200, 1 + 5 + 1 + 3)
    np.testing.assert_allclose(seen, fewer.transform(blocks), atol=1e-9)


def test_components_of_rounding_are_dropped():
    rank = np.random.default_rng(0).normal(size=(200, 2)) @ np.random.default_rng(1).normal(size=(2, 60))
    assert Design(30).fit({"block": rank}).transform({"block": rank}).shape == (200, 1 + 2)


def test_a_constant_feature_says_nothing_of_a_post_far_from_it():
    values = made(dim=3, absent=0)
    values[:, 1] = 0.1 + 1e-9 * np.random.default_rng(0).normal(size=200)
    design = Design().fit({"block": values})
    far = values.copy()
    far[:, 1] = 1e6
    np.testing.assert_array_equal(design.transform({"block": far}), design.transform({"block": values}))


@pytest.mark.parametrize("dim", [3, 60], ids=["narrow", "rotated"])
def test_columns_stay_in_the_range_of_the_posts_of_the_fit(dim):
    values = made(dim=dim)
    design = Design(20).fit({"block": values})
    seen = design.transform({"block": values})
    block = design.blocks_["block"]
    there = present(values)
    free = (values[there] - block.mean) / block.scale
    np.testing.assert_array_equal(seen[there, 1:-1], free @ block.axes if dim == 60 else free)
    far = design.transform({"block": np.vstack([values[there][:20] * factor for factor in (1e6, -1e6, 1.01)])})
    assert (far >= seen.min(0)).all() and (far <= seen.max(0)).all()


@pytest.mark.parametrize("having", [0, 1])
def test_a_block_that_almost_nobody_has_gives_no_columns(having):
    values = np.full((60, 4), np.nan)
    values[:having] = 1.0
    blocks = {"nobody": values, "block": made(60, dim=3, absent=0)}
    assert Design().fit(blocks).transform(blocks).shape == (60, 1 + 3)


def test_columns_of_a_post_do_not_depend_on_the_other_posts():
    design, values = Design(20).fit({"block": made(dim=60)}), made(50, dim=60, seed=1)
    together = design.transform({"block": values})
    alone = np.vstack([design.transform({"block": values[[i]]}) for i in range(50)])
    np.testing.assert_allclose(alone, together, rtol=1e-9, atol=1e-9)


def test_its_arrays_give_it_back():
    blocks = {"wide": made(dim=60), "narrow": made(dim=3, absent=0)}
    design = Design(20).fit(blocks)
    again = Design.from_arrays(design.arrays())
    assert again.components == 20 and again.arrays().keys() == design.arrays().keys()
    np.testing.assert_array_equal(again.transform(blocks), design.transform(blocks))
    np.testing.assert_array_equal(again.penalties(), design.penalties())


def test_a_page_can_compute_columns_by_feature_and_by_term():
    values = made(60, dim=20, absent=0)
    design = Design().fit({name: values for name in PAGE_BLOCKS})
    assert [design.blocks_[name].axes.shape[1] for name in PAGE_BLOCKS] == [0, 0, 60 // ROWS_PER_COMPONENT]
    near, far = (np.abs(design.transform({n: values * size for n in PAGE_BLOCKS})).max(0) for size in (1, 1000))
    assert (far > 2 * near).tolist() == [False] * 41 + [True] * 12

import numpy as np
import pytest
import torch
from tiny_models import Letters, long_tailed, noise

from lib.embedding import Batches, embed
from lib.embedding.packaged import Lite0Photo
from lib.embedding.vectors import SHARD
from lib.features import present


def test_batches_hold_little_padding_and_keep_to_the_budget():
    encoder = Letters()
    embed(long_tailed(3 * SHARD), encoder)
    padded = [len(b) * max(map(len, b)) for b in encoder.batches]
    assert max(padded) <= 400
    assert sum(map(len, encoder.seen)) >= 0.9 * sum(padded)
    assert len(encoder.batches[0][0]) == max(map(len, encoder.seen)), "longest first"


def test_batch_size_is_the_most_items_in_a_batch():
    encoder = Letters()
    embed(long_tailed(100), encoder, batch_size=3)
    assert max(map(len, encoder.batches)) == 3


def test_each_sample_gets_its_vector_and_none_is_left_out():
    samples, found = ["ааа", None, "а", "ббббб", "аа"], {}
    batches = Batches(lambda batch: np.array([[len(s)] for s in batch], float), budget=6)
    for positions, vectors in batches.run(samples, [len(s or "") for s in samples]):
        found |= dict(zip(positions.tolist(), vectors[:, 0].tolist(), strict=True))
    assert found == {0: 3, 2: 1, 3: 5, 4: 2}


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of"),
        torch.AcceleratorError("CUDA error: out of memory", 2),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
    ids=["python", "CPU", "CUDA", "driver", "cuBLAS"],
)
def test_a_batch_that_does_not_fit_is_halved(error):
    texts = long_tailed(300)
    small = Letters(most=110, error=error)
    small.budget = {"cpu": 5000}
    texts = [t for t in texts if len(t) <= 110]
    np.testing.assert_array_equal(embed(texts, small), embed(texts, Letters()))
    assert sorted(small.seen) == sorted(texts)


def test_photos_that_do_not_fit_are_halved_and_what_fitted_is_kept():
    """A network as on a small GPU: more than three photos at once are too many. Each photo is computed once."""
    sizes = []

    class Small(Lite0Photo):
        def load(self, device):
            def forward(samples):
                if len(samples) > 3:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
                sizes.append(len(samples))
                return np.stack([np.resize(sample, self.dim) for sample in samples]).astype(np.float32)

            return forward

    encoder = Small()
    encoder.budget = {"cpu": 16}
    photos = [noise(seed=i) for i in range(20)]
    vectors = embed(photos, encoder, device="cpu")
    assert sum(sizes) == 20 and max(sizes) == 2 and present(vectors).all()
    np.testing.assert_array_equal(vectors, [np.resize(encoder.prepare(p), encoder.dim) for p in photos])


def test_one_item_that_does_not_fit_is_an_error():
    with pytest.raises(MemoryError, match="one item of length 50 "):
        embed(["о" * 50], Letters(most=49))


def test_other_errors_are_not_swallowed():
    def fail(samples):
        raise RuntimeError("shapes don't match")

    with pytest.raises(RuntimeError, match="shapes"):
        list(Batches(fail, 10).run(["а"], [1]))
    with pytest.raises(ArithmeticError, match="finite"):
        list(Batches(lambda s: np.full((1, 3), np.inf), 10).run(["а"], [1]))

from threadpoolctl import threadpool_info

from lib.betabinomial.blas import one_blas_thread


def test_blas_threads_are_restored():
    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    with one_blas_thread(), one_blas_thread():
        assert set(threads()) == {1}
    assert threads() == before

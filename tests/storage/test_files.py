import pytest

from lib.storage.files import replacing, write_whole


@pytest.mark.parametrize("before", [None, b"a longer text than the new one"])
def test_a_file_is_written_or_replaced_and_nothing_else_is_left(tmp_path, before):
    path = tmp_path / "a.bin"
    if before is not None:
        path.write_bytes(before)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("before", [None, b"old"])
@pytest.mark.parametrize("begun", [True, False])
def test_an_error_leaves_the_folder_as_it_was(tmp_path, error, before, begun):
    path = tmp_path / "a.bin"
    if before is not None:
        path.write_bytes(before)
    with pytest.raises(error), replacing(path) as partial:
        assert partial.parent == tmp_path and partial != path
        if begun:
            partial.write_bytes(b"half")
        raise error
    assert [file.read_bytes() for file in tmp_path.iterdir()] == ([] if before is None else [before])


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    path = tmp_path / "a.bin"
    with replacing(path) as one, replacing(path) as two:
        one.write_bytes(b"one")
        two.write_bytes(b"two")
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]

"""Which tables a file, a folder or a pattern stands for."""

import pytest

from lib.posts import PostsError, is_many, named_after, tables


def test_files_folders_and_patterns_of_tables(tmp_path):
    folder = tmp_path / "posts[1].csv"  # a name with the letters of a pattern
    folder.mkdir()
    names = ("a.csv", "b.CSV.gz", "c.parquet", "d.zip", "e*.csv")
    for name in (*names, ".f.csv", "a.rejected.csv", "a.predictions.csv", "notes.txt"):
        (folder / name).touch()
    (folder / "g.csv").mkdir()
    found = [folder / name for name in names]
    assert tables([folder]) == tables([str(folder), folder / "a.csv"]) == sorted(found)
    assert tables([folder / "a.rejected.csv"]) == [folder / "a.rejected.csv"]  # the name of a file is taken at its word
    assert tables([folder / "e*.csv"]) == [folder / "e*.csv"]
    assert tables([tmp_path / "*/[ac].*"]) == [folder / "a.csv", folder / "c.parquet"]
    assert [is_many(path) for path in (folder, folder / "a.csv", folder / "e*.csv", "?.csv", "a\x1b[3m.csv")] == [
        *(True, False, False, True, False)
    ]
    assert named_after(found[:1]) == folder / "a.csv" and named_after(found) == folder


def test_an_output_for_the_working_folder_has_its_name(tmp_path, monkeypatch):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert named_after(tables(["."])) == named_after(tables(["*.csv"])) == tmp_path


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("folder", "neither a table, nor a folder or a pattern of tables .*Check the name and the folder"),
        ("*.csv", "neither a table, nor a folder"),
        ("none.csv", "there is no such file. Check the name and the folder"),
    ],
)
def test_what_stands_for_no_table_is_refused(tmp_path, given, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.rejected.csv").touch()
    (tmp_path / "folder" / "notes.txt").touch()
    with pytest.raises(PostsError, match=message):
        tables([tmp_path / given])

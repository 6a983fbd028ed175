"""Drafts: what is read, what is set aside and why, what is refused."""

import pytest
from post_files import PHOTO, PHOTO_FIELD, row, text_of, write

from lib.posts.drafts import read_drafts
from lib.posts.read import read_posts
from lib.posts.refusals import printable
from lib.posts.table import PostsError


def test_rows_that_cannot_be_used_are_set_aside_with_reasons(tmp_path):
    content = text_of(
        [5000, PHOTO_FIELD, "Первый", "x"],
        ["", "", "second", ""],
        ["NA", PHOTO_FIELD, "", ""],
        [0, PHOTO_FIELD, "third", ""],
        ["-3", PHOTO_FIELD, "", ""],
        ["2.5", PHOTO_FIELD, "", ""],
        ["10000000000", PHOTO_FIELD, "", ""],
        [10, "", "&nbsp;", ""],
        [10, "https://example.org/a.jpg", "a link for a photo", ""],
        [10, "https://example.org/a.jpg", "", ""],
        [10, PHOTO_FIELD, "too few fields"],
        ["1e3", "", "last", ""],
        header=["view", "photo", "text", "like"],
    )
    found = read_drafts(write(tmp_path, content))
    assert found["row"].tolist() == [2, 3, 4, 10, 13]
    assert found["view"].isna().tolist() == [False, True, True, False, False]
    assert found["view"].dropna().tolist() == [5000, 10, 1000]
    assert found["text"].tolist() == ["Первый", "second", "", "a link for a photo", "last"]
    assert found["photo"].notna().tolist() == [True, False, True, False, False]
    assert found.attrs["rejected"][["row", "reason"]].to_numpy().tolist() == [
        [5, "view is zero"],
        [6, "view is negative"],
        [7, "view is fractional"],
        [8, "view is over 100,000,000"],
        [9, "no text and no photo that can be read"],
        [11, "no text and no photo that can be read"],
        [12, "3 fields where the header has 4"],
    ]
    assert found.attrs["photo_problems"]["row"].tolist() == [10, 11]
    assert found.attrs["ignored_columns"] == ("like",)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("view,like\n1,2\n", "neither a column text nor a column photo"),
        ("text,text\na,b\n", "more than once"),
        ("view;text\n1;a\n", "semicolons"),
        ("text\n", "no posts below"),
        ("text,view\n,5\na,0\n", "none of its 2 rows"),
        ("text,photo\n,x\n", "none of its 1 rows"),
    ],
)
def test_what_is_no_table_of_drafts_is_refused(tmp_path, content, says):
    path = write(tmp_path, content)
    with pytest.raises(PostsError, match=says) as refused:
        read_drafts(path)
    assert str(path) in str(refused.value)


def test_posts_and_drafts_are_read_alike(tmp_path):
    path = write(tmp_path, text_of(row(view="900"), row(view="800", text="b", photo="")))
    posts, found = read_posts(path), read_drafts(path)
    for column in ("view", "text", "photo"):
        assert found[column].tolist() == posts[column].tolist()


def test_drafts_without_a_column_of_views_have_none(tmp_path):
    found = read_drafts(write(tmp_path, text_of(["a"], ["b"], header=["text"])))
    assert list(found) == ["row", "view", "text", "photo"]
    assert found["view"].dtype == "Int64" and found["view"].isna().all()


def test_a_photo_may_be_the_path_of_its_file(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "кот 1.JPG").write_bytes(PHOTO)
    (tmp_path / "broken.png").write_bytes(b"not a photo")
    with (tmp_path / "large.webp").open("wb") as file:
        file.truncate(2**30)  # takes no room on the disk
    fields = ["photos/кот 1.JPG", str(tmp_path / "photos" / "кот 1.JPG"), PHOTO_FIELD, "cat.jpg", "broken.png"]
    fields += ["large.webp", "photos.jpg", "\0.jpg"][:2]
    found = read_drafts(write(tmp_path, text_of(*(["кот", field] for field in fields), header=["text", "photo"])))
    assert [photo == PHOTO for photo in found["photo"]] == [True] * 3 + [False] * 4
    problems = found.attrs["photo_problems"].set_index("row")["reason"]
    missing = "no file {}: start its path at the folder of the table"
    assert problems.to_dict() == {
        5: missing.format(printable(str(tmp_path / "cat.jpg"))),
        6: "not an image",
        7: "over 32 MiB",
        8: missing.format(printable(str(tmp_path / "photos.jpg"))),
    }

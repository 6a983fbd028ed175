"""The report on a table, and the file with what was set aside."""

import base64
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from photo_files import blots, encode
from post_files import GOOD, row, text_of, write

from lib.__main__ import main
from lib.posts.activities import ACTIVITIES
from lib.posts.check import check_posts, write_rejected
from lib.posts.duplicates import find_duplicates
from lib.posts.read import COLUMNS, read_posts
from lib.posts.refusals import PostsError
from lib.simulation import write_csv


def test_the_report_counts_everything_once(tmp_path):
    twin = "Один и тот же длинный текст"
    content = text_of(
        row(view="999", text=twin, photo=""),
        row(text=twin.upper(), hide="0"),
        row(text="", photo="!", hide="0"),
        row(view="0"),
        row(text="<br>", photo="", hide="0", like="1E+01"),
    ).replace("999,5,0,1", "999,5,0,0")
    found = check_posts(write(tmp_path, content))
    refused = "4 posts can't be split: at least 10 are needed, some hundreds to learn from."
    assert found.refusal == refused
    assert found.lines == [
        "4 usable posts; 1 rows set aside",
        "  1: view is zero (first in row 5: view=0)",
        "2 posts without text (50.0%)",
        "3 posts without photo (75.0%)",
        "  1 of them: not base64 (first in row 4)",
        "rows are numbered as in a spreadsheet, the header being row 1",
        "1 counts are written with an exponent, as Excel shortens 7010336 to 7.01E+06: digits may be lost. Format such "
        "columns as whole numbers and export again",
        "1 posts with fewer than 1,000 views (25.0%)",
        "1 posts repeat the text or the photo of another (25.0%)",
        f"a report refuses these posts: {refused}",
    ]


def test_the_report_names_ignored_columns_without_what_acts_on_a_terminal(tmp_path):
    content = text_of([*row(), "x", "y"], header=[*COLUMNS, "date", "a\x1b[31mb"])
    assert check_posts(write(tmp_path, content)).lines[-2] == "columns ignored: date, a�[31mb"


def test_an_activity_without_contrast_is_named_with_the_reason(tmp_path):
    """Only an activity that never happens was named."""
    counts = {
        "like": [5] * 60,
        "comment": [0] * 60,
        "hide": [1000] * 60,
        "expand": [0, 1000] * 30,
        "open": [1, *[0] * 59],
    }
    counts |= {"open_photo": [3] * 60, "share_to_message": [4] * 60}
    rows = [
        row(text=f"совсем другой текст номер {i}", photo="", view="1000", **{a: str(of[i]) for a, of in counts.items()})
        for i in range(60)
    ]
    found = check_posts(write(tmp_path, text_of(*rows)))
    few = "fewer than 20 training posts have one (copies don't count, nor do posts that have one for every view)"
    assert found.refusal is None and found.lines[-4:] == [
        "activities set aside because no post has one: comment",
        "activities set aside because every post has one for every view: hide",
        "activities set aside because every post has either none or one for every view: expand",
        f"activities set aside because {few}: open",
    ]


@pytest.mark.parametrize("read", [read_posts, lambda path: check_posts(path).posts])
def test_rows_and_photos_set_aside_are_written_in_the_order_of_the_file(tmp_path, read):
    fields = ["https://a.ru/b.jpg", "???", ""]
    rows = [row(), row(photo=fields[0]), row(like="-1"), *(row(photo=field) for field in fields[1:])]
    posts = read(write(tmp_path, text_of(*rows)))
    assert write_rejected(posts, tmp_path / "out.csv") == 3
    written = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert list(written) == ["row", "what", "reason", "value"]
    assert written.to_numpy().tolist() == [
        [3, "photo", "a link, not the photo itself", ""],
        [4, "row", "like is negative", "like=-1"],
        [5, "photo", "not base64", ""],
    ]


def test_check_finds_what_reading_the_whole_table_finds(tmp_path):
    path = write_csv(tmp_path / "posts.csv", 400, seed=5)
    found, posts = check_posts(path), read_posts(path)
    pd.testing.assert_frame_equal(found.posts, posts[["view", *ACTIVITIES]])
    assert {k: str(v) for k, v in found.posts.attrs.items()} == {k: str(v) for k, v in posts.attrs.items()}
    groups = find_duplicates(posts["text"].tolist(), posts["photo"].tolist()).groups()
    repeats = len(posts) - len(np.unique(groups))
    assert found.refusal is None and any(line.startswith(f"{repeats:,} posts repeat") for line in found.lines)


@pytest.mark.parametrize(
    "rows",
    [
        [row(text=f"совсем другой текст номер {i}", photo="") for i in range(9)],
        [row(text="один и тот же длинный текст", photo="") for _ in range(40)],
        [row(text=f"совсем другой текст номер {i}", photo="", **dict.fromkeys(ACTIVITIES, "0")) for i in range(60)],
        [row(text=f"совсем другой текст номер {i}", photo="") for i in range(24)],
    ],
    ids=["few", "copies", "idle", "rare"],
)
def test_check_says_in_the_same_words_what_a_report_refuses(tmp_path, monkeypatch, capsys, rows):
    path = write(tmp_path, text_of(*rows))
    assert main(["check", str(path)]) == 1
    said = capsys.readouterr().out.splitlines()[-1].removeprefix("a report refuses these posts: ")
    monkeypatch.setenv("POSTS", str(path))
    assert main(["render"]) == 1
    assert capsys.readouterr().err == f"error: posts.csv: {said}\n"


def test_check_keeps_at_most_four_kilobytes_of_a_post(tmp_path):
    """Each text and each photo have 12 KB; bytes behind the end of a JPEG count as its own."""
    kept = []
    for n in (520, 780):  # beyond the size at which two parts of the table are in memory
        photos = (base64.b64encode(encode(blots(i, (48, 32)), "JPEG") + bytes(11_000)).decode() for i in range(n))
        path = write(tmp_path, text_of(*(row(text=f"{i:05} " * 2_000, photo=p) for i, p in enumerate(photos))))
        tracemalloc.start()
        check_posts(path)
        kept.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (kept[1] - kept[0]) / 260 < 4096


def test_the_report_counts_groups_and_dates(tmp_path):
    rows = [[*row(text=f"text {i}"), f"a\x1b{i // 2}", f"2024-01-{i + 1:02}" if i else "?\x1b"] for i in range(5)]
    found = check_posts(write(tmp_path, text_of(*rows, header=[*COLUMNS, "channel", "time"])), group="channel")
    assert found.lines[-4:-1] == [
        "3 groups, the largest of 2 posts (a�0); 0 posts without a group",
        "dates from 2024-01-02 to 2024-01-05; 1 posts without a date",
        "  1 of them: neither an ISO 8601 date nor seconds since 1970 (first in row 2: ?�)",
    ]
    empty = text_of([*GOOD, "", ""], header=[*COLUMNS, "group", "time"])
    assert check_posts(write(tmp_path, empty)).lines[-3:-1] == [
        "0 groups; 1 posts without a group",
        "no dates; 1 posts without a date",
    ]


@pytest.fixture
def folder(tmp_path):
    """A folder of four tables: of other columns, in another order, of another format, and without posts."""
    folder = tmp_path / "posts"
    folder.mkdir()
    texts = [f"совсем другой текст номер {i}" for i in range(60)]
    write(folder, text_of(*(row(text=text) for text in texts[:20]), row(view="0")), "a.csv")
    rows = [[*row(text=text, photo=""), "x", "2024-01-02"] for text in texts[19:40]]
    rows[1][8:] = ["ещё текст", "!", "x", "вчера"]
    table = pd.DataFrame(rows, columns=[*COLUMNS, "date", "time"])
    table[table.columns[::-1]].to_csv(folder / "b.csv.gz", index=False)
    table = pd.DataFrame([row(text=text, photo="") for text in texts[40:]], columns=COLUMNS)
    table.assign(group="город", hide=["-1"] + ["0"] * 19).to_parquet(folder / "c.parquet")
    write(folder, text_of(), "d.csv")
    return folder


def test_several_tables_are_checked_and_read_as_one(folder):
    a, b, c = (str(folder / name) for name in ("a.csv", "b.csv.gz", "c.parquet"))
    found, posts = check_posts(folder), read_posts(folder / "*")
    assert posts["text"].tolist()[18:22] == [
        *(f"совсем другой текст номер {i}" for i in (18, 19, 19)),
        "ещё текст",
    ]
    assert posts["group"].tolist() == [""] * 41 + ["город"] * 19
    assert posts["time"].isna().tolist() == [True] * 20 + [False, True] + [False] * 19 + [True] * 19
    assert posts.attrs["rejected"].to_numpy().tolist() == [
        [a, 22, "view is zero", "view=0"],
        [c, 1, "hide is negative", "hide=-1"],
    ]
    assert posts.attrs["photo_problems"].to_numpy().tolist() == [[b, 3, "not base64"]]
    assert posts.attrs["time_problems"].to_numpy().tolist() == [[b, 3, "вчера"]]
    assert posts.attrs["ignored_columns"] == ("date",)
    pd.testing.assert_frame_equal(found.posts, posts[["view", *ACTIVITIES, "group", "time"]])
    assert {k: str(v) for k, v in found.posts.attrs.items()} == {k: str(v) for k, v in posts.attrs.items()}
    assert found.lines[:8] == [
        f"4 tables, from {a} to {folder / 'd.csv'}",
        "60 usable posts; 2 rows set aside",
        f"  1: view is zero (first in row 22 of {a}: view=0)",
        f"  1: hide is negative (first in row 1 of {c}: hide=-1)",
        "0 posts without text (0.0%)",
        "40 posts without photo (66.7%)",
        f"  1 of them: not base64 (first in row 3 of {b})",
        "rows are numbered in each file as in a spreadsheet, the header being row 1, or as rows of the Parquet file, "
        "the first post being row 1",
    ]
    assert "20 posts repeat the text or the photo of another (33.3%)" in found.lines  # 19 photos in a.csv, a text in b
    assert f"(first in row 3 of {b}: вчера)" in "".join(found.lines)


def test_what_is_set_aside_of_several_tables_is_listed_with_its_file(folder, tmp_path, capsys):
    lists = [tmp_path / "posts.rejected.csv", folder / "all.rejected.csv"]
    for command in ([], ["--out", str(lists[1])], []):  # no list is read as a table
        assert main(["check", str(folder), *command]) == 1
        said = capsys.readouterr().out.splitlines()
        assert said[1].startswith("4 tables") and said[-1].endswith(f"are listed in {lists[bool(command)]}")
    written = [pd.read_csv(path, keep_default_na=False) for path in lists]
    assert written[0].equals(written[1]) and list(written[0]) == ["file", "row", "what", "reason", "value"]
    assert written[0][["file", "row", "what"]].to_numpy().tolist() == [
        [str(folder / "a.csv"), 22, "row"],
        [str(folder / "b.csv.gz"), 3, "photo"],
        [str(folder / "c.parquet"), 1, "row"],
    ]
    assert main(["check", str(folder), "--out", str(folder / "b.csv.gz")]) == 1
    assert "it is the input" in capsys.readouterr().err


def test_a_folder_of_one_table_is_that_table(tmp_path):
    path = write(tmp_path, text_of(row(), row(view="0")))
    found, alone = check_posts(tmp_path), check_posts(path)
    assert found.lines == alone.lines and list(found.posts.attrs["rejected"]) == ["row", "reason", "value"]


@pytest.mark.parametrize(
    ("name", "content", "group", "message"),
    [
        (
            "e.csv",
            "a,b\n1,2\n",
            None,
            "e.csv has none of the columns needed.* If e.csv holds no posts, move it, or name",
        ),
        ("e.csv", text_of(row()) + 'a,"b', None, r"e.csv, row 3: a quote is opened"),
        ("e.csv", "", None, "e.csv is empty"),
        ("e.csv", text_of(), "group", "a.csv lacks the column group"),
        ("e.parquet", b"PAR1", None, "e.parquet is a damaged Parquet file"),
    ],
)
@pytest.mark.parametrize("read", [read_posts, check_posts])
def test_an_error_in_one_of_several_tables_names_it(folder, read, name, content, group, message):
    write(folder, content, name)
    with pytest.raises(PostsError, match=message):
        read(folder, group=group)


def test_several_tables_without_a_usable_post_are_refused(tmp_path):
    paths = [write(tmp_path, text_of(), name) for name in ("a.csv", "b.csv")]
    with pytest.raises(PostsError, match="has headers and no posts below them"):
        check_posts(tmp_path)
    write(tmp_path, text_of(row(view="0")), "b.csv")
    with pytest.raises(
        PostsError, match=f"none of its 1 rows can be used: .* Row 2 of {paths[1]} is the first: view=0"
    ):
        read_posts(tmp_path)

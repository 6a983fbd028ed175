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

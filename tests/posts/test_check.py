"""The report on a table, and the file with what was set aside."""

import pandas as pd
from post_files import row, text_of, write

from lib.posts.check import check_report, write_rejected
from lib.posts.read import COLUMNS, read_posts


def test_the_report_counts_everything_once(tmp_path):
    twin = "Один и тот же длинный текст"
    content = text_of(
        row(view="999", text=twin, photo=""),
        row(text=twin.upper(), hide="0"),
        row(text="", photo="!", hide="0"),
        row(view="0"),
        row(text="<br>", photo="", hide="0"),
    ).replace("999,5,0,1", "999,5,0,0")
    assert check_report(read_posts(write(tmp_path, content))) == [
        "4 usable posts; 1 rows set aside",
        "  1: view is zero",
        "2 posts without text (50.0%)",
        "3 posts without photo (75.0%)",
        "  1 of them: not base64",
        "activities that never happen: comment, hide, expand",
        "1 posts with fewer than 1,000 views (25.0%)",
        "1 posts repeat the text or the photo of another (25.0%)",
        "too few posts for a report: at least 10 are needed",
    ]


def test_the_report_names_ignored_columns_without_what_acts_on_a_terminal(tmp_path):
    content = text_of([*row(), "x", "y"], header=[*COLUMNS, "date", "a\x1b[31mb"])
    assert check_report(read_posts(write(tmp_path, content)))[-2] == "columns ignored: date, a�[31mb"


def test_rows_and_photos_set_aside_are_written_in_the_order_of_the_file(tmp_path):
    fields = ["https://a.ru/b.jpg", "???", ""]
    rows = [row(), row(photo=fields[0]), row(like="-1"), *(row(photo=field) for field in fields[1:])]
    posts = read_posts(write(tmp_path, text_of(*rows)))
    assert write_rejected(posts, tmp_path / "out.csv") == 3
    written = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert list(written) == ["row", "what", "reason", "value"]
    assert written.to_numpy().tolist() == [
        [3, "photo", "a link, not the photo itself", ""],
        [4, "row", "like is negative", "like=-1"],
        [5, "photo", "not base64", ""],
    ]

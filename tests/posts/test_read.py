"""The table of posts: what is read, what is set aside and why, what is refused, and an honest split."""

import base64
import csv
import gzip
import io
import re
import zipfile

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw
from sklearn.model_selection import train_test_split

from lib.posts.activities import ACTIVITIES, counts
from lib.posts.check import check_report, write_rejected
from lib.posts.duplicates import HASH_DISTANCE, find_duplicates
from lib.posts.read import COLUMNS, PostsError, read_posts
from lib.posts.split import split_posts


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", **options)
    return out.getvalue()


def noise(seed, size=(96, 64)):
    """A picture of soft blots, different for every seed."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), dtype=np.uint8)
    return Image.fromarray(small).resize(size, Image.Resampling.BICUBIC)


PHOTO = jpeg(noise(0))
FIELD = base64.b64encode(PHOTO).decode()
GOOD = ["1000", "5", "0", "1", "0", "20", "3", "2", "Привет", FIELD]


def row(**fields):
    return [fields.get(column, good) for column, good in zip(COLUMNS, GOOD, strict=True)]


def text_of(*rows, header=COLUMNS, **options):
    out = io.StringIO()
    csv.writer(out, **options).writerows([header, *rows])
    return out.getvalue()


@pytest.fixture
def read(tmp_path):
    """Write bytes or text to a file of a name, and read it as posts."""

    def write_and_read(content, name="posts.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_posts(path)

    return write_and_read


def zipped(**members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return out.getvalue()


TABLE = text_of(GOOD, row(text='две\nстроки, «кавычки» и "ещё"', photo=""))
SHUFFLED = [*reversed(COLUMNS), "date", "url"]


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        "\ufeff" + TABLE,
        TABLE.replace("\r\n", "\n"),
        TABLE + "\r\n\r\n,,,,,,,,,\r\n",
        TABLE.replace("view,like", " view , like\t", 1),
        TABLE.replace("1000,5", '"1000.0"," 5"', 1),
        text_of(
            [*reversed(GOOD), "2020", "x"],
            ["nan", 'две\nстроки, «кавычки» и "ещё"', *reversed(GOOD[:8]), "", ""],
            header=SHUFFLED,
        ),
        text_of(GOOD, row(text='две\nстроки, «кавычки» и "ещё"', photo="None"), quoting=csv.QUOTE_ALL),
        gzip.compress(TABLE.encode()),
        zipped(posts__csv=TABLE),
        zipped(posts__csv=TABLE, readme__txt="about"),
    ],
    ids=["plain", "bom", "lf", "blank", "spaces", "floats", "shuffled", "quoted", "gzip", "zip", "zip-readme"],
)
def test_one_table_in_many_guises(read, content):
    posts = read(content)
    assert list(posts) == list(COLUMNS)
    assert all(posts[column].dtype == np.int64 for column in ("view", *ACTIVITIES))
    assert counts(posts).dtype == np.int64
    np.testing.assert_array_equal(counts(posts), [[5, 0, 1, 0, 20, 3, 2]] * 2)
    assert [text.replace("\r\n", "\n") for text in posts["text"]] == ["Привет", 'две\nстроки, «кавычки» и "ещё"']
    assert posts["photo"].tolist() == [PHOTO, None]
    assert len(posts.attrs["rejected"]) == len(posts.attrs["photo_problems"]) == 0
    assert posts.attrs["ignored_columns"] in ((), ("date", "url"))


@pytest.mark.parametrize("text", ["", "nan", "NaN", "None", "null"])
def test_absent_text_is_an_empty_string(read, text):
    posts = read(text_of(row(text=text), row(text="NaN и null")))
    assert posts["text"].tolist() == ["", "NaN и null"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"like": "-1"}, "like is negative"),
        ({"like": "3.5"}, "like is fractional"),
        ({"like": "много"}, "like is not a number"),
        ({"like": "1 000"}, "like is not a number"),
        ({"like": "1_0"}, "like is not a number"),
        ({"like": "٣"}, "like is not a number"),
        ({"like": ""}, "like is empty"),
        ({"like": "NaN"}, "like is empty"),
        ({"like": "-nan"}, "like is not a number"),
        ({"like": "inf"}, "like is infinite"),
        ({"like": "-Infinity"}, "like is infinite"),
        ({"view": "9223372036854775808"}, "view is larger than"),
        ({"view": "1e999999999"}, "view is larger than"),
        ({"view": "0", "open": "0"}, "view is zero"),
        ({"like": "1001"}, "like exceeds view"),
        ({"like": "1001", "open": "2e3"}, "like exceeds view; open exceeds view"),
        ({"view": "x", "hide": "-2"}, "view is not a number; hide is negative"),
    ],
)
def test_unusable_rows_are_set_aside_with_row_and_reason(read, bad, reason):
    posts = read(text_of(row(text="a\nb"), row(**bad), GOOD))
    assert len(posts) == 2
    rejected = posts.attrs["rejected"]
    assert rejected["row"].tolist() == [3]  # the header is row 1, a line break within a field makes no row
    assert rejected["reason"][0].startswith(reason)


@pytest.mark.parametrize(
    ("view", "kept"),
    [("9223372036854775807", 2**63 - 1), ("1e3", 1000), ("1000.", 1000), ("+1000", 1000), ("1000.00", 1000)],
)
def test_whole_numbers_are_read_exactly(read, view, kept):
    assert read(text_of(row(view=view)))["view"].tolist() == [kept]


def test_a_row_of_the_wrong_width_is_set_aside_and_numbering_counts_blank_rows(read):
    posts = read(text_of(GOOD, GOOD[:4]) + "\r\n" + "1,2,3\r\n")
    assert posts.attrs["rejected"][["row", "reason"]].to_numpy().tolist() == [
        [3, "4 fields where the header has 10"],
        [5, "3 fields where the header has 10"],
    ]


def test_a_photo_that_fails_costs_the_photo_and_not_the_post(read, tmp_path):
    fields = [FIELD, "https://a.ru/b.jpg", "???", base64.b64encode(b"GIF89a no").decode(), FIELD[:-400], ""]
    posts = read(text_of(*(row(photo=field) for field in fields), row(like="-1")))
    assert [photo is not None for photo in posts["photo"]] == [True] + [False] * 5
    problems = posts.attrs["photo_problems"]
    assert problems["row"].tolist() == [3, 4, 5, 6]
    assert problems["reason"].tolist()[:2] == ["a link, not the photo itself", "not base64"]
    assert problems["reason"][3] == "cut short"
    assert write_rejected(posts, tmp_path / "out.csv") == 5
    written = pd.read_csv(tmp_path / "out.csv")
    assert written["row"].tolist() == [3, 4, 5, 6, 8]
    assert written.iloc[-1][["what", "reason", "value"]].tolist() == ["row", "like is negative", "like=-1"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("\ufeff\r\n", "is empty"),
        (text_of(), "has a header and no posts"),
        (PHOTO, "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        ("<!DOCTYPE html><html></html>", "a web page"),
        ('[{"view": 1}]', "JSON"),
        (b"PAR1\x00\x00", "Parquet"),
        (zipped(**{"[Content_Types]__xml": "", "xl/workbook__xml": ""}), "an Excel workbook"),
        (zipped(a__csv="", b__csv=""), "2 files (a.csv, b.csv)"),
        (zipped(), "damaged|binary"),
        (bytes(range(256)), "binary"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (TABLE.encode("utf-16"), "UTF-16"),
        (text_of(GOOD, delimiter=";"), "separated by semicolons"),
        (text_of(GOOD, delimiter=";", quoting=csv.QUOTE_ALL), "separated by semicolons"),
        (text_of(GOOD, delimiter="\t"), "separated by tabs"),
        (text_of(row(text="Привет, мир")).encode("cp1251"), "near row 2: it looks like Windows-1251"),
        (TABLE.encode() + TABLE.encode()[:-40] + b"\xd0,\r\n", "a broken character"),
        (text_of(GOOD[:-2], header=COLUMNS[:-2]), "lacks the columns text, photo"),
        (TABLE.replace("like", "likes", 1), "lacks the column like (is it “likes”?)"),
        (TABLE.replace("view", "Views", 1), "(is it “Views”?)"),
        (TABLE.replace("like,comment", "like,like", 1), "column like more than once"),
        ("a,b\n1,2\n", "none of the columns"),
        (text_of(row(view="0"), row(view="x")), "none of its 2 rows can be used: view is zero (1 rows)"),
        (text_of(GOOD) + '1,2,3,4,5,6,7,8,"open', "row 3: a quote is opened there and never closed"),
        (text_of(GOOD) + '1,2,3,4,5,6,7,8,"a"b,\r\n', "row 3: broken quoting"),
        (gzip.compress(TABLE.encode())[:-20], "damaged"),
        (zipped(posts__csv=TABLE)[:-30], "damaged"),
    ],
)
def test_what_is_no_table_of_posts_is_named(read, content, said):
    with pytest.raises(PostsError) as error:
        read(content)
    assert "posts.csv" in str(error.value)
    assert re.search(said, str(error.value)) or said in str(error.value)


@pytest.mark.parametrize(("name", "said"), [("none.csv", "no such file"), (".", "is a folder.*posts.csv")])
def test_what_is_no_file_is_named(tmp_path, name, said):
    (tmp_path / "posts.csv").write_text(TABLE)
    with pytest.raises(PostsError, match=said):
        read_posts(tmp_path / name)


def test_the_report_counts_everything_once(read):
    twin = "Один и тот же длинный текст"
    posts = read(
        text_of(
            row(view="999", text=twin, photo=""),
            row(text=twin.upper(), hide="0"),
            row(text="", photo="!", hide="0"),
            row(view="0"),
            row(text="<br>", photo="", hide="0"),
            header=COLUMNS,
        ).replace("999,5,0,1", "999,5,0,0")
    )
    assert check_report(posts) == [
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


def feed(texts, photos):
    table = pd.DataFrame({column: np.full(len(texts), 1000) for column in COLUMNS[:8]})
    table["text"] = pd.Series(texts, dtype="str")
    table["photo"] = pd.Series(photos, dtype=object)
    return table


def test_the_test_part_is_the_published_one_and_nothing_is_lost():
    posts = feed([f"совсем другой текст номер {i}" for i in range(101)], [None] * 101)
    split = split_posts(posts)
    assert split.test.tolist() == train_test_split(range(101), test_size=0.2, random_state=42)[1]
    assert (len(split.test), len(split.validation), len(split.train), len(split.removed)) == (21, 10, 70, 0)
    everything = np.concatenate([split.train, split.validation, split.test, split.removed])
    assert sorted(everything) == list(range(101))
    again = split_posts(posts)
    assert all(np.array_equal(getattr(split, k), getattr(again, k)) for k in ("train", "validation", "test"))
    assert split_posts(posts, seed=1).test.tolist() != split.test.tolist()


def test_duplicates_of_test_posts_are_removed_and_the_others_stay_together():
    n = 60
    test = train_test_split(range(n), test_size=0.2, random_state=42)[1]
    others = [i for i in range(n) if i not in test]
    texts = [f"совсем другой текст номер {i}" for i in range(n)]
    photos = [jpeg(noise(i)) for i in range(n)]
    texts[others[0]] = texts[test[0]].replace(" ", "  ").upper() + "<br>"
    photos[others[1]] = jpeg(noise(test[1]).resize((72, 48)), quality=70)
    texts[others[2]], photos[others[2]] = texts[test[2]], photos[test[2]]
    texts[others[3]] = texts[test[3]] = "короткий"
    twins = others[4:30:2], others[5:30:2]
    for left, right in zip(*twins, strict=True):
        photos[right] = jpeg(noise(left), quality=50)
    split = split_posts(feed(texts, photos))
    assert split.removed.tolist() == sorted(others[:3])
    reasons = dict(zip(split.removed.tolist(), split.reason.tolist(), strict=True))
    assert [reasons[i] for i in others[:3]] == ["text", "photo", "text and photo"]
    for left, right in zip(*twins, strict=True):
        assert (left in split.validation) == (right in split.validation)


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        (feed(["a"] * 9, [None] * 9), "9 posts can't be split: at least 10"),
        (feed(["один и тот же длинный текст"] * 30, [None] * 30), "24 duplicate a post of the test part"),
    ],
)
def test_a_table_that_cannot_be_split_says_so(posts, said):
    with pytest.raises(PostsError, match=said):
        split_posts(posts)


def card(text):
    image = Image.new("RGB", (256, 256), "white")
    ImageDraw.Draw(image).text((20, 100), text, fill="black")
    return jpeg(image)


def bag(colour):
    image = Image.new("RGB", (128, 128), "white")
    ImageDraw.Draw(image).polygon([(30, 50), (98, 50), (110, 110), (18, 110)], fill=colour)
    return jpeg(image)


def test_pictures_that_only_hash_alike_are_no_duplicates():
    cards = [card(f"{word} " * 4) for word in ("peace", "house", "dawn", "happiness", "truth")]
    bags = [bag(colour) for colour in ("red", "#404040")]
    for near in (cards, bags):
        hashes = [imagehash.phash(Image.open(io.BytesIO(photo))) for photo in near]
        assert min(a - b for i, a in enumerate(hashes) for b in hashes[:i]) <= HASH_DISTANCE
    plain = [jpeg(Image.new("RGB", (64, 64), colour)) for colour in ("white", "white", "red", "black")]
    found = find_duplicates([""] * 11, cards + bags + plain)
    assert len(np.unique(found.groups())) == 11
    assert found.photo[7:].tolist() == [-1] * 4


@pytest.mark.parametrize(
    "change",
    [
        lambda image: jpeg(image, quality=30),
        lambda image: jpeg(image.resize((48, 32))),
        lambda image: jpeg(image.resize((300, 200), Image.Resampling.BICUBIC)),
        lambda image: jpeg(image.crop((1, 1, 95, 63))),
        lambda image: jpeg(image.point(lambda v: min(255, int(v * 0.9)))),
    ],
    ids=["quality", "halved", "enlarged", "cropped", "darker"],
)
def test_a_copy_is_found_among_strangers(change):
    photos = [jpeg(noise(i)) for i in range(40)] + [change(noise(17))]
    groups = find_duplicates([""] * 41, photos).groups()
    assert len(np.unique(groups)) == 40 and groups[17] == groups[40]


def test_search_for_pairs_equals_the_plain_one_across_blocks(monkeypatch):
    monkeypatch.setattr("lib.posts.duplicates._BLOCK", 7)
    photos = [jpeg(noise(i // 3), quality=90 - 20 * (i % 3)) for i in range(45)]
    found = find_duplicates([""] * 45, photos)
    hashes = [imagehash.phash(Image.open(io.BytesIO(p))) for p in photos]
    near = {(a, b) for a in range(45) for b in range(a + 1, 45) if hashes[a] - hashes[b] <= HASH_DISTANCE}
    assert {tuple(pair) for pair in found.alike.tolist()} == near
    assert len(near) == 45  # three copies each of fifteen pictures


def test_groups_join_through_text_and_photo():
    photos = [jpeg(noise(0)), jpeg(noise(0), quality=60), None, jpeg(noise(1)), None]
    texts = ["", "общий для двух постов текст", "общий для двух постов текст", "ещё один совсем другой текст", ""]
    groups = find_duplicates(texts, photos).groups()
    assert groups[0] == groups[1] == groups[2]
    assert len(np.unique(groups)) == 3
    assert len(find_duplicates([], []).groups()) == 0

import base64
import csv
import gzip

import numpy as np
import pandas as pd
import pytest

from lib import betabinomial
from lib.models import drafts, saved
from lib.posts import drafts
from lib.posts.read import PostsError, read_posts
from lib.study import save, scores


@pytest.fixture(scope="module")
def model(small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save.save_model(small, folder)
    return saved.load_model(folder)


def write(path, header, *rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture
def photo(small):
    return base64.b64encode(small.posts["photo"].dropna().iloc[0]).decode()


def test_rows_that_cannot_be_used_are_set_aside_with_reasons(tmp_path, photo):
    path = write(
        tmp_path / "drafts.csv",
        ["view", "photo", "text", "like"],
        [5000, photo, "Первый", "x"],
        ["", "", "second", ""],
        ["NA", photo, "", ""],
        [0, photo, "third", ""],
        ["-3", photo, "", ""],
        ["2.5", photo, "", ""],
        ["10000000000", photo, "", ""],
        [10, "", "&nbsp;", ""],
        [10, "https://example.org/a.jpg", "a link for a photo", ""],
        [10, "https://example.org/a.jpg", "", ""],
        [10, photo, "too few fields"],
        ["1e3", "", "last", ""],
    )
    found = drafts.read_drafts(path)
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
def test_a_table_that_is_none_is_refused(tmp_path, content, says):
    path = tmp_path / "drafts.csv"
    path.write_text(content)
    with pytest.raises(PostsError, match=says) as refused:
        drafts.read_drafts(path)
    assert str(path) in str(refused.value)


def test_predictions_are_those_of_the_study_at_the_given_views(small, model, tmp_path):
    """A feed's own posts, without their counts, get what the study forecasts, with intervals that hold 90 %."""
    rows = small.split.test[:20]
    posts = small.posts.iloc[rows]
    given = posts[["view", "text", "photo"]].assign(view=posts["view"].astype("Int64")).reset_index(drop=True)
    given.insert(0, "row", np.arange(2, 22))
    given.loc[0, "view"] = pd.NA
    table = drafts.predict(given, model)
    rates = small.forecast(scores.best(small))[rows]
    assert table["row"].tolist() == np.repeat(np.arange(2, 22), len(small.activities)).tolist()
    assert table["activity"].tolist() == small.activities * 20
    assert table["rate"].to_numpy() == pytest.approx(rates.mean.ravel(), rel=1e-6)
    assert table["expected"].to_numpy() == pytest.approx(table["rate"] * table["view"])
    assert (table["view"][: len(small.activities)] == round(np.median(small.views))).all()
    mean, rho = rates.mean.ravel(), np.tile(rates.rho, 20)
    for end, tail in (("low", 0.05), ("high", 0.95)):
        assert (betabinomial.cdf(table[end], table["view"], mean, rho) >= tail).all()
        below = table[end] > 0
        assert (betabinomial.cdf(table[end] - 1, table["view"], mean, rho)[below] < tail).all()
    assert table["percentile"].between(0, 100).all()


@pytest.mark.parametrize("kept", [["text"], ["photo"], ["photo", "text", "view"]], ids="+".join)
def test_any_of_text_and_photo_will_do(small, model, tmp_path, monkeypatch, capsys, photo, kept):
    monkeypatch.setattr("lib.models.saved.load_model", lambda: model)
    monkeypatch.chdir(tmp_path)
    fields = {"text": "Какой ваш любимый рецепт?", "photo": photo, "view": 12_000}
    write(tmp_path / "drafts.csv", kept, [fields[c] for c in kept])
    (tmp_path / "drafts.csv.gz").write_bytes(gzip.compress((tmp_path / "drafts.csv").read_bytes()))
    assert main(["predict", "drafts.csv.gz"]) == 0
    said = capsys.readouterr().out
    table = pd.read_csv("drafts.predictions.csv")
    assert table["view"].unique().tolist() == [12_000 if "view" in kept else model.views]
    assert (f"{model.views:,} times, the feed's median" in said) == ("view" not in kept)
    assert ("no draft has a photo" in said) == ("photo" not in kept)
    assert said.count("\n") == 1 and "finds nothing out about VK" in said
    assert not (tmp_path / "drafts.predictions.rejected.csv").exists()


def test_what_cannot_be_used_is_listed_beside_the_predictions(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("lib.models.saved.load_model", lambda: model)
    path = write(tmp_path / "drafts.csv", ["text", "photo"], ["one", "no photo"], ["", ""], ["two"])
    out = tmp_path / "out.csv"
    assert main(["predict", str(path), "--out", str(out)]) == 0
    assert "1 row set aside and 1 photo not readable" in capsys.readouterr().out
    assert pd.read_csv(out)["row"].unique().tolist() == [2]
    assert pd.read_csv(tmp_path / "out.rejected.csv")["row"].tolist() == [2, 4]


@pytest.mark.parametrize(
    ("out", "says"),
    [("drafts.csv", "would be lost"), ("missing/out.csv", "can't be written"), (".", "can't be written")],
)
def test_an_output_that_makes_no_sense_is_refused(model, tmp_path, monkeypatch, capsys, out, says):
    monkeypatch.setattr("lib.models.saved.load_model", lambda: model)
    path = write(tmp_path / "drafts.csv", ["text"], ["one"])
    before = path.read_bytes()
    assert main(["predict", str(path), "--out", str(tmp_path / out)]) == 1
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["drafts.csv"]


def test_posts_and_drafts_are_read_alike(small, tmp_path, photo):
    header = ["view", "like", "comment", "hide", "expand", "open_photo", "open", "share_to_message", "text", "photo"]
    path = write(tmp_path / "posts.csv", header, [900, *[1] * 7, "a", photo], [800, *[2] * 7, "b", ""])
    posts, found = read_posts(path), drafts.read_drafts(path)
    for column in ("view", "text", "photo"):
        assert found[column].tolist() == posts[column].tolist()

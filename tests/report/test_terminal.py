import base64
import csv
import gzip

import pandas as pd
import pytest

from lib.__main__ import main
from lib.models import load_model
from lib.study import save_model


@pytest.fixture(scope="module")
def saved(small, tmp_path_factory):
    """A home with the small study's model in it."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VIEW_TO_ACTION_HOME", str(home))
        save_model(small)
    return home


@pytest.fixture
def model(saved, monkeypatch):
    """The model that the command line finds."""
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(saved))
    return load_model()


@pytest.fixture
def photo(small):
    return base64.b64encode(small.posts["photo"].dropna().iloc[0]).decode()


def write(path, header, *rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.mark.parametrize("kept", [["text"], ["photo"], ["photo", "text", "view"]], ids="+".join)
def test_a_text_or_a_photo_is_enough(model, tmp_path, monkeypatch, capsys, photo, kept):
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
    assert said.count("\n") == 1 and "nothing here is a finding about VK" in said
    assert not (tmp_path / "drafts.predictions.rejected.csv").exists()


def test_what_cannot_be_used_is_listed_beside_the_predictions(model, tmp_path, capsys):
    path = write(tmp_path / "drafts.csv", ["text", "photo"], ["one", "no photo"], ["", ""], ["two"])
    out = tmp_path / "out.csv"
    assert main(["predict", str(path), "--out", str(out)]) == 0
    assert "1 row set aside and 1 photo not readable" in capsys.readouterr().out
    assert pd.read_csv(out)["row"].unique().tolist() == [2]
    assert pd.read_csv(tmp_path / "out.rejected.csv")["row"].tolist() == [2, 4]


def test_what_cannot_happen_is_zero_and_said(model, tmp_path, capsys, photo):
    path = write(tmp_path / "drafts.csv", ["text", "photo"], ["Кот спит.", photo], ["Кот спит.", ""])
    out = tmp_path / "out.csv"
    assert main(["predict", str(path), "--out", str(out)]) == 0
    assert "opened photos can't happen in 1 draft (no photo)" in capsys.readouterr().out
    table = pd.read_csv(out, keep_default_na=False)
    opened = table[table["activity"] == "open_photo"]
    assert opened["impossible"].tolist() == ["", "no photo"] and opened["expected"].gt(0).tolist() == [True, False]
    assert (table["impossible"] != "").sum() == 1


def test_drafts_unlike_the_feed_are_said(model, tmp_path, capsys):
    path = write(tmp_path / "drafts.csv", ["text"], ["слово " * 50_000], ["Какой ваш любимый рецепт?"])
    out = tmp_path / "out.csv"
    assert main(["predict", str(path), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "1 draft unlike anything in the feed: characters, words" in said and said.count("\n") == 1
    assert pd.read_csv(out).groupby("row")["unlike"].nunique(dropna=True).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("out", "says"),
    [("drafts.csv", "would be lost"), ("missing/out.csv", "can't be written"), (".", "can't be written")],
)
def test_an_output_that_makes_no_sense_is_refused(model, tmp_path, capsys, out, says):
    path = write(tmp_path / "drafts.csv", ["text"], ["one"])
    before = path.read_bytes()
    assert main(["predict", str(path), "--out", str(tmp_path / out)]) == 1
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["drafts.csv"]

"""Forecasts of many tables of drafts."""

import pandas as pd
import pytest

from lib.__main__ import main
from lib.models import BASELINE, load_model
from lib.report import predict_file
from lib.storage import model_folder
from lib.study import save_model


def test_each_table_has_the_forecasts_of_predict(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VIEW_TO_ACTION_HOME", str(tmp_path))
    save_model(small, model_folder(), BASELINE)
    drafts, out = tmp_path / "drafts", tmp_path / "out"
    drafts.mkdir()
    for i, text in enumerate(["оса", "кот"]):
        (drafts / f"{i}.csv").write_text(f"text,view\n{text},1000\nлис,200\n", encoding="utf-8")
    (drafts / "bad.csv").write_text("words\nоса\n", encoding="utf-8")
    command = ["predict", str(drafts), "--out", str(out), "--workers", "1"]
    for done in ("rows in", "is there already"):
        assert main(command) == 1
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith("1/3") and done in said[0] and "neither a column text nor a column photo" in said[2]
        assert said[-1].startswith("1 of 3 tables couldn't be used")
    (folder,) = out.iterdir()
    found = sorted(folder.glob("[01]-*.csv"))
    assert folder.name.startswith("model-") and len(found) == 2
    predict_file(drafts / "1.csv", tmp_path / "alone.csv", load_model())
    pd.testing.assert_frame_equal(pd.read_csv(found[1]), pd.read_csv(tmp_path / "alone.csv"))
    assert main(["predict", str(drafts / "?.csv"), "--out", str(out), "--workers", "1"]) == 0
    with pytest.raises(SystemExit):
        main(["predict", str(drafts)])
    assert "many tables need --out" in capsys.readouterr().err

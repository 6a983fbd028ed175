"""The report: what numbers look like in words, tables and figures.

Read in this order: ``numbers`` (numbers in a sentence), ``raw`` and ``tables``, ``style`` and the figures
(``plots_eda``, ``plots_models``, ``plots_diagnostics``, ``plots_advice``), ``gallery`` (posts as cards). Sentences
whose wording follows from the data: ``sentences``, ``reference_sentences``, ``advice_sentences``; the words of the
advice in two languages: ``wording``, ``effects``, ``panel``. ``terminal`` is what the command line prints.

The chapters use these modules by name.

Examples
--------
>>> from lib.report.numbers import count, listed, pct
>>> f"{count(1129, 'post')}, {pct(0.01934)} with {listed(['like', 'open_photo'])}"
'1,129 posts, 1.9 % with like and open photo'
"""

from __future__ import annotations

from lib.report.terminal import draft_json, draft_report, predict_file

__all__ = ["draft_json", "draft_report", "predict_file"]

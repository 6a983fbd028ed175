"""The report: results as words, tables and figures.

Read in this order: ``numbers`` (numbers in a sentence), ``raw`` and ``tables``, ``style``, the plots (``plots_eda``,
``plots_models``, ``plots_diagnostics``, ``plots_advice``; each draws on one pair of axes), ``figures`` (whole figures)
and ``gallery`` (posts as cards). Sentences whose wording follows from the data are in ``sentences``,
``front_sentences``, ``feed_sentences``, ``world_sentences``, ``usual_sentences``, ``model_sentences``,
``check_sentences``, ``worth_sentences``, ``driver_sentences``, ``match_sentences`` (both with ``driver_figures``),
``choice_sentences``, ``error_sentences``, ``ship_sentences``, ``joint_sentences``, ``vector_sentences``,
``own_sentences`` (networks of our own), ``reference_sentences``, ``context_sentences`` (groups and dates),
``advice_sentences`` and ``captions`` (what a figure found). The advice in two languages is in ``wording`` and
``draft_words``, ``effects`` (its tables), ``panel`` (the draft panel) and ``plan_words`` (an experiment). ``real`` has
the figures of real posts and of randomised tests, for ``real_tables`` and ``real_sentences``. ``guide`` is what the
appendix on the regression shows. ``explore`` is the page of all test posts. ``terminal`` is what the command line
prints, ``many`` the same for many tables, ``prepare`` the slow steps of a book, and ``results`` the file of results.

The chapters use these modules by name. The command line uses ``explore``, ``many``, ``panel``, ``prepare``, ``real``
and ``results`` by name: a command that prints advice needs no figures.

Examples
--------
>>> from lib.report.numbers import count, listed, pct
>>> f"{count(1129, 'post')}, {pct(0.01934)} with {listed(['like', 'open_photo'])}"
'1,129 posts, 1.9 % with like and open photo'
"""

from __future__ import annotations

from lib.report.plan_words import outcome_report, plan_report, schedule_csv
from lib.report.terminal import draft_json, draft_report, predict_file
from lib.report.wording import LEVER_NAMES

__all__ = ["LEVER_NAMES", "draft_json", "draft_report", "outcome_report", "plan_report", "predict_file", "schedule_csv"]

"""The study: one feed and what was learnt from it, each result computed once and kept on disk.

Read ``study`` first (``open_study`` gives a ``Study``; ``source`` says where its posts come from). Its other modules
are doors of their own, for each answers one question of the chapters: ``count_models`` (which count model),
``scores`` (how good each forecast is), ``diagnostics`` (where the best one is right and wrong), ``ablations`` (what
the choices behind the vectors are worth), ``explanations`` (what the models look at), ``conversions`` (the
assignment's measure). ``save`` leaves the best forecast as a file.

Examples
--------
>>> study = open_study(rows=500)
>>> study.source.name
'a simulated feed of 500 posts'
"""

from __future__ import annotations

from lib.study.save import save_model
from lib.study.source import PostsFile, PostsTable, SimulatedFeed
from lib.study.study import Study, open_study

__all__ = ["PostsFile", "PostsTable", "SimulatedFeed", "Study", "open_study", "save_model"]

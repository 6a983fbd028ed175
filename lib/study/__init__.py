"""The study: one feed and the results computed from it. Each result is computed once and kept on disk.

Read ``study`` first: ``open_study`` gives a ``Study``. ``source`` is where the posts of a study come from. ``save``
writes the best model to a file, and ``inputs`` tells whether pages would come out the same. Other rooms may import the
remaining modules as well, because each answers one question of the chapters: ``count_models`` (which count model fits),
``usual`` (what the usual regression says beside ours), ``scores`` (how good each forecast is), ``splits`` (how good it
is on later posts and on other groups), ``diagnostics`` (where a forecast is right and wrong), ``departures`` (whether
chance explains that), ``trade`` (the measures of the trade by activity), ``joint`` (all activities of a post at once),
``groups`` (which posts belong together), ``ablations`` (what the choices behind the vectors are worth), ``own_models``
(networks of our own beside frozen vectors), ``explanations`` (what the models look at), ``importance`` (what drives a
forecast), ``match`` (whether text and photo match), ``training_choices`` (losses and settings), ``conversions`` (the
assignment's measure), ``worth`` (what a forecast is worth in views, order, hides and money), ``errors`` (for which
posts it fails), ``tried`` (all experiments). ``asked`` says which slow parts a report was asked to do in full.

Examples
--------
>>> study = open_study(rows=500)
>>> study.source.name
'a simulated feed of 500 posts'
"""

from __future__ import annotations

from lib.study.inputs import page_inputs
from lib.study.save import save_model
from lib.study.source import PostsFile, PostsTable, SimulatedFeed
from lib.study.study import Study, open_study

__all__ = ["PostsFile", "PostsTable", "SimulatedFeed", "Study", "open_study", "page_inputs", "save_model"]

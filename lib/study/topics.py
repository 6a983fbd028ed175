"""The topics of a study's posts."""

from __future__ import annotations

from lib.features import Subject, find_subject
from lib.storage import cached, code_digest, digest
from lib.study.study import Study


def open_subject(study: Study) -> Subject:
    """What the posts of a study are about, found once and kept."""
    return cached(
        "subject",
        digest(study.blocks_key, code_digest("lib.features.topics")),
        lambda: find_subject(
            {block: study.blocks[block] for block in ("text vector", "photo vector")},
            study.posts["text"].tolist(),
            study.readable,
        ),
    )

"""The models by name."""

from __future__ import annotations

BASELINE, BLEND, TRUTH = "no features", "blend", "the truth"
VECTORS = "both vectors"
BOOSTED, NEURAL = "photo and text, boosted trees", "photo and text, neural network"

# Which blocks of features each forecast sees; the blend combines those it names. All but two are linear.
_PHOTO = ("photo features", "photo vector")
_TEXT = ("text features", "text vector", "text words")
BLOCKS = {
    BASELINE: (),
    "photo features": ("photo features",),
    "photo vector": ("photo vector",),
    "photo": _PHOTO,
    "text features": ("text features",),
    "text vector": ("text vector",),
    "text words": ("text words",),
    "text": _TEXT,
    VECTORS: ("photo vector", "text vector"),
    "photo and text": (*_PHOTO, *_TEXT),
    BOOSTED: (*_PHOTO, *_TEXT),
    NEURAL: (*_PHOTO, *_TEXT),
}
BLENDED = ("photo and text", BOOSTED, NEURAL)

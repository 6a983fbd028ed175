"""Embedding: texts and photos as vectors, in batches, on a device, kept on disk.

Read in this order: ``vectors`` (``embed``, the loop), ``encoder`` (what an encoder has to offer it), ``catalogue``
(which encoder: ``text_encoder``, ``photo_encoder``). Then the encoders: ``packaged`` and ``wordvectors`` come with
packages, ``transformer`` runs models of the hub that ``hub`` knows. ``efficientnet`` is a network, ``pixels`` what an
image processor does, ``device`` where torch computes, ``shards`` the vectors on disk. torch and transformers are
imported when an encoder needs them.

Examples
--------
>>> vectors = embed(["котик спит", None, "котик спит"], text_encoder("navec-sif"))
>>> vectors.shape, bool((vectors[0] == vectors[2]).all()), bool(vectors[1].any())
((3, 300), True, True)
"""

from __future__ import annotations

from lib.embedding.catalogue import photo_encoder, rivals, text_encoder
from lib.embedding.encoder import Encoder, PhotoEncoder, TextEncoder
from lib.embedding.vectors import Batches, embed, speed

__all__ = [
    "Batches",
    "Encoder",
    "PhotoEncoder",
    "TextEncoder",
    "embed",
    "photo_encoder",
    "rivals",
    "speed",
    "text_encoder",
]

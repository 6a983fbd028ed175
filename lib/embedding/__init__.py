"""Embedding: texts and photos as vectors, in batches, on a device, kept on disk.

Read in this order: ``vectors`` (``embed``, the loop), ``batches`` (batches that fit into memory), ``encoder`` (the
interface of an encoder), ``catalogue`` (the choice of an encoder: ``text_encoder``, ``photo_encoder``). Then the
encoders: ``packaged`` and ``wordvectors`` take weights from installed packages, ``transformer`` runs models of the hub
or of a local folder, ``hub`` finds and downloads these, ``modules`` reads what a model's folder asks for, and
``pooling`` turns vectors of tokens into one vector. ``efficientnet`` is a network, ``maps`` prepares photos for
networks that are trained further, ``pixels`` prepares photos for a vision model, ``graph`` runs a network on a CPU by
OpenVINO, ``device`` chooses where torch computes, ``shards`` keeps vectors on disk. For more posts than memory holds,
``files`` embeds one table at a time, and ``engines`` gives tables to processes or to a Ray cluster. torch, transformers
and OpenVINO are imported when an encoder needs them.

Examples
--------
>>> vectors = embed(["котик спит", None, "котик спит"], text_encoder("navec-sif"))
>>> vectors.shape, bool((vectors[0] == vectors[2]).all()), bool(vectors[1].any())
((3, 300), True, True)
"""

from __future__ import annotations

from lib.embedding.batches import Batches
from lib.embedding.catalogue import photo_encoder, rivals, text_encoder
from lib.embedding.encoder import Encoder, PhotoEncoder, TextEncoder
from lib.embedding.engines import EngineError, in_processes, on_ray
from lib.embedding.files import Receipt, Run, embed_table, embed_tables, named, work_through
from lib.embedding.maps import Lite0Maps, Lite0Pixels, SmallPixels
from lib.embedding.vectors import embed, speed

__all__ = [
    "Batches",
    "Encoder",
    "EngineError",
    "Lite0Maps",
    "Lite0Pixels",
    "PhotoEncoder",
    "Receipt",
    "Run",
    "SmallPixels",
    "TextEncoder",
    "embed",
    "embed_table",
    "embed_tables",
    "in_processes",
    "named",
    "on_ray",
    "photo_encoder",
    "rivals",
    "speed",
    "text_encoder",
    "work_through",
]

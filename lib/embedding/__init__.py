"""TODO"""

from __future__ import annotations

from lib.embedding.catalogue import photo_encoder, rivals, text_encoder
from lib.embedding.encoder import Encoder
from lib.embedding.vectors import Batches, embed, speed

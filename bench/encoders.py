"""What an encoder of photos is worth by its size and its training, on a simulated feed; the book shows the result.

    python bench/encoders.py --out lib/report/encoders.json

Needs the extra ``encoders``: EfficientNet-Lite0 is compared with Lite1 and Lite2, with random weights, with a thumbnail
and with readable features. Each is worth the gain of the study's penalised regression on its vectors alone. A photo
costs processor time, decoding included: the least of some rounds on one machine. A quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.embedding import Encoder, rivals
from lib.embedding.packaged import Lite0Photo
from lib.storage import write_whole
from lib.study import ablations, open_study

FAMILY = ("efficientnet-lite1", "efficientnet-lite2", "efficientnet-lite0-random")
PHOTOS, ROUNDS = 32, 3


def milliseconds(encoder: Encoder, photos: list[bytes]) -> float:
    """Processor time of a photo, in milliseconds, from its file to its vector."""
    forward, times = encoder.on("cpu"), []
    for _ in range(ROUNDS + 1):  # the first one warms up
        start = time.process_time()
        forward(encoder.prepare_all(photos))
        times.append(time.process_time() - start)
    return 1000 * min(times[1:]) / len(photos)


def parameters(encoder: Encoder) -> int:
    """The number of the network's weights."""
    return sum(p.numel() for p in encoder.network().parameters()) if isinstance(encoder, Lite0Photo) else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posts", type=int, default=4000, help="size of the simulated feed")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write to")
    options = parser.parse_args()
    os.environ["PHOTO_RIVALS"] = ",".join(FAMILY)
    study = open_study(rows=options.posts)
    trials, table = ablations.by_encoder(study, "photo"), ablations.encoder_table(study, "photo")
    own = trials[study.encoders["photo"].name]
    encoders = {encoder.name: encoder for encoder in rivals("photo")}
    photos = [photo for photo in study.posts["photo"].iloc[: 2 * PHOTOS] if photo][:PHOTOS]
    rows = []
    for row in table[["name", "value", "low", "high"]].to_dict("records"):
        name, encoder = row["name"], encoders.get(row["name"])
        against = ablations.difference(trials[name], own)
        row |= {"behind": [against.value, against.low, against.high], "cross_fitted": trials[name].cross_fitted}
        if encoder:
            row |= {"dim": encoder.dim, "weights": parameters(encoder), "milliseconds": milliseconds(encoder, photos)}
            row["fingerprint"] = encoder.fingerprint("float32")
        rows.append(row)
    result = {
        "command": f"python bench/encoders.py --posts {options.posts}",
        "date": datetime.now(UTC).date().isoformat(),
        "posts": options.posts,
        "test_posts": len(study.split.test),
        "seed": study.source.seed,
        "feed": study.key,
        "rows": rows,
    }
    write_whole(options.out, json.dumps(result, indent=1).encode())


if __name__ == "__main__":
    main()

"""Store what a table of randomised tests says, for the book and for the intervals of the advice.

    python bench/experiments.py tests.csv --out lib/advice/experiments.json

The figures are those of ``make real``: the effects of levers, which of two texts wins, and the advice held against the
tests. The table is, for example, one of the Upworthy Research Archive (doi:10.1038/s41597-021-00934-7);
``lib.advice.read_tests`` says which columns it has. Half an hour for its three tests in five.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from lib.advice import DRAWS
from lib.report.real import as_json, file_figures
from lib.storage import write_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="table of randomised tests")
    parser.add_argument("--draws", type=int, default=DRAWS, help="feeds of one arm a test")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write the figures to")
    options = parser.parse_args()
    write_whole(options.out, as_json(file_figures(options.file, options.draws)))


if __name__ == "__main__":
    main()

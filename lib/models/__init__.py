"""TODO"""

from __future__ import annotations

from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.drafts import predict
from lib.models.forecast import Interval, Rates, Validation
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural
from lib.models.reference import CONVERSION_WEIGHTS, Assignment, AutoML, weighted_conversion
from lib.models.registry import BASELINE, BLEND, BLENDED, BLOCKS, BOOSTED, NEURAL, TRUTH, VECTORS
from lib.models.saved import _FORMAT, _PACKAGES, _QUANTILES, FILE, MODEL, SavedModel, _digest, _made_with
from lib.models.scoring import coverage, gap_closed, log_score, paired_interval, pit, squared_error

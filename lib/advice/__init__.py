"""TODO"""

from __future__ import annotations

from lib.advice.choice import Tip, quiet_levers, tips
from lib.advice.double_ml import cross_check
from lib.advice.effects import FALSE_DISCOVERY_RATE
from lib.advice.open import _scorer, coverage, estimates, posts
from lib.advice.scorer import scorer

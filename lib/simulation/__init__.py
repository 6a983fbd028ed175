"""TODO"""

from __future__ import annotations

from lib.simulation.calibration import calibration_table, oracle_table
from lib.simulation.feed import Feed, Truth, simulate
from lib.simulation.known_effects import known_effects

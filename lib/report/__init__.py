"""TODO"""

from __future__ import annotations

from lib.report.wording import steps

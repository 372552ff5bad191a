"""How Hypothesis runs here: the same examples every time, and no clock."""

from __future__ import annotations

import os
from typing import Final

from hypothesis import HealthCheck, Phase, settings

STEADY: Final = settings(
    derandomize=True,
    max_examples=120,
    deadline=None,
    phases=[Phase.generate] if "CI" in os.environ else [Phase.generate, Phase.shrink],
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

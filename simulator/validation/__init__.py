"""Published measurements beside what the simulator says about the same test-beds: a score, and what it is made of.

1. ``data/`` holds one file for each test-bed: sources, facts, how it is mapped to scenarios, what differs, its points.
2. ``read`` reads the files; every point has a scenario and a rule, or a reason why it has none, or is the same
   measurement as another point.
3. ``predict`` simulates what the rules ask for; loss points are searched in open loops. Results are kept.
4. ``score`` makes the numbers of ``sriovsim validate``; ``rival`` the ones of a predictor that only knows other points.

*Scope*: description, prediction and score; nothing here is fitted, and no cost is read from here.
*Validation*: ``tests/validation``.
"""

from simulator.validation.model import Point, Prediction, Source
from simulator.validation.predict import predict
from simulator.validation.read import chosen, folder, read
from simulator.validation.score import entry, score

__all__ = ["Point", "Prediction", "Source", "chosen", "entry", "folder", "predict", "read", "score"]

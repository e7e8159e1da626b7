"""The largest or smallest whole number with which a scenario keeps what is asked: guests, cores, queues.

1. The number is doubled (or the limits are tried) until one side passes and the other fails, then the gap is halved down to one.
2. The certificate is the pair of neighbours: n passes, the next one fails. Both were simulated in full.

A service level that is kept, broken and kept again on the way up is not searched for: the answer is one of its edges, and its certificate
says which.

*Scope*: steps of one. *Validation*: tests/search/test_searches.py, against scans.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulator.scenario import Threshold
from simulator.search.answer import Answer
from simulator.search.slo import Verdict
from simulator.search.trials import Trials, judged

KEYS = {"guests": "guests.*.count={n}", "cores": "guests.*.placement={{share: {n}}}", "queues": "guests.*.queues={n}"}
"""Word -> override; another key is set as it is."""


def setting(word: str) -> Callable[[int], tuple[str, ...]]:
    """What sets the number: a word of `KEYS`, or a dotted path."""
    pattern = KEYS.get(word, word + "={n}")
    return lambda n: (pattern.format(n=n),)


def most(trials: Trials, thresholds: Sequence[Threshold], word: str, largest: int) -> Answer:
    """The largest number from 1 to `largest` that keeps the thresholds."""
    return _edge(trials, thresholds, f"most {word}", largest, upwards=True)


def fewest(trials: Trials, thresholds: Sequence[Threshold], word: str, largest: int) -> Answer:
    """The smallest number from 1 to `largest` that keeps them."""
    return _edge(trials, thresholds, f"fewest {word}", largest, upwards=False)


def _edge(trials: Trials, thresholds: Sequence[Threshold], question: str, largest: int, *, upwards: bool) -> Answer:
    def kept(n: int) -> bool:
        return judged(trials.run(n), thresholds).kept

    # before, after: the side where small numbers are, and the other; small numbers pass when the question is how many
    before, after = 0, 1
    while after <= largest and kept(after) == upwards:
        before, after = after, after * 2
    after = min(after, largest + 1)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if kept(middle) == upwards else (before, middle)
    passing, failing = (before, after) if upwards else (after, before)
    ends = {n: trials.run(n) for n in (passing, failing) if 1 <= n <= largest}
    verdicts = {n: judged(trial, thresholds) for n, trial in ends.items()}
    return Answer(
        trials.series,
        question,
        ends.get(passing),
        ends.get(failing),
        verdicts.get(failing, Verdict(False)),
        all(found.sure for found in verdicts.values()),
        len(trials.known),
        trials.packets,
    )

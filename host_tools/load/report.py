"""What came of a load: throughput, times, and whether both sides' books say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from host_tools.load.fleet import Tally

PERCENTILES: Final = (50, 90, 99, 99.9)


@dataclass(frozen=True)
class Report:
    """Times in milliseconds, from when a transaction was due to its answer. `trouble` is what the books have wrong, as
    far as anybody looked; `settled` and `unbalanced` count settlements."""

    terminals: int
    rate: float
    seconds: float
    asked: int
    answered: int
    per_second: float  # answered, until the last answer
    percentiles: dict[str, float]
    longest: float
    codes: dict[str, int]
    unanswered: int
    unbelieved: dict[str, int]
    lost: int
    settled: int
    unbalanced: int
    trouble: list[str] | None
    acquirer_cpu: float | None  # seconds for each thousand
    load_cpu: float

    @property
    def reconciled(self) -> bool:
        """Whether every batch was balanced, nothing is due, and nobody found anything in the books."""
        return self.settled > 0 and not (self.unbalanced or self.lost or self.trouble)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"reconciled": self.reconciled}


def report(
    tally: Tally,
    terminals: int,
    rate: float,
    seconds: float,
    *,
    trouble: list[str] | None = None,
    acquirer_cpu: float | None = None,
    load_cpu: float = 0,
) -> Report:
    waits = sorted(wait for _, wait, _ in tally.times)
    ended = max((due + wait for due, wait, _ in tally.times), default=0.0)
    codes: Counter[str] = Counter()
    for (kind, code), count in sorted(tally.codes.items()):
        codes[f"{kind} {code}"] += count
    thousands = max(len(waits), 1) / 1000
    return Report(
        terminals=terminals,
        rate=rate,
        seconds=seconds,
        asked=round(rate * seconds),
        answered=len(waits),
        per_second=len(waits) / ended if ended else 0.0,
        percentiles={f"p{part:g}": percentile(waits, part) * 1000 for part in PERCENTILES},
        longest=waits[-1] * 1000 if waits else 0.0,
        codes=dict(codes),
        unanswered=sum(tally.unanswered.values()),
        unbelieved=dict(tally.unbelieved),
        lost=tally.lost,
        settled=sum(tally.settled.values()),
        unbalanced=tally.settled[False],
        trouble=trouble,
        acquirer_cpu=None if acquirer_cpu is None else acquirer_cpu / thousands,
        load_cpu=load_cpu / thousands,
    )


def percentile(ordered: list[float], part: float) -> float:
    """The least value that so many per cent of them do not exceed; 0 of none."""
    if not ordered:
        return 0.0
    place = -(-len(ordered) * part // 100)  # rounded up
    return ordered[max(0, int(place) - 1)]

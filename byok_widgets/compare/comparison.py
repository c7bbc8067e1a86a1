"""`Comparison`: the live result. It runs on the engine; what needs all of it waits until it is complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from byok_widgets.cases.case import Case, Cases
from byok_widgets.compare import tables
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Function, Metric
from byok_widgets.compare.cells.variant import Variant, Variants
from byok_widgets.compare.pictures import Pictures, pictures_of
from byok_widgets.compare.progress import Progress
from byok_widgets.compare.results import evidence
from byok_widgets.compare.results.case_diff import Diff
from byok_widgets.compare.results.disagreements import Disagreements
from byok_widgets.compare.results.divergence import Divergences, divergences, first_divergence
from byok_widgets.compare.results.node_scores import NodeScores, node_scores
from byok_widgets.compare.results.plans import Plans
from byok_widgets.compare.results.rated import METRIC as RATING
from byok_widgets.compare.results.rated import Ratings
from byok_widgets.compare.results.rating import Rating, ratings_of
from byok_widgets.compare.results.recommendation import Recommendation, choose
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.results.variant_result import VariantResult, Verdicts
from byok_widgets.compare.running.execution import Execution, OnChange
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.running.starting_order import shuffled
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.spending.prices import CostEstimate
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.task import Task
from byok_widgets.compare.tasks.told_checks import told_checks
from byok_widgets.display.reading_order import in_order
from byok_widgets.engine import ENGINE, HAS_THREADS
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.frontend import frontend
from byok_widgets.reply import badge, origins_of
from byok_widgets.secrets.quoting import as_given
from byok_widgets.usage import CostTotal


class Comparison:
    """A comparison of variants over cases.

    Attributes:
        estimate: What was expected before the first call.
        results: The cells that are finished, with their scores.
    """

    def __init__(
        self, setup: Setup, store: CellStore, estimate: CostEstimate, known: Mapping[Key, ResultCell]
    ) -> None:
        self._setup, self._store = setup, store
        self.estimate = estimate
        self._metric = setup.metric
        self._worked_out: tuple[object, list[VariantResult]] = (None, [])
        self._live = evidence.Live()
        self.results = Results(setup.task.variants, shuffled(setup.cases, store), setup.task.sampling.repeat)
        self._execution = Execution(store, self.results, known)

    # What there is

    @property
    def title(self) -> str:
        """What is compared."""
        return self._setup.task.title

    @property
    def badge(self) -> str:
        """The word that says where its answers come from: `LIVE`, `LOCAL`, `REPLAY`.

        Where a recording answers, other calls may be live: once answers have come, it says what they were, unless
        some were there before.
        """
        came = badge(origins_of(self._execution.sources)) if badge(["replay"]) in self._setup.badge else ""
        return came or self._setup.badge

    @property
    def variants(self) -> Variants:
        """The columns."""
        return self.results.variants

    @property
    def cases(self) -> Cases:
        """The rows, as they were given."""
        return self._setup.cases

    @property
    def baseline(self) -> Variant:
        """The variant that the others are compared with."""
        return self._setup.baseline

    @property
    def margin(self) -> float | None:
        """The loss that was declared acceptable beforehand; `None` if none was."""
        return self._setup.margin

    @property
    def is_second_look(self) -> bool:
        """Whether cases or repeats were added after a verdict could be seen: then there are no intervals."""
        return self._setup.is_second_look

    @property
    def is_stale(self) -> bool:
        """Whether it has ended, and what it says is not what the same call would say now."""
        return bool(self.outdated)

    @property
    def outdated(self) -> list[str]:
        """What was changed since it has ended, in words: the flow, the metric, the judge, what cases expect."""
        if self.running:
            return []
        try:
            return self._setup.outdated(self._metric, self._store.scoring_of(self._setup.id))
        except ConfigError:  # its variants, or its judge, cannot even be made any more
            return ["the flow"]

    @property
    def metric(self) -> Metric:
        """How outputs are scored."""
        return self._metric

    @property
    def task(self) -> Task:
        """What is compared."""
        return self._setup.task

    @property
    def running(self) -> bool:
        """Whether cells are still being run."""
        return self._execution.running

    @property
    def complete(self) -> bool:
        """Whether every cell has ended."""
        return len(self.results) >= self.results.total

    @property
    def cost(self) -> CostTotal:
        """What the finished cells cost, those of earlier runs included."""
        return self.results.cost

    @property
    def spent(self) -> CostTotal:
        """What this run cost; finished cells of earlier runs are not paid again."""
        return self._execution.spent

    @property
    def limits(self) -> Limits:
        """What a run may use."""
        return self._setup.limits

    @property
    def used(self) -> tuple[Decimal, int]:
        """What the last run used of its limits: money, unknown costs with their worst case, and calls."""
        return self._execution.used

    @property
    def stopped_for(self) -> str:
        """Why not everything was run: `budget`, `stopped`, or empty."""
        return "" if self.complete else self._execution.stopped_for

    @property
    def given_up(self) -> int:
        """Number of cells that had begun when it was stopped, without a result; their cost is in `spent`."""
        return self._execution.given_up

    @property
    def started_at(self) -> float:
        """When it was made, in seconds since 1970."""
        return self._execution.started_at

    @property
    def ended_at(self) -> float | None:
        """When it ended; `None` while it runs."""
        return self._execution.ended_at

    # Running

    def begin(self, *, wait: bool | None = None) -> Comparison:
        """Start it, and return it at once where its board is live; else when all is done.

        Raises:
            ConfigError: It is to be waited for where nobody can wait; nothing has begun.
            ByokError: The store failed.
        """
        waits = _waits() if wait is None else wait
        if waits and not ENGINE.can_wait:
            raise ENGINE.refusal()
        self.start()
        return self.wait() if waits else self

    async def abegin(self) -> Comparison:
        """Start it, and return it when all is done; cancelling that stops it."""
        self.start()
        await self._execution.await_()
        return self

    def start(self) -> None:
        """Run what is missing, in the background; does nothing while it runs."""
        self._execution.start(self._setup, self._metric)

    def observe(self, observer: OnChange) -> Callable[[], None]:
        """Call `observer` after each cell and at the end, on the engine's loop; returns what ends that."""
        return self._execution.observe(observer)

    def wait(self) -> Comparison:
        """Wait until it is complete or stopped, and return it; a cell that waits shows how far it is.

        A keyboard interrupt stops it; finished cells stay.

        Raises:
            ByokError: The store failed.
        """
        sink = frontend().output_sink() if self.running else None
        if sink is None:
            self._execution.wait()
            return self
        try:
            self._execution.wait(Progress(self, sink).tick)
        finally:
            sink.close(None)
        return self

    def stop(self) -> None:
        """Stop: cells in flight are given up, answers that came are kept. `resume` continues."""
        self._execution.stop()

    def cancel_batches(self) -> list[str]:
        """Stop, and ask the providers to end the batches that were submitted; returns their ids.

        What a provider did until then may still be billed; the answers to that are read by `resume`.

        Raises:
            ByokError: A provider could not be asked.
        """
        self.stop()
        return self._execution.cancel_batches(self._setup)

    def resume(self, *, budget: float | Decimal | None = None, max_calls: int | None = None) -> Comparison:
        """Run what is missing or failed. Finished cells are not paid again.

        Args:
            budget: Most money for this run, in US dollars; by default as before.
            max_calls: Most calls of nodes in this run; by default as before.

        Raises:
            ConfigError: The flow, or what scores it, was changed meanwhile; a limit is no number above 0; a model
                has no price, or its worst case no bound.
        """
        self._setup.require_unchanged(self._metric, self._store.scoring_of(self._setup.id))
        self._setup = self._setup.limited(budget, max_calls)
        if self.running:
            self.wait()
        return self.begin()

    # What it shows

    @property
    def headline(self) -> str:
        """What is compared over how many cases."""
        return tables.headline(self)

    @property
    def standing(self) -> str:
        """Its progress in one line."""
        return tables.standing(self)

    def notes(self, *, reasons: bool = True) -> list[str]:
        """Return what a reader has to know, with `reasons` why each verdict is what it is."""
        return tables.notes(self, reasons=reasons)

    def table_html(self) -> str:
        """Return the table, without pictures, as HTML."""
        return tables.as_html(self, pictures=False)

    def turn_notes(self, case: Case, cell: ResultCell) -> Mapping[int, str]:
        """Return notes on single turns of a flow's cell, by their number: where it leaves the baseline's path."""
        turns = cell.output.get("turns") or ()
        theirs = self.results.cell(self.baseline, case, cell.repeat) if turns else None
        parting = None if theirs is None else first_divergence(turns, theirs.output.get("turns") or ())
        if parting is None:
            return {}
        number, _, path = parting
        way = in_order(path) or "nowhere: it has ended"
        return {number: f"Here it leaves the way of {self.baseline.name}, which goes {way}."}

    def verdicts(self) -> Verdicts:
        """Return per variant its score with the interval, its difference from the baseline, and the verdict.

        Waits until the comparison is complete or stopped.

        Raises:
            ConfigError: numpy and scipy are missing.
        """
        self.wait()
        return self.verdicts_now()

    def verdicts_now(self) -> Verdicts:
        """Do the same as `verdicts` with what there is now, without waiting."""
        fixed = self._has_intervals
        of = (self.results.added, self.results.scored, fixed)
        if self._worked_out[0] != of:  # a table, its notes and the board ask one after another
            found = evidence.variant_results(
                self.results,
                self.baseline,
                metric=self._metric,
                margin=self.margin,
                fixed=fixed,
                live=self._live,
            )
            self._worked_out = (of, found)
        return Verdicts(self._worked_out[1])

    @property
    def _has_intervals(self) -> bool:
        """Whether all has ended, of cases that were fixed before anybody looked."""
        return self.complete and not self.is_second_look

    def plan(self, margin: float | None = None, *, power: float = 0.8) -> Plans:
        """Return how many cases and repeats it takes to show a difference, from how these cases vary.

        Args:
            margin: The difference; by default the margin of the comparison, else 5 points.
            power: Chance to show it.
        """
        self.wait()
        wanted = self.margin if margin is None else margin
        return Plans(evidence.plan(self.results, self.baseline, margin=wanted, power=power))

    def disagreements(self) -> Disagreements:
        """Return the cases in which variants got different scores, the widest apart first, else in their order."""
        self.wait()
        scores = {variant.name: self.results.means_of(variant) for variant in self.variants}
        return Disagreements(self.cases, scores)

    def diff(self, case: str | int | Case, repeat: int = 1) -> Diff:
        """Return what each variant made of a case, beside what was expected, with what differs marked.

        Args:
            case: A case, its name, or its place in `cases`, from 0.
            repeat: Which repeat, from 1.

        Raises:
            ConfigError: There is no such case or repeat.
        """
        if repeat not in range(1, self.results.repeat + 1):
            raise ConfigError(
                f"There is no repeat {as_given(repeat)}.", kind="cases", fix=f"Write 1 to {self.results.repeat}."
            )
        found = self.cases[case.name if isinstance(case, Case) else case]
        cells = [(variant, self.results.cell(variant, found, repeat)) for variant in self.variants]
        listed = {
            variant.name: told_checks(found, cell)
            for variant, cell in cells
            if cell is not None and cell.status == "done"
        }
        which = f"repeat {repeat} of {self.results.repeat}" if self.results.repeat > 1 else ""
        return Diff(found, {variant.name: cell for variant, cell in cells}, listed, which)

    def rescore(self, metric: str | Function | Metric) -> Comparison:
        """Score the outputs that are there by another metric, without a call; verdicts are new ones then.

        Where the metric fails, the score is missing, and the table says why. Calls that it makes itself count
        towards the limits and in `spent`.

        Args:
            metric: As for `compare`; `"rating"` is what people have rated by hand so far.

        Raises:
            ConfigError: There is no such metric, it fails for every cell, or nothing is rated; then nothing is
                changed.
        """
        self.wait()
        chosen = self.ratings().metric if metric == RATING else Metric.of(metric)
        self._execution.rescore(self._setup, chosen)
        self._metric = chosen
        return self

    def rating(self, by: str = "me") -> Rating:
        """Return the replies for one person to rate from 1 to 5, shuffled and without their models' names.

        The board has the same behind *Rate by hand*. Replies that this person has rated before are left out.

        Args:
            by: Who rates.

        Raises:
            ConfigError: The name is none, or the store cannot be used.
        """
        return Rating(self.results, self._store, by)

    def ratings(self) -> Ratings:
        """Return what people have rated by hand, and how far a judge agrees with them."""
        return Ratings(self.results, ratings_of(self._store, self.results))

    def differences(self) -> list[str]:
        """Return in which parts of their requests variants differ besides the model, by what a provider forces."""
        return tables.request_differences(self.results)

    def divergences(self) -> Divergences:
        """Return the first turn in which each variant of a flow leaves the baseline's way, by case and repeat."""
        self.wait()
        return divergences(self.results, self.baseline)

    def node_scores(self) -> NodeScores:
        """Return how variants of a flow do at single nodes, on the cases that both bring to the node.

        Beside each difference stands the naive one, over whatever cases each variant brings to it.

        Raises:
            ConfigError: numpy and scipy are missing.
        """
        self.wait()
        return node_scores(
            self.results, self.baseline, self.task.writes, margin=self.margin, fixed=self._has_intervals
        )

    def best(self, node: str | None = None) -> Recommendation:
        """Return the variant to use, with its evidence; without evidence the baseline, and why.

        It is the cheapest that is better or no worse; one that is only no worse and costs more is not taken.

        Args:
            node: Of a comparison of assignments, the node whose model is asked for.

        Raises:
            ConfigError: It is no node of this comparison.
        """
        self.wait()
        return choose(self, node)

    def pictures(self) -> Pictures:
        """Return the pictures for which there is anything to show, each as SVG, PNG and Vega-Lite.

        They are the differences with the margin, cost against score, latencies, and how often fields are right.
        """
        self.wait()
        return pictures_of(self)

    def rows(self) -> list[dict[str, Any]]:
        """Return one mapping for each finished cell."""
        return tables.rows(self.results)

    def to_frame(self) -> Any:
        """Return the finished cells as a pandas data frame.

        Raises:
            ConfigError: pandas is not installed.
        """
        self.wait()
        try:
            import pandas as pd
        except ImportError:
            problem = "A data frame needs pandas."
        else:
            return pd.DataFrame(self.rows())
        raise ConfigError(problem, kind="missing_package", fix="pip install pandas, or take rows() instead.")

    def save(self, path: str | Path) -> None:
        """Save a report as one HTML file, which loads nothing from elsewhere and holds no key.

        Raises:
            ConfigError: Its name is that of another kind of file, or it could not be written.
        """
        from byok_widgets.compare import report

        file = report.file_of(path)
        self.wait()
        report.write(self, file)

    def problem(self) -> ByokError | None:
        """Return what ended it early, such as a store that cannot be written; `None` if nothing did."""
        return self._execution.problem

    def __str__(self) -> str:
        """Wait until it is complete or stopped: what is printed does not change afterwards, as a board does."""
        if self.running and ENGINE.can_wait:
            self.wait()
        return repr(self)

    def __repr__(self) -> str:
        return tables.as_text(self)

    def _repr_html_(self) -> str:
        return tables.as_html(self)

    def _ipython_display_(self) -> None:
        frontend().show_comparison(self)


def _waits() -> bool:
    """Return whether a cell waits that does not say so: also where it holds up the work that its board shows."""
    holds_up = not HAS_THREADS and ENGINE.can_wait
    return holds_up or not frontend().is_live()

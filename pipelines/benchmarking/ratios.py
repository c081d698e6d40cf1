"""Every ratio of the benchmark, by name, in the order in which they are measured."""

from collections.abc import Callable

from pipelines.benchmarking.bench import Bench, Ratio
from pipelines.benchmarking.extraction_ratios import extract_over_forward, extract_over_one_by_one, rss_growth
from pipelines.benchmarking.head_statistics_ratio import head_stats_over_forward
from pipelines.benchmarking.lbfgs_ratio import solver_over_lbfgs
from pipelines.benchmarking.norm_memory_ratio import norm_peak_over_map
from pipelines.benchmarking.program_ratios import help_seconds, rerun_over_import, run_over_forward
from pipelines.benchmarking.rollout_and_flow_ratios import flow_over_networkx, rollout_over_numpy
from pipelines.benchmarking.sklearn_ratio import probe_over_sklearn
from pipelines.benchmarking.view_ratios import explore_over_forward, paint_seconds

RATIOS: dict[str, Callable[[Bench], Ratio]] = {
    measure.__name__: measure
    for measure in (
        extract_over_forward,
        extract_over_one_by_one,
        rss_growth,
        probe_over_sklearn,
        solver_over_lbfgs,
        run_over_forward,
        rerun_over_import,
        help_seconds,
        rollout_over_numpy,
        flow_over_networkx,
        head_stats_over_forward,
        norm_peak_over_map,
        explore_over_forward,
        paint_seconds,
    )
}


def listing() -> str:
    """One line per ratio: its name, and the first line of its docstring."""
    width = 2 + max(map(len, RATIOS))
    statements = {name: (measure.__doc__ or "").splitlines()[0].rstrip(".") for name, measure in RATIOS.items()}
    return "\n".join(f"  {name:{width}}{statement}" for name, statement in statements.items())

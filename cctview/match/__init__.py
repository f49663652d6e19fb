"""Matching: distances, rankings and re-rankings, and how good they are.

=============== ==================================================================================
``distance``    `DISTANCES`: every distance between single embeddings, in one place
``matching``    distances between images and tracks (MED, MCD, RSCR); the original's match files
``rerank``      centring by camera, k-reciprocal re-ranking
``metrics``     rankings (`evaluate_rank`) and thresholds on pairs (`roc_curve`)
``pairs``       same or different: all crops at one camera against all at the next
``next_camera`` searches at the next camera, track against track; methods side by side
``errors``      which different vehicles are taken for one, and which searches miss
=============== ==================================================================================
"""

from cctview.match.distance import (
    DISTANCES,
    check_embeddings,
    cosine_distances,
    euclidean_distances,
    get_distance,
    unit_vectors,
)
from cctview.match.errors import (
    COLOUR,
    LOOK_ALIKE,
    OTHER,
    best_candidates,
    by_group,
    describe_searches,
    likeness,
    passing,
)
from cctview.match.matching import (
    AGGREGATES,
    aggregate_distances,
    image_to_track,
    match_frames,
    rscr,
    track_to_track,
    write_matches,
)
from cctview.match.metrics import (
    RankEvaluation,
    estimate_and_interval,
    evaluate_rank,
    roc_auc,
    roc_curve,
    share_ranked,
    tpr_at_fpr,
)
from cctview.match.next_camera import (
    RERANKED,
    compare_methods,
    compare_tracks,
    rank_tracks,
)
from cctview.match.pairs import (
    Comparisons,
    compare_next_camera,
    first_minutes,
    largest_crop_rows,
)
from cctview.match.rerank import centre_by_camera, k_reciprocal

__all__ = [
    "AGGREGATES",
    "COLOUR",
    "DISTANCES",
    "LOOK_ALIKE",
    "OTHER",
    "RERANKED",
    "Comparisons",
    "RankEvaluation",
    "aggregate_distances",
    "best_candidates",
    "by_group",
    "centre_by_camera",
    "check_embeddings",
    "compare_methods",
    "compare_next_camera",
    "compare_tracks",
    "cosine_distances",
    "describe_searches",
    "estimate_and_interval",
    "euclidean_distances",
    "evaluate_rank",
    "first_minutes",
    "get_distance",
    "image_to_track",
    "k_reciprocal",
    "largest_crop_rows",
    "likeness",
    "match_frames",
    "passing",
    "rank_tracks",
    "roc_auc",
    "roc_curve",
    "rscr",
    "share_ranked",
    "tpr_at_fpr",
    "track_to_track",
    "unit_vectors",
    "write_matches",
]

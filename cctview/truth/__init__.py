"""The truth, which we know because the road is simulated: which vehicle each detection and tracklet
shows, and when each vehicle drove past each camera. Code that finds a trip cannot import it.
"""

from cctview.truth.labels import (
    Truth,
    label_tracklets,
    read_truth,
    tracks_by_truth,
    true_passes,
    true_tracks,
    true_vehicles,
)

__all__ = [
    "Truth",
    "label_tracklets",
    "read_truth",
    "tracks_by_truth",
    "true_passes",
    "true_tracks",
    "true_vehicles",
]

"""Tracking within one camera: which detections in successive frames show one vehicle.

`scene` prepares one camera's detections, `tracker` fits how vehicles move and joins detections from
frame to frame, and `tracklets` gives one row per pass that the tracker noticed.
"""

from cctview.track.tracker import track_detections
from cctview.track.tracklets import Tracklets, confident, describe_tracks, find_tracklets

__all__ = ["Tracklets", "confident", "describe_tracks", "find_tracklets", "track_detections"]

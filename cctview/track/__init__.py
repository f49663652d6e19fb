"""Tracking within a camera: which detections of successive frames are one vehicle.

`scene` makes one camera's detections ready, `tracker` fits how vehicles move and links frame to
frame, `tracklets` gives one row for each pass that the tracker noticed.
"""

from cctview.track.tracker import track_detections
from cctview.track.tracklets import Tracklets, confident, describe_tracks, find_tracklets

__all__ = ["Tracklets", "confident", "describe_tracks", "find_tracklets", "track_detections"]

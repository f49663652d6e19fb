"""The figures of the lessons, a module each: `lesson_00` to `lesson_10`, and `vectors` for
05.

Each function takes data and returns a `cctview.show.look.Card`, ready to be shown; its `note` is
the last line, which says where the numbers come from. What several lessons draw (frames, pairs,
bars, the road, the meter) is in `cctview.show`.
"""

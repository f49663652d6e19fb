# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 10 · Working with sample data
#
# **What does a machine write down about a picture of a street?**
#
# | | |
# |---|---|
# | Time | 15 minutes |
# | You need | Python you can read; nothing to download, no network |
# | Good as | a warm-up before the workshop, or homework after it |
#
# After this notebook you can
#
# 1. read the name of a detection, and load a list of them with pandas;
# 2. count what a detector found, by type and by camera;
# 3. run a detector on a frame, and say what its numbers mean;
# 4. cut a vehicle out of a frame by its box, and draw a box on a frame.
#
# The frames come from six cameras along an expressway. **No vehicle in them is real.** We simulated the road, and stamped
# every frame with a date in 2031 and the word `SIMULATED`. The real cameras, which this course's original used, look much the same.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.patches import Rectangle

from cctview.detect import Detector
from cctview.frames import cut, open_dataset

# %config InlineBackend.figure_format = "jpeg"
SAMPLE = Path("../sample")

# %% [markdown]
# ## 1 · Load the detections
#
# A detector has looked at six frames, one a camera. Each thing it found became one line of a text file:

# %%
lines = (SAMPLE / "sample--detections.csv").read_text().splitlines()
print(lines[0])

# %% [markdown]
# That line is a name, and the name says everything: which camera, which day, at what time, the number of the detection in its
# frame, what it is, how sure the detector is (in per cent), how large it is, and where: `x1.y1v x2.y2`, in pixels from the top left corner.
#
# The parts are joined by `--`. So pandas reads the file as a table.

# %%
COLUMNS = ["camera", "date", "time", "stage", "number", "type", "percent", "size", "box"]
detections = pd.read_csv(SAMPLE / "sample--detections.csv", sep="--", engine="python", header=None, names=COLUMNS)
detections = detections.drop(columns="stage")
detections.head()

# %% [markdown]
# One line of text for each vehicle that drove by. Nobody was asked, and nobody noticed.
#
# ## 2 · Group by type
#
# What did it find? **Guess first:** which types, and how many of each?

# %%
by_type = detections.groupby("type").size().sort_values(ascending=False)
by_type

# %%
detections.groupby(["camera", "type"]).size().unstack(fill_value=0)

# %% [markdown]
# ## 3 · A pie chart of the types

# %%
figure, axes = plt.subplots(figsize=(5, 4))
axes.pie(by_type, labels=[f"{kind} ({count})" for kind, count in by_type.items()], startangle=90)
axes.set_title(f"{len(detections)} detections in six frames")
figure.tight_layout()

# %% [markdown]
# These are the detector's words, not the truth. A van may be called a bus, and a shadow a car. Notebook 04 counts how often.
#
# ## 4 · Show a frame
#
# `open_dataset` reads a folder of frames. Here is the frame with the most detections.

# %%
dataset = open_dataset(SAMPLE)
frame_id = dataset.detections.frame.value_counts().sort_index().idxmax()
frame = dataset.image(frame_id)
print(frame_id, frame.shape)

# %%
figure, axes = plt.subplots(figsize=(8, 5.5))
axes.imshow(frame)
axes.set_axis_off()

# %% [markdown]
# The picture is 352 pixels wide and 240 high. You cannot read a plate in it, and you cannot see a face. Keep that in mind.
#
# ## 5 · Run the detector on it
#
# The stored detections came from this very detector. Run it yourself. It takes the picture and returns a table.

# %% tags=["nbval-ignore-output"]
found = Detector().detect(frame)
found.head()

# %% [markdown]
# `percent` is the detector's own confidence. It is not the chance that it is right: notebook 04 measures that.
# The original kept everything from 25 % up, and so do we. Does your run agree with the stored one?

# %%
stored = dataset.detections[dataset.detections.frame == frame_id]
print("same number of detections:", len(found) == len(stored))
print("same types, in the same order:", found.type.tolist() == stored.type.tolist())

# %% [markdown]
# ## 6 · Crop the detections by their boxes
#
# A picture is an array, so cutting out a vehicle is one slice: rows `y1` to `y2`, columns `x1` to `x2`. The largest six:

# %%
largest = found.assign(area=(found.x2 - found.x1) * (found.y2 - found.y1)).nlargest(6, "area")

figure, axes = plt.subplots(1, len(largest), figsize=(10, 2.2))
for axis, row in zip(axes, largest.itertuples()):
    axis.imshow(cut(frame, (row.x1, row.y1, row.x2, row.y2)))
    axis.set_title(f"{row.type} {row.percent:.0f} %\n{row.x2 - row.x1}×{row.y2 - row.y1} pixels", fontsize=9)
    axis.set_axis_off()

# %% [markdown]
# Such crops are all that the next step sees. It will turn each into 1920 numbers, so that a machine can ask of any two: the same vehicle?
#
# ## 7 · Draw a box on the frame

# %%
box = largest.iloc[0]

figure, axes = plt.subplots(figsize=(8, 5.5))
axes.imshow(frame)
axes.add_patch(Rectangle((box.x1, box.y1), box.x2 - box.x1, box.y2 - box.y1, fill=False, edgecolor="red", linewidth=2))
axes.annotate(f"{box.type} {box.percent:.0f} %", (box.x1, box.y1 - 4), color="red", fontsize=11)
axes.set_axis_off()

# %% [markdown]
# ## Your turn: be the machine
#
# Below are all six frames, in driving order south. One yellow taxi van is in every one of them. **Find it six times.** Then
# look at the clock in the frames. What do you now know about its driver?

# %%
DRIVING_ORDER = ["733-681-N", "735-683-N", "689-640-S", "253-134-S", "732-680-N", "731-679-N"]

figure, axes = plt.subplots(2, 3, figsize=(12, 6))
for axis, camera in zip(axes.flat, DRIVING_ORDER):
    shown = dataset.frames[dataset.frames.camera == camera].id.iloc[0]
    axis.imshow(dataset.image(shown))
    axis.set_title(shown, fontsize=8)
    axis.set_axis_off()
figure.tight_layout()

# %% [markdown]
# <details><summary><b>What you could know</b> (click)</summary>
#
# Where it drove, in which direction, between which minutes, at what speed, and that it did not leave at any exit on the way. You
# needed no plate and no face, only pictures, clocks, and a vehicle that stands out. A white sedan would have been harder. How much
# harder is what this course measures.
#
# </details>
#
# ## What to take away
#
# - **The name of a detection says it all:** camera, day, time, type, confidence and box. A list of such names is already a record of who passed where.
# - **Counting is easy:** one `groupby` gives the types, by camera or in all. The words are the detector's, and it can be wrong.
# - **Detecting is cheap:** one line of code, a fraction of a second, free parts.
# - **A box is four numbers.** With them you cut out a vehicle, or point at it.
#
# Next: notebook 00 follows the taxi van down the road by itself. Notebook 04 asks what the detector misses, and 05 when two crops show the same vehicle.

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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question aloud, then go straight to the pairs: the room works before you explain anything."
# # 05 · Tracking
#
# **When are two pictures the same car?**
#
# | | |
# |---|---|
# | Time | 35 minutes; the first part alone, 8 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 04, where the machine finds the vehicles. It is enough to know that it cuts them out |
#
# After this notebook you can
#
# 1. say how well people, and a network, tell same from different, and read both off one curve;
# 2. explain what an embedding is, and compare two of them in two ways;
# 3. choose a threshold, and say how many false links it makes;
# 4. tell why several pictures of one vehicle are better than one.
#
# **No vehicle here is real.** The road is simulated, so we know the truth about every pair, and can count.

# %% slideshow={"slide_type": "skip"}
import numpy as np

from cctview import plots
from cctview.comparisons import auc_by_vehicle, compare_next_camera, draw_pairs, first_minutes
from cctview.comparisons import give_labels, labels_followed, score_answers, search_next_camera
from cctview.exercises import check_cosine_distance, check_threshold
from cctview.lesson_data import open_lesson
from cctview.meter import LeakageMeter
from cctview.truth import true_vehicles
from cctview.widgets import Float, Int, Sliders, predict

lesson = open_lesson()
dataset, truth = lesson.dataset, lesson.truth
MINUTES = 6  # of the recording; more take longer to compare
detections, embeddings = first_minutes(dataset, MINUTES)
vehicles = true_vehicles(detections, truth)
print(f"{len(detections):,} detections at {detections.camera.nunique()} cameras in {MINUTES} minutes")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes. Hands up for each pair: S for same, D for different. Write down what most say. Do not help. People are fast and sure on the yellow cabs, and those are the hard ones: cabs are clones. Usual wrong belief: the room expects to be nearly perfect."
# ## 1 · You first
#
# Two cameras, one after the other along the drive. Each pair below has one picture from each. **Same vehicle, or different?**
#
# Half of the pairs are the same. The different ones are look-alikes: they share their colour. Write down S or D for each, in
# order.
#
# *Predict: how many of the twelve will you get right?*

# %%
compared = compare_next_camera(detections, vehicles)
clear = compared.at_least(detections, side=24)
look_alike = clear.same | clear.alike(truth.vehicles, "colour")


def crops_of(rows):
    return [[dataset.crop(detections.id[row]) for row in pair] for pair in rows]


room = draw_pairs(clear, look_alike, count=12, seed=5)
plots.pairs(crops_of(clear.rows[room]), "Same vehicle, or different?")

# %% [markdown]
# Put your answers here, or the room's. (These are a coin's, as an example.)

# %%
answers = "SDSS DDSD DSSD"

# %% slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Let them count their own. Ask who had all twelve. Then: what did you look at? Colour, roof, stickers. Note the answers, the network uses the same."
plots.pairs(crops_of(clear.rows[room]), "The truth about the twelve", answers=clear.same[room])

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · You and the machine, on one curve
#
# Now a network answers the same question, for all pairs of look-alikes. It gives no yes or no. It gives a **distance**: small
# means alike. A **threshold** makes an answer of it. Each threshold finds some of the same pairs (up), and calls some
# different pairs the same (to the right). All thresholds together are a curve, the ROC. You, or the room, are one point.
#
# *Predict: are you above the curve, or below it?*

# %%
distances_clear = clear.distances(embeddings, "mcd")
machine = (distances_clear[look_alike], clear.same[look_alike])
plots.roc({"the network": machine}, points={"the room": score_answers(answers, clear.same[room])})

# %% [markdown]
# Twelve pairs are few: one more right answer would move your point by a sixth. The curve has more pairs behind it.
#
# ### Again, with help
#
# Now the machine tells you what it thinks. But some of its labels are false, on purpose: three of twelve.

# %% slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Same as before, quicker. Then compare: how often did the room go along with a false label, and how often with a true one? This is automation bias; the operators of real systems see such labels all day."
again = draw_pairs(clear, look_alike, count=12, seed=6)
labelled_same = give_labels(clear.same[again], false_matches=2, false_misses=1)
labels = np.where(labelled_same, "97 % match", "no match")
plots.pairs(crops_of(clear.rows[again]), "Same or different? The machine has an opinion", words=labels)

# %% [markdown]
# Write down S or D again, and put your letters in the place of `labelled_same`: that is someone who believes every label.

# %%
answers_again = labelled_same
labels_followed(answers_again, labelled_same, clear.same[again])

# %%
plots.pairs(crops_of(clear.rows[again]), "The truth about these twelve", clear.same[again], words=labels)

# %% [markdown]
# Who follows false labels as readily as true ones adds nothing to the machine. This is called **automation bias**. A search
# engine with a person "in the loop" is only as good as that person's freedom to say no.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · A picture becomes a vector
#
# The network turns each crop into 1920 numbers, its **embedding**. Eight of them:

# %%
first, second = clear.rows[room[0]]
embeddings[first, 1256:1264].round(2)

# %% [markdown]
# Nobody told the network what to look at. Such networks are trained so that pictures of one vehicle come out close together,
# and pictures of two far apart. FaceNet (2015) does it with triplets: an anchor is pulled towards a picture of the same face,
# and pushed away from one of another.
#
# One number means nothing. Together they are a place. Here are some of the vehicles at the places that the network gives
# them, flattened to a plane. A line joins two pictures of one vehicle, from two cameras.
#
# *Predict: what will neighbours have in common?*

# %%
different = ~clear.same
closest = different & (distances_clear <= np.quantile(distances_clear[different], 0.01))
shared = clear.alike(truth.vehicles, "colour")

near, all_ = (plots.percent(shared[of].mean()) for of in (closest, different))

shown = clear.rows[clear.same][:14]
plots.embedding_map(
    embeddings[shown.ravel()],
    sum(crops_of(shown), []),
    lines=np.arange(shown.size).reshape(-1, 2),
    title=f"Of the closest different pairs {near} share their colour, of all {all_}",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask for the prediction first. MCD wins by a little, and the interval says whether it is more than luck. The student model and the original agree in this."
# ## 4 · How far apart? Two ways to measure
#
# The straight line between two vectors is the Euclidean distance, **MED**. (Minimal, because with several pictures of a
# vehicle the nearest counts.) The angle between them gives the cosine distance, **MCD**: it does not care how long the
# vectors are.
#
# *Predict: which one tells vehicles apart better?*

# %%
same = compared.same
med, mcd = compared.distances(embeddings, "med"), compared.distances(embeddings, "mcd")
areas = auc_by_vehicle(compared, {"MED (Euclid)": med, "MCD (cosine)": mcd}, rounds=100)
gain = areas.loc["gain of MCD (cosine)"]
verdict = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not surely better"
plots.bars(
    areas.iloc[:2],
    "area under the ROC (a coin: 0.5, perfect: 1)",
    f"Cosine is {verdict}: {gain.estimate:+.3f} [{gain.low:+.3f} {gain.high:+.3f}]",
    chance=0.5,
)

# %% [markdown]
# The thin lines are 95 % intervals. They come from drawing whole vehicles again, not pairs: two pairs that share a vehicle
# are not two pieces of evidence.
#
# On real frames, with the same vehicle in two successive frames, it was .907 [.894 .921] for MED and .946 [.938 .954] for MCD
# (`models/student-64.md`). So we go on with the cosine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · The threshold
#
# These are the distances of all pairs of neighbouring cameras, everyone with everyone: a search knows no better. There are
# many more different pairs than same ones, so each kind has a height of its own.

# %%
plots.distance_histograms(mcd, same)

# %% [markdown]
# Move the threshold. Then leave out the smallest pictures: does that part the two hills?

# %%
size = compared.smaller_side(detections)
half = np.ceil(100 * np.median(mcd[same])) / 100
links = plots.accepted(mcd, same, half)


def link(values):
    """The histograms at a threshold, of the pairs whose pictures both have at least this side."""
    kept = size >= values["smallest_picture"]
    return plots.distance_histograms(mcd[kept], same[kept], values["threshold"])


Sliders(
    link,
    [
        Float("threshold", 0, 1, default=half),
        Int("smallest_picture", 0, int(np.sort(size[same])[-8]), default=0, unit="pixels a side"),
    ],
    describe=lambda figure: figure.title,
    prediction=predict(
        "At a threshold that finds half of the true links: how many false ones come along for each true one?",
        f"About {links['false_links'] / links['true_links']:.0f}: "
        f"{links['false_links']:,} false links for {links['true_links']} true ones.",
        ["fewer than one", "about one", "about ten", "many more"],
    ),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="This is the figure of the lesson. Let it stand. The histogram looked fine; the base rate did it. Wrong answer people give: the network is bad. It is not: there are just many more wrong pairs than right ones. Notebook 06 brings the clock, which removes most of them."
# ## 6 · What leaks: false links
#
# The histograms looked like a fair separation. Now count links instead of shares, at every threshold.

# %% tags=["picture"]
plots.false_links(mcd, same, half)

# %% [markdown]
# Every false link puts a driver where that driver never was. The network is not bad. There are simply far more pairs of
# strangers than pairs of pictures of one vehicle: the **base rate**. And these are pairs of neighbouring cameras and a few
# minutes. Notebook 06 lets the gallery grow, and brings in the clock, which rules most strangers out.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Track to track
#
# A vehicle is in sight for several frames. A tracker links these, and we may compare *all* pictures of a track with all of
# another. Of the distances, the closer half is averaged, so that a few bad crops do not count (Roman-Jimenez et al., arXiv
# 1910.09458). What we ask now is what an operator asks: **who at the next camera is it?** The curve (CMC) says how often the
# right one is among the first candidates.

# %%
searches = {
    count: search_next_camera(detections, vehicles, embeddings, images=count)[0]
    for count in (1, 2, 3, 4)
}
plots.cmc({"1 picture": searches[1]})

# %%
first = {count: plots.percent(result.cmc[0]) for count, result in searches.items()}


def search(values):
    """The rankings with one picture a track, and with more."""
    count = values["pictures"]
    chosen = {"1 picture": searches[1], f"{count} pictures": searches[count]}
    return plots.cmc(chosen if count > 1 else {"1 picture": searches[1]}, ranks=values["candidates"])


Sliders(
    search,
    [Int("pictures", 1, 4, default=3, unit="a track"), Int("candidates", 5, 30, default=20)],
    describe=lambda figure: figure.title,
    prediction=predict(
        "With one picture the right vehicle comes first in " + first[1] + " of searches. With three?",
        f"In {first[3]}.",
        ["less often", "about as often", "in some more", "twice as often"],
    ),
)

# %% [markdown]
# The further pictures of a track are smaller than the first, so what they add ends soon. And look at the other end of the
# curve: the network often misses at the first place, but it makes a short list of a long one. The rest is the operator's
# work, or the clock's.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes, live. Let the room call out thresholds, type them in, read out what the check says. Two or three rounds are enough."
# ## Your turn
#
# **Exercise 1, together.** A false link is to be rare: of the different pairs at most 1 in 100 may be linked. Which threshold finds the most same pairs then?
# The distances are in `mcd`, the truth is in `same`.

# %% tags=["exercise"]
threshold = ...
check_threshold(threshold, mcd, same, tolerated=0.01)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Sort the distances of the different pairs. The threshold lies where the first hundredth of them ends. `np.quantile` does it
# in one line, and `cctview.evaluate.roc_curve` does it for all thresholds.
#
# </details>

# %% tags=["solution"] jupyter={"source_hidden": true, "outputs_hidden": true}
threshold = np.quantile(mcd[~same], 0.01, method="lower") - 1e-6
check_threshold(threshold, mcd, same, tolerated=0.01)

# %% [markdown]
# **Exercise 2, at home.** Write the cosine distance of two vectors yourself: 0 for the same direction, 1 for a right angle.


# %% tags=["exercise"]
def cosine_distance(a, b):
    return ...


check_cosine_distance(cosine_distance, embeddings[clear.rows[room[0]]])


# %% tags=["solution"] jupyter={"source_hidden": true, "outputs_hidden": true}
def cosine_distance(a, b):
    return 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))


check_cosine_distance(cosine_distance, embeddings[clear.rows[room[0]]])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines, point at the meter, and hand over to 06."
# ## What to take away
#
# - **People and networks make the same kind of error**, and one curve holds both. A label that is sometimes false takes people along.
# - **An embedding is a place.** Near means alike; the angle (MCD) or the straight line (MED) says how near.
# - **A threshold links strangers.** How many depends on the network, and on how many strangers there are.
# - **More pictures of a vehicle help**, here only a little, since the further ones are small; and a list of candidates is easier to get right than a name.
#
# The meter of this course shows how much is known of one vehicle, in bits. This is where it stands:

# %%
plots.leakage_meter(LeakageMeter.load("meter.json"))

# %% [markdown]
# Next: notebook 06 asks how this grows from six cameras to a nation.

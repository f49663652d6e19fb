# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Six minutes. Run all cells before the room comes in. One laptop for every few people, who judge one after the other; or a show of hands, which you type in. Do not help, and do not say why some pairs have a label. People are fast and sure on the yellow taxis, and those are the hard ones. Usual wrong belief: a person in the loop corrects the system. Wait for the interval before you say anything about your room: a few people and sixteen pairs seldom resolve it."
# # 05 · Tracking
#
# **When do two crops show the same car?** Judge sixteen pairs yourself before a network does. A [crop](glossary.md#crop) is one vehicle, cut out of a frame.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np

from cctview import dataset, match, show
from cctview.course import (
    QUESTIONS,
    ask,
    check_cosine_distance,
    check_threshold,
    drag_embedding,
    open_lesson,
    same_or_different,
)
from cctview.course.figures import lesson_05 as figures
from cctview.course.figures import vectors
from cctview.show import Float, Quiz, Sliders, Steps
from cctview.truth import true_vehicles

lesson = open_lesson()
truth = lesson.truth
MINUTES = 6  # of the recording; more take longer to compare
detections, embeddings = match.first_minutes(lesson.dataset, MINUTES)
vehicles = true_vehicles(detections, truth)
compared = match.compare_next_camera(detections, vehicles)
clear = compared.at_least(detections, side=24)
one_colour = clear.same | clear.alike(truth.vehicles, "colour")
distances_clear = clear.distances(embeddings, "mcd")
same_or_different(lesson, detections, clear, distances_clear, one_colour)

# %% [markdown]
# The two crops of a pair come from two neighbouring cameras. If they show one car, the system should [**link**](glossary.md#link) them: it should
# say that both are the same car.
#
# Some pairs had a label and the others had none. The pairs without a label are the [control](glossary.md#control): only they show what a label changes.
# People who err more often beside a false label than without it show [automation bias](glossary.md#automation-bias). A person who checks what a
# system says is of use only if that person is able to say no.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 25 minutes, with the exercises 36</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: [notebook 04](04-detecting.ipynb), where the
# system finds the vehicles. It is enough to know that it cuts them out. It goes with [Tracking Vehicles with Deep
# Learning](https://samdbrice.medium.com/de5842a75045), an article of the original series.
#
# After this notebook you can
#
# 1. say what a label does to people who judge, and how one measures it;
# 2. explain what an embedding is, and how a network learns one;
# 3. choose a threshold, and say how many false links it makes;
# 4. say how many vehicles a search misses at the false alarms that an operator accepts, and which vehicles it confuses.
#
# **No vehicle here is real.** The road is simulated, so we know for every pair whether it is one vehicle, and we can count.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Read the three numbers aloud, let the room say which car is nearest, and wait. Then let somebody change a number in the cell. Ask which number one should have written down instead. Usual answer: the plate. It cannot be read here."
# ## 1 · Can you describe a car by three numbers?
#
# You compared crops with your eyes. A computer compares numbers, so somebody must turn each crop into numbers first. Try it by hand: write
# down how light, how long and how high a car is, each from 0 to 1. Such a list of numbers is a [**vector**](glossary.md#vector).

# %% slide="code"
#                light long high
white_sedan = [0.90, 0.50, 0.30]
grey_sedan = [0.60, 0.50, 0.30]
white_van = [0.90, 0.90, 0.80]
# the white sedan again, in the shade of a bridge:
new_crop = [0.65, 0.50, 0.30]

# %% [markdown]
# The [distance](glossary.md#euclidean-distance) between two vectors is the length of the straight line between them. A search picks the car at the
# smallest distance from the new crop.

# %% jupyter={"source_hidden": true}
by_hand = {
    "the white sedan": white_sedan,
    "the grey sedan": grey_sedan,
    "the white van": white_van,
}
far = [float(np.linalg.norm(np.subtract(new_crop, car))) for car in by_hand.values()]
ask(
    "05 by hand",
    figures.how_far(dict(zip(by_hand, far, strict=True))),
    of=int(np.argmin(far)),
    sedan=f"{far[0]:.2f}",
    grey=f"{far[1]:.2f}",
    van=f"{far[2]:.2f}",
)

# %% [markdown]
# Which numbers would you write down instead? They should stay the same when the light, the camera and the angle change, and they should differ from car to
# car. Nobody knows how to write those down. So a [network](glossary.md#neural-network) learns them from examples.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Six minutes. Let one person drag, and let the room say which crops belong together: two of the cars are look-alikes. Before you press 'Let the network do it', ask where crop 13 belongs on the plane that the room made. Wait. Nobody can say, and that is the point: they moved crops and made no rule. Wrong answer people give: the network has learned what a car is. It puts crop 14, a car that it never saw, beside a look-alike."
# ## 2 · Can you do the network's work?
#
# Such a network turns a crop into a vector, its [embedding](glossary.md#embedding). It learns from [triplets](glossary.md#triplet): one crop, another crop of the same car, and a crop
# of a different car. The first two should come closer together than the first and the third. The [loss](glossary.md#loss) is one number
# for how far that is from true, and learning makes it smaller. FaceNet learned faces in this way
# ([2015](https://arxiv.org/abs/1503.03832)).
#
# Do it yourself now: here two numbers make the vector, so each crop is a point on a plane, and you can drag it.

# %% slideshow={"slide_type": "fragment"} jupyter={"source_hidden": true}
drag_embedding(lesson, detections, embeddings, vehicles)

# %% [markdown]
# You moved crops. The network did something else: it changed its [weights](glossary.md#weight), the numbers that it consists of, until it had a **rule** that gives any crop a place, even a crop that nobody has seen before.
# That is why a system can look for a car that was never part of its training. It is also why a
# car that looks like yours gets a place beside yours. Such a car is a [**look-alike**](glossary.md#look-alike).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Point at the squares: not one of them means 'yellow'. Then ask what neighbours have in common, and wait."
# ## 3 · What does a real network call alike?
#
# On the plane there were two numbers for each crop. The network that made the vectors of this course makes 1,920. Each small square below is one of them: orange is below zero,
# purple above.

# %% jupyter={"source_hidden": true}
own = lesson.shown.detections
embedded = np.isfinite(lesson.shown.embeddings).all(axis=1)
largest = np.where(embedded, dataset.box_side(own), 0).argmax()
vectors.vector(lesson.shown.crop(own.id[largest]), lesson.shown.embeddings[largest])

# %% [markdown]
# No single number means anything. Together they are a place, and only the neighbours of a place say something. Below, vehicles stand
# where the network puts them, flattened from 1,920 numbers to two. A line joins two crops of one vehicle, from two cameras.

# %% jupyter={"source_hidden": true}
different = ~clear.same
closest = different & (distances_clear <= np.quantile(distances_clear[different], 0.01))
shared, kinds = (clear.alike(truth.vehicles, what) for what in ("colour", "kind"))
near, all_ = (show.percent(shared[of].mean()) for of in (closest, different))
shown = clear.rows[clear.same][:14]
ask(
    "05 neighbours",
    vectors.embedding_map(
        embeddings[shown.ravel()],
        [lesson.dataset.crop(detections.id[row]) for row in shown.ravel()],
        lines=np.arange(shown.size).reshape(-1, 2),
        title=f"Different vehicles that the network finds most similar: {near} have the same"
        f" colour (all pairs: {all_})",
    ),
    of=int(shared[closest].mean() > kinds[closest].mean()),
    near=near,
    all=all_,
    type=show.percent(kinds[closest].mean()),
)

# %% [markdown]
# There are two usual ways to measure how near neighbours are. The original course used the straight line (*MED*, minimal Euclidean distance). The
# [cosine distance](glossary.md#cosine-distance) (*MCD*, minimal cosine distance) looks at the angle between two vectors, and we use it from here on. The appendix compares them.
#
# <details><summary><b>Which networks do this work?</b></summary>
#
# - The original of this course used **DenseNet-201** ([2017](https://arxiv.org/abs/1608.06993)), a network of 201 layers. They form blocks, and each layer reads the results of
#   all earlier layers of its block. It was trained on **VeRi-776**: crops of 776 vehicles from street cameras, each with its vehicle's number. Ours is a small *residual*
#   network, in which a layer only adds a correction to what comes in. It learned to give the same vectors, from crops of a real road, and has seen no simulated vehicle.
# - **Deep relative distance learning** ([2016](https://www.cv-foundation.org/openaccess/content_cvpr_2016/html/Liu_Deep_Relative_Distance_CVPR_2016_paper.html)) has two branches, and learns
#   distances that say directly how similar two vehicles are.
# - **RepNet** ([2017](https://arxiv.org/abs/1708.02386)) learns coarse features such as model and colour beside details such as scratches, so that it can tell look-alikes apart.
# - **VehicleNet** ([2020](https://arxiv.org/abs/2004.06305)) puts four public collections of vehicles together, because more cameras teach more.
# - For faces, **OpenFace** and **face_recognition** are free libraries that work like FaceNet, which was never published.
#
# A network of the library [fast-reid](https://github.com/JDAI-CV/fast-reid/blob/master/MODEL_ZOO.md) puts the correct vehicle first in 97 of 100 searches on
# VeRi-776, as its makers report. Such collections hold sharp crops, all of about one size
# ([2018](https://arxiv.org/abs/1809.09409)). Ours come from traffic cameras of 352×240 pixels.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes. This is the figure of the lesson. Ask for the prediction and write it down. Then let it stand. However far apart the hills look, the number of strangers decides. Move the threshold to where the hills cross and read the counts aloud. Then leave out the small crops. Wrong answer people give: the network is bad. It is weak on such small crops, but a better one has the same trouble: there are many more strangers than crops of one car. Notebook 06 brings the clock, which removes most of them."
# ## 4 · How near is near enough?
#
# A distance is not yet an answer. A [threshold](glossary.md#threshold) turns it into one: pairs with a smaller distance are linked. A link of two crops of one vehicle
# is a *true link*. A link of two different vehicles is a [false link](glossary.md#false-link), and it puts a driver where that driver never was. The figure has all
# pairs of neighbouring cameras, every vehicle with every other, because a search does not know in advance which pairs make sense. Each hill shows which share of its pairs
# has which distance. Move the **threshold**, and then leave out small crops by the **smallest crop**.

# %% jupyter={"source_hidden": true}
same, mcd = compared.same, compared.distances(embeddings, "mcd")
size = compared.smaller_side(detections)
half = round(float(np.median(mcd[same])) + 0.005, 2)  # finds half of the same pairs
links = figures.accepted(mcd, same, half)


def link(values):
    """The histograms at a threshold, of the pairs whose crops both have at least this side."""
    kept = size >= values["smallest_crop"]
    return figures.distance_histograms(mcd[kept], same[kept], values["threshold"])


Sliders(
    link,
    [
        Float("threshold", 0, 1, default=half, step=0.02),
        Steps("smallest_crop", {f"{side} pixels a side": side for side in (0, 15, 20, 25)}),
    ],
    prediction=ask(
        "05 false links",
        of=links["false_links"] / links["true_links"],
        false=round(links["false_links"], -3),
        true=links["true_links"],
    ),
)

# %% [markdown]
# Would a stricter threshold help? The next figure has every threshold.

# %% tags=["picture"] jupyter={"source_hidden": true}
strict = float(np.quantile(mcd[same], 0.1))  # finds one in ten of the same pairs
links = figures.accepted(mcd, same, strict)
ask(
    "05 any threshold",
    figures.false_links(mcd, same, strict),
    of=links["false_links"] / (links["false_links"] + links["true_links"]),
)

# %% [markdown]
# The [base rate](glossary.md#base-rate) is how common a thing is before anyone has looked. Here it is the share of all pairs that show one vehicle. It falls
# with more minutes, because each new vehicle makes same pairs only with itself, and different pairs with all others.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask how many false alarms a police officer can bear in a day, then show the figure. Wrong answer people give: then lower the threshold. Look along the curve: fewer false alarms mean more misses, and there is nothing else to choose." slide="## What does an operator get?\n\nOne threshold, and two rates:\n\n- **false alarms** (FPIR): the vehicle is *not* there, and somebody is linked\n- **misses** (FNIR): it *is* there, and is not linked"
# ## 5 · What does an operator get?
#
# An operator has one threshold, and chooses it by how many false alarms are bearable. So two rates count:
#
# - when the vehicle is *not* there, the **false alarm rate** ([FPIR](glossary.md#fnir-and-fpir), false positive identification rate) is the share of searches that link somebody;
# - when the vehicle *is* there, the **miss rate** (FNIR, false negative identification rate) is the share of searches that do not link it.
#
# The curve of one against the other is called DET (detection error trade-off). NIST, which tests face recognition for the US government, reports misses at false
# alarms in 3 of 1,000 searches ([FRTE 1:N](https://pages.nist.gov/frvt/html/frvt1N.html)). Our searches compare one vehicle with 100 at the other five cameras, by
# appearance alone.

# %% jupyter={"source_hidden": true}
odds = dataset.read_result("open_set.csv")
few = odds[(odds["size"] == 100) & ~odds.beyond]
ask("05 operator", figures.misses(few, 0.1), of=few[np.isclose(few.fpir, 0.1)].fnir.iloc[0])

# %% [markdown]
# The hatched part is not measured, because we made too few searches for it. The vehicles that a search looks through are its [gallery](glossary.md#gallery);
# [a page of numbers](numbers.md) says what other galleries would give.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask before the figure: which will be hardest, small, dark, or common? Then the crops. Point at the first candidate: would the room have told them apart? Say who that is: somebody else, on a trip of their own."
# ## 6 · Which vehicles are confused?
#
# One average does not say which vehicles are missed, so we divide the searches into groups. Each vehicle of a camera is looked for among all that passed the next one.
# A small crop holds little detail. Dark paint hides what is drawn on it. And a common model has look-alikes everywhere.

# %% jupyter={"source_hidden": true}
tables = match.compare_tracks(detections, vehicles, embeddings)
asked = match.describe_searches(tables, detections, vehicles, truth.vehicles)
groups = match.by_group(asked)
ask(
    "05 hardest",
    vectors.weak_spots(groups, candidates=10),
    of=groups.estimate.iloc[[0, 2, 4]].argmin(),
)

# %% [markdown]
# Here is one search that failed, although its crop is large and clear.

# %% jupyter={"source_hidden": true}
failed = asked[
    (asked["rank"] == 3) & (asked.look_alikes >= asked.look_alikes.median()) & (asked.side >= 40)
].iloc[0]
nearest = match.best_candidates(failed, tables, detections, vehicles)
show.candidates(
    lesson.dataset.crop(detections.id[failed["row"]]),
    [lesson.dataset.crop(name) for name in detections.id[nearest.row]],
    nearest.distance,
    nearest.right,
    f"{failed.look_alikes:.0f} other vehicles have this model and colour; two of the crops at the"
    " next camera are closer than the correct one",
)

# %% [markdown]
# Each wrong candidate is somebody else, on a trip of their own, who drives what many others drive. A system can also use all crops of a [pass](glossary.md#pass), which is
# one vehicle that drives past one camera: it compares all of them with all of the other pass, and averages the closer half
# ([2019](https://arxiv.org/abs/1910.09458)). The appendix compares other ways.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes, live. Let the room call out thresholds for exercise 1, type them in, read out what the check says. Two or three rounds are enough."
# ## Your turn
#
# **Worked example.** A *same pair* shows one vehicle, and a *different pair* shows two. We tolerate links of at most 5 of 100 different pairs. Which threshold links the
# most same pairs then? The distances are in `mcd`, and `same` says which pairs are same pairs. So sort the distances of the different pairs, and stop after the first 5 %:

# %%
different_pairs = np.sort(mcd[~same])
allowed = 5 * len(different_pairs) // 100
threshold = different_pairs[allowed - 1]
check_threshold(threshold, mcd, same, tolerated=0.05)

# %% [markdown] slide="## Your turn\n\nNow we tolerate links of at most 1 in 100 *different* pairs.\n\n*Which threshold finds the most true links?*"
# **Exercise 1, together.** Now false links should be rarer: we tolerate links of at most 1 in 100 different pairs. Replace the `...` by the threshold.

# %% tags=["exercise"]
allowed = len(different_pairs) // 100
threshold = ...
check_threshold(threshold, mcd, same, tolerated=0.01)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `different_pairs` is sorted, the smallest distance first. `np.quantile(mcd[~same], 0.01)` gives the same in one line.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# threshold = different_pairs[allowed - 1]
# check_threshold(threshold, mcd, same, tolerated=0.01)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Write the cosine distance between two vectors yourself: it is 0 for the same direction, 1 for a right angle, and 2 for opposite directions.


# %% tags=["exercise"]
def cosine_distance(a, b):
    return ...


check_cosine_distance(cosine_distance, embeddings[clear.rows[0]])

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `a @ b` multiplies number by number and adds up. If you divide that by both lengths (`np.linalg.norm`), it is 1 for the same direction.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def cosine_distance(a, b):
#     return 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
#
# check_cosine_distance(cosine_distance, embeddings[clear.rows[0]])
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Read a question, take hands for each option, open a wrong one first and read its reason." slide=""
# ### Three questions

# %% jupyter={"source_hidden": true}
Quiz(QUESTIONS["05"])

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Appendix · Other ways to compare two passes
#
# The detections of one vehicle at one camera, joined, are a [track](glossary.md#track). These ways compare track with track, for sixty vehicles of one camera among the vehicles of
# the next two:
#
# - **MED** and **MCD** take the straight line and the angle;
# - **RSCR** rebuilds a crop as a mixture of few crops of the other track; what is left over is the distance
#   ([2019](https://arxiv.org/abs/1910.09458));
# - **re-ranking** asks the neighbours: two crops of one vehicle should be among each other's nearest ([2017](https://arxiv.org/abs/1701.08398)).
#
# *mAP* says how high all correct crops come, and *mINP* how far down the last of them is.

# %% slideshow={"slide_type": "skip"}
methods = match.compare_methods(
    detections,
    vehicles,
    embeddings,
    [place.camera for place in dataset.DRIVE[2:5]],
    queries=60,
    others=100,
)
methods.round(2)

# %% [markdown] slideshow={"slide_type": "skip"}
# Sixty searches are few, so differences of some hundredths mean nothing.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question of the beginning, then the answer, then what one can do. Hand over to 06." slide="## So when do two crops show the same car?\n\n**Two crops alone cannot tell you.** It depends on how many strangers were compared, and on how many of them look alike.\n---\n## What to take away\n\n- A false label can mislead people\n- Near means similar\n- A threshold decides who pays\n- A look-alike is near, too\n- **Ask: among how many, at which threshold, how often wrong?**"
# ## So when do two crops show the same car?
#
# **Two crops alone cannot tell you.** A network says how alike they are. Whether that means *the same car* depends on how many strangers were compared, and
# on how many of them are look-alikes.
#
# - **People and networks both err**, and a false label can mislead people. Only a control without labels shows whether it does.
# - **An embedding is a place**, and near means similar, in colour for example.
# - **A threshold decides who pays.** Fewer false links mean more misses; no threshold avoids both.
# - **A look-alike is near, too.** So people who drive a common car are taken for others more often.
#
# **What you can do:** when somebody shows you a match, ask how many were compared, at which threshold, and how often the system is wrong there. A percentage alone
# answers none of that.
#
# Next: [notebook 06](06-designing-the-app.ipynb) adds what a crop does not show, place and time, and asks how a search grows from six cameras to a nation.

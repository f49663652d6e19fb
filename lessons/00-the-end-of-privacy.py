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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Run all cells before the room comes in. Let the room choose a car, and call out a number at each camera: 1 to 4, or 0 for none of these. Type it. Wait before you turn over the system's picks, and again before the truth. Usual result: the room and the system are each right about half of the time, and each follows a stranger. Read the count aloud."
# # 00 · The end of privacy
#
# **How many cameras does it take before "seen in public" means "followed everywhere"?** Follow a car yourself first.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np

from cctview import show
from cctview.course import (
    FINDER_MINUTES,
    TAXI,
    ask,
    be_the_operator,
    check_sureness,
    check_wrong_share,
    open_app,
    open_finder,
    open_lesson,
    the_city,
)
from cctview.course.figures import lesson_00 as figures
from cctview.dataset import read_result
from cctview.link import as_candidates, count_trips, describe
from cctview.privacy import calibration, leakage_meter, linking_rates, sureness
from cctview.show import Camera, Float, Int, Sliders

lesson = open_lesson()
dataset, truth = lesson.dataset, lesson.truth
finder, judge = open_finder(dataset, truth)
be_the_operator(finder, judge, dataset, truth)

# %% [markdown]
# A vehicle that drives past a camera is a **pass**. To say that two passes are one vehicle is to **link** them. You have just linked by hand,
# and so did the system.
#
# The cars above were chosen because they come to several cameras, and the other crops because the system itself finds them most alike.
# So this is a hard test, and your score in it says nothing about an average vehicle. Part 5 counts all vehicles.
#
# You looked at crops alone. The system did more: it decided the trips of all vehicles together, because a pass belongs to one vehicle only.
# Where it was not sure enough of any crop, it linked none.

# %% [markdown] slideshow={"slide_type": "skip"}
# | | |
# |---|---|
# | Time | 16 minutes; with the exercises, 29 |
# | What you need | You can read simple Python. Nothing to download; works offline |
# | Before this | Nothing. Start here |
#
# After this notebook you can
#
# 1. say what one click on a vehicle sets off, from a frame to a trip;
# 2. say how much a search gives away, and tell a miss from a false alarm and from a vehicle that nobody saw;
# 3. say how often it works for a random vehicle, and how often it blames another one;
# 4. say what more cameras and more minutes change.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Ask for a show of hands: two cameras? six? a hundred? Write the numbers down, you come back to them at the end."
# In January 2020 *The New York Times* revealed Clearview AI, a search engine for faces built on billions of scraped photos. Most coverage
# asked *what* it collects and *who* uses it. This course asks *how* it works: we build a small one. Vehicles stand in
# for faces, and six cameras along one road for the internet. Every term is explained where it first comes up, and once more in
# the [glossary](glossary.md).
#
# **No vehicle here is real.** The road is simulated, so we know for every link whether it is correct, and we can count the mistakes.
# Figures of it say *Simulated* in their last line; [a page of numbers](numbers.md) says what each headline number is worth.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "skip"}
taxi = judge.sighting_of(TAXI[0], finder.cameras[0])
print(f"{len(dataset.frames):,} frames of {dataset.frames.camera.nunique()} cameras")
print(f"{len(dataset.detections):,} detections")
print(f"{len(finder.tracklets):,} passes in {FINDER_MINUTES} minutes")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction. Then click the yellow taxi van in the picture: do it live, do not talk over it. Point at the cards below the picture, one a camera. If the widget does not show on stage, the picture below is the same moment. Wrong answer people give: it reads the plate. It does not; no plate is legible here."
# ## 1 · One click
#
# These are the six cameras. No plate can be read on their [frames](glossary.md#frame). All the system has to go on is what a vehicle
# *looks* like, and *when* it drove past.
#
# It first learns from vehicles that passed in the six minutes after these: how similar two pictures of one vehicle usually are, how long the
# drive from camera to camera takes, and how far drivers keep their speed and their lane. So it has never seen the vehicle that you
# pick. (What it learned is stored, so that you do not have to wait; `cctview.link.fit_finder` learns it anew.)

# %% [markdown]
# *Predict: you click on the yellow taxi van at E 53 St. At how many of the five other cameras will the machine find it?*
#
# **Click a vehicle.** The numbers that appear are the best candidate at each other camera, with how sure the machine is.


# %% slideshow={"slide_type": "fragment"} tags=["picture"]
def follow(row):
    return as_candidates(finder.find(row.id))


camera = Camera(dataset, minutes=FINDER_MINUTES, on_pick=follow)
camera.picked = taxi
camera.mark(as_candidates(finder.find(taxi)))
camera.show(taxi)
camera

# %% [markdown] slideshow={"slide_type": "skip"}
# **Frames of your own?** Let the environment variable `CCTVIEW_DATA` name their folder, and they appear here, on the operator's page of
# notebook 07. There is no truth beside them, so what is counted below stays on the simulated road.

# %% slideshow={"slide_type": "skip"}
open_app(lesson) if lesson.own else None

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the strip from left to right: one click, a trip. Then say: the dashed line is the truth, which the machine does not have. If a link is wrong, ask: whose trip is it, then?"
# ## 2 · One trip
#
# The same answer as a table. A candidate is **linked** when it is more probably the vehicle than not. Where no candidate is,
# the table says "not found", or why: a vehicle can have passed before the recording began. After another click,
# run these two cells again: they follow what you picked.

# %%
trip = finder.find(camera.picked or taxi)
describe(trip)

# %% [markdown]
# And on the map. The road runs from left to right, the clock downwards. The dashed line is the truth, which the machine
# has not.

# %%
judged = judge.find(camera.picked or taxi)
show.drive(judged[judged.linked], truth=judge.true_trip(camera.picked or taxi))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Ask: which one is it? A yellow taxi is easy to find among cars, and hard to tell from other yellow taxis. The machine has the clock to help it."
# ## 3 · Easy to find, hard to tell apart
#
# These are the five best candidates at the next camera. Nobody needs a machine to find *a* yellow taxi. Which of
# its sisters it is, that is the question. The clock helps: it knows how long the drive takes.

# %%
sisters = judge.candidates(taxi, finder.cameras[1])
show.candidates(
    dataset.crop(taxi),
    [dataset.crop(name) for name in sisters.id],
    sisters.probability,
    sisters.right,
    "The five best candidates at 48 St, and how probable each is",
)

# %% [markdown]
# And whom does it follow where it errs? The truth, which the machine has not, knows. The table counts the other vehicles
# among its best candidates at the five cameras.

# %%
judge.false_matches(trip)

# %% [markdown]
# A vehicle that comes up more than once is a sister: it looks the same and drives a few seconds ahead or behind. Nothing on
# the operator's screen says so.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. The first figure comes back in every notebook, so take the time. A long bar is a large leak. The hatched part is no finding: somebody knows when and where to look. Then the second: grey and red are searches that fail, in different ways. Wrong answer people give: 21 bits is a small number. It is one of two million."
# ## 4 · What it gave away
#
# About two million vehicles are registered in the city. To single out one of two million takes 21 yes-or-no answers: 21
# [**bits**](glossary.md#bit). The meter counts how many of them are given away, and right. It counts over all vehicles that were tracked at the
# camera where we looked for them. The hatched part is not found: the question says at which camera we look, and in which ten minutes.

# %%
searches = read_result("searches.parquet")
meter = leakage_meter(searches)
show.bits_given(meter)

# %% [markdown]
# These bits were measured on all minutes that come with the course, which takes longer than a notebook should: `python -m studio results --only leakage`.
# "Right one first" is never certainty, and it is not yet a name: notebook 07 tells how a name comes in.
#
# But a vehicle that we look for need not be there to be found. Perhaps it never passed. Perhaps it passed, and the detector or the tracker
# missed it. The system cannot tell these apart, and it sometimes links somebody else.

# %%
show.who_is_linked(linking_rates(searches))

# %% [markdown]
# So does the system know how sure it may be? We ask that over all searches together, because that is all the system sees. On the dashed line
# it would be as often right as it [says](glossary.md#claimed-and-delivered).

# %%
show.said_and_right(sureness(searches), calibration(searches))

# %% [markdown]
# And our taxi van? One vehicle is an anecdote. Its few passes say nothing about how often the system is right.

# %%
show.bits_given(leakage_meter(searches, *TAXI))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. This is the turn of the talk. The demonstration was one vehicle that we chose. Say so. Then ask for the prediction, and count rows together. Wrong answer people give: it failed, so we are safe. Look at the crosses: each is a stranger put where that stranger never was."
# ## 5 · The honest half: a random vehicle, twenty times
#
# A demonstration shows what its maker chose. So now we choose nothing: twenty vehicles, drawn at random among all that
# passed all six cameras in these minutes, each clicked at E 53 St.

# %%
everyone = judge.whole_trips(finder.cameras[0])
twenty = np.random.default_rng(20).choice(everyone, min(20, len(everyone)), replace=False)
counts = count_trips(judge.links(twenty))
whole, wrong = counts.loc["whole"], counts.loc["wrong"]

# %% jupyter={"source_hidden": true}
ask(
    "00 whole trips",
    figures.trip_ledger(judge.links(twenty)),
    of=int(whole["count"]),
    count=int(whole.of),
    wrong=int(wrong["count"]),
)

# %% [markdown]
# Every row is a vehicle, every column a camera. A cross is worse than a gap: it puts a driver where that driver never was. A dash is a pass that the
# tracker does not have, so that no search can find it. One camera sees only one carriageway: a trip counts as whole without it on the other.
#
# Twenty are few. Here is the same count for all the vehicles that passed all six cameras, with 95 % [intervals](glossary.md#interval): trips that **could be**
# found whole, because the tracker has every pass; those that are found **whole**; **some** of it, with nothing wrong; **nothing**; and those with at least one **wrong** link.

# %%
links = judge.links(everyone)
count_trips(links).round(2)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Prediction first. Move the cameras, then the minutes. More is found; ask whether the wrong links rise with it. On the right, see whether it says more than it is right about, or less."
# ## 6 · More cameras, more minutes
#
# The leak of this notebook: the share of a trip that is reconstructed, over all those vehicles. Move the **cameras** of the
# network, from the first two to all six, and the **minutes** that are searched before and after the pick. And ask it to be
# more or less **sure** before it links.


# %% jupyter={"source_hidden": true}
found = {}  # by minutes


def network(values):
    """What such a network reconstructs."""
    minutes = values["minutes"]
    if minutes not in found:
        found[minutes] = judge.links(everyone, minutes=minutes)
    return figures.network_leak(found[minutes], values["cameras"], values["sure"])


few, most = (judge.links(everyone, minutes=m).right.mean() for m in (1, FINDER_MINUTES))
Sliders(
    network,
    [
        Int("cameras", 2, len(finder.cameras), default=len(finder.cameras)),
        Int("minutes", 1, FINDER_MINUTES, default=FINDER_MINUTES, label="minutes before and after"),
        Float("sure", 0.1, 0.9, default=0.5, step=0.1, label="linked from", say=show.percent),
    ],
    prediction=ask("00 more minutes", of=most - few, few=few, most=most, minutes=FINDER_MINUTES),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Go back to the numbers that the room called out at the beginning, and set the first slider to each. Then change the kind of camera, and nothing else. Then the days. Say once: nobody has measured a town here, this is what our assumptions give."
# ## 7 · How many cameras does it take?
#
# Six cameras on one road follow nobody home, so here is a whole town, with thousands of drivers who have homes, work, errands and
# shifts. It is simulated, and no real town was measured. How well a still camera links comes from this course's own road, what a plate reader
# reads comes from reports, and the rest is assumed. [How far to trust the city](city.md) lists every assumption, and what another would have given.
#
# Move the number of **cameras**, their **kind**, and how long **records are kept**. The map shows the trips of one driver: which of them the
# system has, and which trips of other people it takes for this driver's.

# %% slideshow={"slide_type": "fragment"}
the_city()

# %% [markdown]
# The kind of camera decides before the number does. Plate readers put a driver's days together, and every camera adds to that; homes are found on
# the way. Still cameras follow a vehicle through dense traffic only where they stand close together, nothing but routine joins their days, and
# they link other people's vehicles into more trips than they get right. A broken line is a kind of camera that nobody has measured here.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: let the room say what to count, type it in, read out what the check says. The usual mistake is to divide by all searches; the check says so."
# ## Your turn
#
# **Exercise 1, together.** The machine says of some candidates: linked. Which share of these links is wrong?
# The table `links` has a row for each search of the vehicles above, with the `probability` of the best candidate and whether it is `right`.
# Linked is what has a probability of at least 0.5.

# %%
links[["vehicle", "camera", "probability", "right"]].head(4).round(2)

# %% tags=["exercise"]
share_wrong = ...
check_wrong_share(share_wrong, links)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Keep the linked rows first: `linked = links[links.probability >= 0.5]`. The mean of a column of True and False is the share
# of True.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# linked = links[links.probability >= 0.5]
# share_wrong = 1 - linked.right.mean()
# check_wrong_share(share_wrong, links)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** You are the operator, and at most one link in five may be wrong. From which probability on do you link,
# so that you keep as many right links as you can?

# %% tags=["exercise"]
sure = ...
check_sureness(sure, links, tolerated=0.2)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Sort the links, the surest first. After each row you can tell how many so far are wrong (`cumsum`). The last row at which these
# are at most a fifth is where to stop.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# surest = links.sort_values("probability", ascending=False)
# wrong_so_far = (~surest.right.astype(bool)).cumsum() / np.arange(1, len(surest) + 1)
# sure = surest.probability[wrong_so_far <= 0.2].min()
# check_sureness(sure, links, tolerated=0.2)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines, then the court's answer, then the question. Point at the numbers that the room called out at the beginning. Do not answer it."
# ## What to take away
#
# - **One click sets off the whole pipeline**: detect, embed, compare, weigh by the clock, link.
# - **Sure is not right.** How often the system is as right as it says can only be counted over many vehicles, with the truth.
# - **A chosen vehicle is not a random one.** Count, give the interval, and count the wrong links: each is somebody else.
# - **More cameras and more minutes find more**, and draw in more strangers.
#
# ### "Not today"
#
# In January 2026 a court in Virginia looked at 176 cameras that read plates, in one city. It upheld them, because they did not
# capture the whole of anyone's movements: *not today*. (*Schmidt v. Norfolk*, E.D. Va., 27 January 2026; an
# appeal was announced.)
#
# **At how many cameras would your answer change?**
#
# The meter goes on to the notebooks that follow, as `meter.json`:

# %%
meter.save("meter.json")
print(f"{meter.target}: {meter.given()} of {meter.total_bits:.1f} bits are given away")

# %% [markdown]
# Next: notebook 01 asks why this took fifty years, and what changed.

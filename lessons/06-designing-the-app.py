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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Ten minutes if this is all you show. Ask: one car in a hundred is wanted, and an alarm sounds. How sure are you? Take answers. Then test vehicles one by one until the first alarm, ask the room before you turn its card, and only then let the rest of the day pass. Wrong answers people give: 80 %, or 99.9 %. Then change who is wanted."
# # 06 · Designing the app
#
# **How does a search grow from six cameras to a nation?** Begin with one camera and one day: each alarm stops a driver.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np

from cctview import link, match, privacy, search, show, track
from cctview.course import (
    ask,
    check_even_gallery,
    check_right_alarms,
    films_of_one_car,
    open_lesson,
    operating_points,
    stop_and_sort,
)
from cctview.course.figures import lesson_06 as figures
from cctview.dataset import read_result
from cctview.show import Sliders, Steps
from cctview.truth import label_tracklets, tracks_by_truth, true_vehicles

odds, check = read_result("open_set.csv"), read_result("open_set_check.csv")
points = operating_points(odds)
stop_and_sort(points)

# %% [markdown]
# Each dot is a vehicle that drives past a camera on one day, and the system compares it with a list of wanted vehicles. An [**alarm**](glossary.md#alarm) sounds when the
# vehicle is similar enough to one of them. "Finds 50 of 100, false alarms 1 in 100" would mean that 50 of 100 wanted vehicles raise an alarm, and that one of 100 other vehicles does,
# too. How often the system does either was measured on this course's simulated road, by appearance alone, and with one vehicle on the list. A longer list raises more false alarms.
#
# Now change who is wanted, to 1 in 10 and to 1 in 1,000, and let another day pass. Nothing about the system changes. What does?

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 23 minutes, with the exercises 35</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: [notebook 05](05-tracking.ipynb), where a crop
# becomes a vector and a distance becomes a link. It goes with [Designing a Deep Learning
# App](https://samdbrice.medium.com/a980b9195727), an article of the original series.
#
# After this notebook you can
#
# 1. weigh an alarm by how rare the wanted vehicles are, and say what a person who checks it can do;
# 2. say what place and time add to appearance, in either order, and what a filter loses;
# 3. say how misses and false links grow with the number of vehicles, and which vehicles are wrongly linked;
# 4. say what a city and a nation would cost, and what better cameras would change.
#
# **No vehicle here is real.** The road is simulated, so we know for every search whether it is right, and we can count.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Warn the room first: this is about a family that was held at gunpoint. Tell it slowly, and do not joke. Then ask what each person in that loop could have done. Somebody will say: a better camera. The camera had read the number right."
# ## 1 · What is an alarm worth?
#
# You stopped people today, and not all of them were wanted. This also happens outside of simulations.
#
# A plate reader in Aurora, Colorado flagged the car of Brittney Gilliam in August 2020: the number on its plate was that of a stolen
# vehicle. The stolen vehicle was a motorcycle with a plate of Montana. Officers held her and four girls at gunpoint, face down on the
# ground. In 2024 the city settled for $1.9 million ([CBS News Colorado](https://www.cbsnews.com/colorado/news/aurora-police-settle-colorado-woman-viral-video-held-gunpoint-brittney-gilliam/),
# [Atlanta Black Star](https://atlantablackstar.com/2024/02/07/black-colorado-family-reaches-1-9-million-settlement-with-city-of-aurora-after-2020-incident), February 2024). The system had read the number right. People stood between the alarm and the stop, and they
# believed the alarm. Plates are at least meant to be unique, and appearance is not. Flock, which sells such cameras, also searches by make, model, colour, stickers and roof racks
# ([Consumer Rights Wiki](https://consumerrights.wiki/Flock_License_Plate_Readers), read in 2026).
#
# Two things decide what an alarm is worth: the system, and how common wanted vehicles are among those that pass. The second is the
# [base rate](glossary.md#base-rate), and no engineer can change it.
#
# **What can the person who gets the alarm do?** Look at the crops before you act. Know the base rate. Ask for a list of candidates, not for one name. And insist
# that you can say no: in [notebook 05](05-tracking.ipynb) you measured what happens otherwise.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Ask for the prediction before the figure, and write it down. Then read the bars aloud from top to bottom. Wrong answer people give: the network got better. It did not change at all. Keep the clock for 08, where we blur every car."
# ## 2 · What does the system know that a crop does not show?
#
# A system that links by appearance alone confuses many vehicles. But a system is more than its network, because it also knows where each
# camera stands, which way the road runs, and what time it is.

# %% tags=["picture"] jupyter={"source_hidden": true}
show.drive()

# %% [markdown]
# - The **clock**: drivers take some time from camera to camera, so a vehicle that passes here cannot be 2 km further on ten seconds later.
# - **Lanes**: they tell which way a vehicle drives, and most drivers keep their lane.
# - **Everybody at once**: a [pass](glossary.md#pass), which is one vehicle that drives past one camera, belongs to one vehicle only. A candidate that is surely somebody else's is no candidate for yours.
#
# Nobody has to measure these by hand: the system learns them from the times at which vehicles pass. We look for vehicles that the system also tracked at another camera, among all passes there
# within five minutes. How often does the correct vehicle come first? If you guessed in notebook 00 which clue tells more, here is the count.

# %% jupyter={"source_hidden": true}
searches = read_result("searches.parquet")
first = privacy.found_first(searches)
assert first.estimate["both"] > 2 * first.estimate[["appearance", "clock"]].max(), "the words below"
names = {"appearance": "appearance alone", "clock": "clock and lanes alone"}
names |= {"both": "appearance, clock and lanes", "all": "everybody at once"}
ask(
    "06 both",
    figures.comes_first(first.loc[list(names)].set_axis(names.values())),
    of=first.estimate["both"] / first.estimate[["appearance", "clock"]].sum(),
    looks=first.estimate["appearance"],
    clock=first.estimate["clock"],
    both=first.estimate["both"],
)

# %% [markdown]
# Read the bars in both orders: begin with appearance and add the clock, or begin with the clock and add appearance. The clock needs frames too, since a vehicle must be detected and tracked before it has a
# time. But a blur over its crop takes nothing from the clock. [Notebook 08](08-protecting-your-privacy.ipynb) comes back to this.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Then make the filters stricter: fewer candidates are left, and fewer of the correct ones. Say: a filter loses people without a trace."
# ## 3 · Should a filter be strict?
#
# It is tempting to *rule out* every candidate that does not fit the clock, because then an operator looks at a handful of candidates and not at hundreds. Such a filter needs a limit. Set it
# yourself: how many of the true pairs (two passes of one vehicle) should each filter **let through**, and how long a **list** does the operator look at?
# Here we search at the next camera only. We know which crops are one pass, because the road is simulated, and put them together by that, so that we judge the filters alone.

# %% jupyter={"source_hidden": true}
lesson = open_lesson()
MINUTES = 6  # of the recording; more take longer to compare
detections, embeddings = match.first_minutes(lesson.dataset, MINUTES)
tracks = tracks_by_truth(detections, embeddings, lesson.truth)
tracklets = track.find_tracklets(detections, embeddings, percent=0, tracks=tracks)
blocks = link.fit_filters(tracklets, label_tracklets(tracklets, detections, lesson.truth))


def strictness(values):
    """What the filters leave at this strictness."""
    return figures.filters(link.apply_filters(blocks, values["lets_through"]), values["list"])


strict, loose = (
    link.rank_one(link.apply_filters(blocks, kept)).iloc[-1].estimate for kept in (0.8, 0.98)
)
Sliders(
    strictness,
    [
        Steps(
            "lets_through",
            {f"{1000 * of:g} of 1,000 true pairs": of for of in (0.7, 0.8, 0.9, 0.95, 0.98, 0.995)},
            default=0.98,
            label="each filter lets through",
        ),
        Steps(
            "list", {"the first alone": 1, "a list of 3": 3, "a list of 10": 10}, label="found in"
        ),
    ],
    prediction=ask("06 strict filters", of=strict - loose, strict=strict, loose=loose),
)

# %% [markdown]
# The search of notebooks [00](00-the-end-of-privacy.ipynb) and [07](07-the-demo-app.ipynb) rules nothing out. It weighs each candidate
# by a [likelihood ratio](glossary.md#likelihood-ratio): how many times better it fits your vehicle than a stranger. Then it says how sure it is.
#
# The original course named three designs around a weak network: **limit** the search by place and time; **compute ahead**, so that a click only
# compares vectors that are there already; and let a **person decide** at the end.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask the room how many false alarms a police officer can bear, and find that line. Follow a line to the right: more vehicles, more misses, until nearly all are missed. Say what is not drawn: for one false alarm in 300 searches, at which NIST tests faces, we have too few searches to know."
# ## 4 · What happens when there are more vehicles?
#
# The [gallery](glossary.md#gallery) is what a search compares with. It grows with every camera and every day that records are kept. The vehicle that you look for need not be in it at all: this is
# an [open set](glossary.md#open-set). So again two rates count. When the vehicle is *not* there, the **false alarm rate** ([FPIR](glossary.md#fnir-and-fpir)) is the share of searches that link somebody. When
# it *is* there, the **miss rate** (FNIR) is the share of searches that do not link it. An operator fixes the first and gets the second.

# %% jupyter={"source_hidden": true}
sizes = sorted(odds["size"][~odds.beyond].unique())


def missed(size):
    """The share that is missed with a false alarm in one search of ten."""
    return odds[(odds["size"] == size) & np.isclose(odds.fpir, 0.1)].fnir.iloc[0]


ask(
    "06 large gallery",
    figures.open_set(odds, check),
    of=missed(sizes[-1]),
    small=missed(sizes[0]),
    large=missed(sizes[-1]),
    few=int(sizes[0]),
    most=f"{sizes[-1]:,}",
)

# %% [markdown]
# We draw no line to a nation, because we have not measured one. A dashed line goes on to twice the gallery at most.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Why do errors not spread evenly? Because strangers are not drawn at random. If your car looks like many others, every search can blame you; if it looks like none, never. Wrong answer people give: then the average is on the safe side. For the average driver, yes; not for the driver of a common car. Read the intervals of the second figure before anybody says that red cars are unlucky."
# ## 5 · Who is wrongly linked?
#
# One average does not say who is linked wrongly, because some vehicles are easier to confuse than others. Take each pair of different vehicles at neighbouring cameras: do they have one
# design and one colour ([look-alikes](glossary.md#look-alike)), one colour only, or neither? At each threshold, how many of them are linked?

# %% jupyter={"source_hidden": true}
vehicles = true_vehicles(detections, lesson.truth)
compared = match.compare_next_camera(detections, vehicles)
alike = match.likeness(compared, lesson.truth.vehicles)
passing = match.passing(compared, compared.distances(embeddings), alike)
at_half = passing[np.isclose(passing.found, 0.5)].set_index("alike").estimate
assert at_half[match.LOOK_ALIKE] > 4 * at_half[match.OTHER], "the last words of the notebook"
ask(
    "06 look-alikes",
    figures.look_alikes(passing),
    of=at_half[match.LOOK_ALIKE],
    other=at_half[match.OTHER],
)

# %% [markdown]
# That was appearance alone. Does the clock spread the errors more evenly? The next figure has the wrong links of the system that decides about everybody at once, by colour and by type of the vehicle that is linked wrongly.

# %% jupyter={"source_hidden": true}
made = lesson.truth.vehicles
blamed = {
    "colour": privacy.who_is_blamed(searches, made, "colour"),
    "type": privacy.who_is_blamed(searches, made, "kind"),
}
surely = any((table.low > 1).any() for table in blamed.values())
hardest = max((table.iloc[0] for table in blamed.values()), key=lambda row: row.estimate)
ask(
    "06 blamed",
    figures.wrongly_linked(blamed),
    of=int(surely),
    most=hardest.name,
    times=float(hardest.estimate),
    low=float(hardest.low),
    high=float(hardest.high),
)

# %% [markdown]
# A wide interval means that we counted too few links to know. A fair maker would publish this figure for your road before you buy.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask first: what does a month of a nation's cars cost? Take bids, as at an auction. Then point: cost protects nobody any more. End with the town: what a city gets for its money depends on the kind of camera, and the wrong trips grow with it."
# ## 6 · What does a nation cost, and what does a town get?
#
# It used to cost too much to watch everybody, and that protected people in a crowd. Does it still? These are the costs of this course's own pipeline, measured on two cores and multiplied. *A city* means its cameras for a
# month. *A nation* means as many plate reads as Flock says that it makes in a month (20 billion, [as quoted in 2026](https://consumerrights.wiki/Flock_License_Plate_Readers)), with a vector kept for each. *30 billion pictures* are as many as Clearview had in 2024
# ([as the Dutch data protection authority found](https://www.computing.co.uk/news/4354046/clearview-ai-hit-gdpr-fine)).

# %% jupyter={"source_hidden": true}
billion = search.PLANET.moved(pictures=1e9)
bills = search.compare_bills([search.CITY, search.NATION, search.PLANET])
bills.insert(0, "a billion vectors", search.compare_bills([billion]).iloc[:, 0])
nation = bills["a nation"]
ask(
    "06 nation",
    figures.costs(bills),
    of=nation.money_storing,
    storing=nation.money_storing,
    codes=nation.bytes_codes / 1e9,
)

# %% [markdown]
# `cctview.search.COSTS.table()` names the source and the date of every price; they come from third parties. Faces cost the same, since a vector is a vector: this is how the same system looks from Clearview's side.
#
# What does a town get for its money? This is the simulated town of [notebook 00](00-the-end-of-privacy.ipynb), with a week of records ([how far to trust it](city.md)):

# %% jupyter={"source_hidden": true}
city = read_result("city.csv")
stills = figures.town_shares(city, "stills").iloc[-1]
ask(
    "06 town",
    figures.town(city),
    of=stills.wrong / stills.right,
    right=stills.right,
    wrong=stills.wrong,
)

# %% [markdown]
# Every line of that figure rests on assumptions, and the page says which of them would turn the result round.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask first: our cameras are bad, so is this course about bad cameras? Take the prediction. Then read the figure from top to bottom, one step at a time: faster, larger, both. Point at the orange bars last: how much a larger picture shows of a car is our own invention."
# ### What would better cameras change?
#
# Our frames are small, and there is one every 1.7 seconds, as on the real road. Other cameras give larger pictures, and more of them. So we let three cameras of the simulated road film the same two
# minutes in four ways. The vehicles, the detector, the tracker and the rules are the same. Each size has a network of its own, trained alike.

# %% jupyter={"source_hidden": true}
figures.one_car(films_of_one_car())

# %% [markdown]
# How much more of a car a larger picture shows is our own invention, so we drew the cars with less and with more detail, too. How many trips past the three cameras does each kind of frame put together?

# %% jupyter={"source_hidden": true}
films = read_result("kinds.csv")
trips = figures.kinds_of_camera(films, "whole trips right")
slow, fast, large = trips.iloc[0], trips.iloc[-1], trips.iloc[2]
by_detail = large[["little", "estimate", "much"]].astype(float)
assert np.ptp(by_detail) < (large.high - large.low) / 2, "what is said of the detail"
ask(
    "06 films",
    figures.camera_kinds(films),
    of=fast.estimate,
    small=slow.estimate,
    more=trips.estimate[1],
    larger=large.estimate,
)

# %% [markdown]
# **What is true of one kind of camera need not be true of the next.** The same street, with better pictures, is another system.
#
# This is an experiment, and no forecast. The orange bars are what less and more detail give: here it changes little. And only vehicles that pass all three cameras within these minutes make a trip.

# %% [markdown] slideshow={"slide_type": "skip"}
# And on real roads? Others have published this about real cameras. We measured none of it, and none of it is a whole trip:

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "skip"}
figures.on_real_roads(films)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes. Let the room call out numbers and type them in; the check says what each is really the answer to. Usual: 80, or 99.9."
# ## Your turn
#
# **Worked example.** One of 1,000 vehicles is wanted. An alarm is raised by 90 of 100 wanted vehicles, and by 1 of 100 others. How many of a hundred alarms are right? Take 100,000
# vehicles and count:

# %%
wanted = 100_000 / 1000
right_alarms = wanted * 90 / 100
wrong_alarms = (100_000 - wanted) / 100
check_right_alarms(
    100 * right_alarms / (right_alarms + wrong_alarms), wanted=1 / 1000, hit=0.9, false=0.01
)

# %% [markdown]
# **Exercise 1, together.** One of 5,000 vehicles is wanted. An alarm is raised by 80 of 100 wanted vehicles, and by 1 of 1,000 others. **How many
# of a hundred alarms are right?** Count the wrong alarms first, and then replace the `...`.

# %% tags=["exercise"]
wanted = 1_000_000 / 5_000
right_alarms = wanted * 80 / 100
right_of_hundred = ...
check_right_alarms(right_of_hundred, wanted=1 / 5_000, hit=0.8, false=1 / 1000)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Of a million vehicles, 999,800 are not wanted. How many of these raise an alarm? The right alarms are a share of all alarms.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# wrong_alarms = (1_000_000 - wanted) / 1000
# right_of_hundred = 100 * right_alarms / (right_alarms + wrong_alarms)
# check_right_alarms(right_of_hundred, wanted=1 / 5_000, hit=0.8, false=1 / 1000)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** At the loosest setting of the system in the game above (the first in its menu), one other vehicle is taken for the wanted one with the
# probability `rate`. Suppose that all vehicles are equally easy to confuse. **In how large a gallery would every second search link somebody**,
# although the vehicle is not there?

# %%
rate = points.rate.iloc[-1]
print(f"rate = {rate:.4f}")

# %% tags=["exercise"]
even_gallery = ...
check_even_gallery(even_gallery, rate)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# One vehicle is *not* taken for it with the probability `1 - rate`. None of n vehicles is taken for it with that probability to the power of n.
# When is this a half? Take logarithms.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# even_gallery = np.log(0.5) / np.log(1 - rate)
# check_even_gallery(even_gallery, rate)
# ```
#
# </details>

# %% [markdown]
# Vehicles are not equally easy to confuse. A vehicle without look-alikes is hardly ever linked wrongly, so in fact it takes more of them: look it up in the figure of section 4.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Appendix · Exact, approximate, and on several computers
#
# A search for the nearest vector can compare with all of them. That is exact, and it takes longer the more there are. An [approximate search](glossary.md#approximate-search) looks at
# a part only. *IVF-PQ* sorts the vectors into cells, looks into the nearest cells, and compares short codes in place of vectors.
# *HNSW* walks a graph of neighbours. Both are in FAISS, a free library. The table tries them on this computer, with the vectors of these minutes.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"] nbval_reason="the table holds times of this run"
vectors = search.principal_coordinates(embeddings[np.isfinite(embeddings[:, 0])])
asked = np.arange(len(vectors)) % 50 == 0
search.measure_kinds(vectors[~asked], vectors[asked]).round(3)

# %% [markdown] slideshow={"slide_type": "skip"}
# *recall* is the share of the true ten nearest vectors that a search finds, and *bytes* is what it reads for each vector. A missed neighbour is a vehicle that is there and is not found.
# Somebody decides to accept that, and no screen shows it.
#
# A gallery that does not fit one computer is cut into blocks. Each computer finds the nearest in its own block, and the lists are merged. Dask, a free library, plans this; `cctview scale` works in the same way.

# %% slideshow={"slide_type": "skip"}
import dask.array

in_blocks = dask.array.from_array(vectors[~asked], chunks=(2000, -1))
found, _ = search.nearest(vectors[asked], in_blocks, k=10)
alone, _ = search.build_index(vectors[~asked]).search(vectors[asked], k=10)
print(
    f"{in_blocks.numblocks[0]} blocks; the same as one computer finds: {(found == alone).mean():.0%}"
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question of the beginning, then the answer, then what one can do. Ask the question of 00 again: at how many cameras would your answer change? Hand over to 07." slide="## So how does it grow from six cameras to a nation?\n\n**The costs stay small, and the errors do not.**\n---\n## What to take away\n\n- An alarm is worth what the base rate makes of it\n- Place and time make a weak network strong\n- A filter loses correct vehicles unseen\n- Errors do not hit everybody equally\n- The kind of camera decides\n---\n## What you can do\n\nAsk those who offer such a system:\n\n- How many of its alarms were right last year?\n- How many wanted vehicles did it miss?\n- Who can say no?"
# ## So how does it grow from six cameras to a nation?
#
# **The costs stay small, and the errors do not.** A nation's vectors are cheap to keep and quick to search. But every vehicle that is added is one more that can be taken for yours.
#
# - **An alarm is worth what the base rate makes of it.** Where few are wanted, most alarms are false, even from a good system.
# - **Place and time make a weak network strong.** Clock and appearance together find far more than either alone.
# - **A filter loses some of the correct vehicles**, and nobody sees which.
# - **Errors do not hit everybody equally.** Look-alikes are linked far more often than other vehicles.
# - **The kind of camera decides.** Larger and faster pictures of the same street put far more trips together.
#
# **What you can do:** when a council or a company shows you such a system, ask three things. How many of its alarms were right last year? How
# many wanted vehicles did it miss in that year? And who can say no?
#
# Next: [notebook 07](07-the-demo-app.ipynb) puts all parts together, puts you in the operator's chair, and asks what you see there.

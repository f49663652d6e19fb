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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question. Remind the room of 05: looks alone find the right car at the next camera in about one search of five, and blame many strangers. So why does anybody buy such a system? Because the system is more than the network."
# # 06 · Designing the app
#
# **How does it grow from six cameras to a nation?**
#
# | | |
# |---|---|
# | Time | 35 minutes; base rates alone (part 5), 10 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 05, where a picture becomes a vector and a distance a link |
#
# After this notebook you can
#
# 1. say what travel time, direction and lanes add to how a vehicle looks;
# 2. tell how many vehicles a search misses at the false alarms that are tolerated, and how that grows with the gallery;
# 3. weigh an alarm by the base rate, and say what a person in the loop can do about it;
# 4. say what an approximate search buys, and what a billion vectors cost.
#
# **No vehicle here is real.** The road is simulated, so we know the truth about every search, and can count.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
import numpy as np

from cctview import link, match, privacy, search, show, track
from cctview.course import (
    ask,
    check_even_gallery,
    check_right_alarms,
    open_lesson,
    operating_points,
    stop_and_sort,
)
from cctview.course.figures import lesson_06 as figures
from cctview.dataset import read_result
from cctview.show import Choice, Sliders, Steps
from cctview.truth import label_tracklets, tracks_by_truth, true_vehicles

lesson = open_lesson()
dataset, truth = lesson.dataset, lesson.truth
MINUTES = 6  # of the recording; more take longer to compare
detections, embeddings = match.first_minutes(dataset, MINUTES)
print(
    f"{len(detections):,} detections at {detections.camera.nunique()} cameras in {MINUTES} minutes"
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction before the figure. Then read the left panel aloud from top to bottom: hundreds of candidates, then a handful. Wrong answer people give: the network got better. It did not change at all."
# ## 1 · What the network does not know, the app does
#
# The network sees pictures. The app knows more: where each camera stands, which way the road runs, and what time it is.
# A vehicle that passes here cannot be 2 km on in ten seconds. So the app asks the network less.
#
# - **Travel time**: how long drivers take from camera to camera.
# - **Direction**: the lanes tell which way a vehicle goes, so whether to look later or earlier.
# - **Lane**: most drivers are still in about the same lane at the next camera.
#
# Nobody has to measure these by hand. Here they are learnt from one half of the vehicles, and judged on the other half.
# So that we judge the search alone, the pictures of one vehicle before one camera are put together by the truth: one
# **passage** each.

# %%
tracks = tracks_by_truth(detections, embeddings, truth)
tracklets = track.find_tracklets(detections, embeddings, percent=0, tracks=tracks)
blocks = link.fit_filters(tracklets, label_tracklets(tracklets, detections, truth))
stages = link.apply_filters(blocks)
print(
    f"{len(stages['looks alone'].vehicle):,} searches for a vehicle that passes the next camera too"
)

# %% slideshow={"slide_type": "fragment"} tags=["picture"] jupyter={"source_hidden": true}
ask("06 all filters", figures.filters(stages), of=link.rank_one(stages).estimate.iloc[-1])

# %% [markdown]
# The thin lines are 95 % [intervals](glossary.md#interval), by drawing whole vehicles again. The clock does more than the
# network, and it needs no pictures. Each filter is set to let 98 of 100 true pairs through. The rest it rules out, and then
# no operator will ever see them.
#
# Move how much each filter **lets through**, and the **list** that an operator looks at. What is too strict loses the vehicle.


# %% jupyter={"source_hidden": true}
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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Read the bars in pairs: alone, then after the other. Say: blur every car so that appearance says nothing, and the clock still tells this much. Keep it for 08, where we blur. If someone asks what a bit is: each one halves the crowd."
# ## 2 · What leaks: the clock alone, and appearance alone
#
# How much of who a vehicle is does the clock give away, and how much does its appearance? In [bits](glossary.md#bit): each halves the
# crowd that the vehicle could be taken for. We count in the same searches: for a vehicle that was tracked at the other camera, among all
# passes there within five minutes. Each is measured alone, and after the other.

# %%
searches = read_result("searches.parquet")
show.clock_and_appearance(privacy.given_away(searches))

# %% [markdown]
# The two may not be added where what they tell overlaps. The clock needs pictures too, since somebody must detect and track a vehicle before it
# has a time. But blurring pictures takes nothing from the clock. Notebook 08 comes back to this.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Ask the room how many false alarms a police officer can bear. Then the left panel: each line is one answer, and all rise. Then the right one: to find half of the vehicles, nearly every search must blame somebody. Say what the hatched part means: we have too few searches to know."
# ## 3 · What leaks: few vehicles, or many innocents
#
# Six cameras are no nation. What happens as the [gallery](glossary.md#gallery), the vehicles that a search compares with,
# grows? And the vehicle looked for need not be in it at all: an [open set](glossary.md#open-set). Two rates say how it goes:
#
# - **FPIR**: of the searches for a vehicle that is *not* there, the share that flags somebody (false positive
#   identification rate);
# - **FNIR**: of the searches for one that *is* there, the share that misses it (false negative identification rate).
#
# An operator decides how many false alarms are tolerable; the threshold follows from that. These are searches by appearance alone, from one
# camera in all others, over all twelve minutes (`data/results/open_set.csv`). Where fewer than ten false alarms are expected among all our
# searches, we cannot measure. Solid lines are measured. A dashed line goes on to twice the gallery, by a model that finds all of our gallery from half of it.
#
# Move the **gallery** and the **FPIR**.

# %% jupyter={"source_hidden": true}
odds, check = read_result("open_set.csv"), read_result("open_set_check.csv")
sizes = {f"{size:,}": size for size in sorted(odds["size"][~odds.beyond].unique())}
tolerated = {
    f"1 search in {1 / of:.0f}": of
    for of, rows in odds.groupby("fpir")
    if rows.resolvable.all() and of < 0.5
}


def grow(values):
    """What a search misses, in a gallery of this size."""
    return figures.open_set(odds, check, values["fpir"], values["gallery"])


def missed(size):
    """The share that is missed with a false alarm in one search of ten."""
    return odds[(odds["size"] == size) & np.isclose(odds.fpir, 0.1)].fnir.iloc[0]


Sliders(
    grow,
    [
        Steps(
            "gallery",
            {f"{n} vehicles": size for n, size in sizes.items()},
            default=max(sizes.values()),
        ),
        Choice("fpir", tolerated, default=0.1, label="false alarms in"),
    ],
    prediction=ask(
        "06 large gallery",
        of=missed(max(sizes.values())),
        small=missed(100),
        large=missed(max(sizes.values())),
        most=list(sizes)[-1],
    ),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Why do errors not spread evenly? Because innocents are not drawn at random. If your car looks like many others, every search blames you; if it looks like none, never. Wrong answer people give: then the average is on the safe side. For the mean driver, yes; not for the driver of a white van."
# ## 4 · Clones
#
# Not every stranger is equally likely to be confused: some searches return a crowd, others nobody. Look at who passes for whom. A
# **clone** is another vehicle of the same design and colour.

# %%
vehicles = true_vehicles(detections, truth)
compared = match.compare_next_camera(detections, vehicles)
alike = match.likeness(compared, truth.vehicles)
clones = match.passing(compared, compared.distances(embeddings), alike)
figures.look_alikes(clones)

# %% [markdown]
# Follow the curves to the left, to stricter thresholds. Vehicles of another colour vanish. Clones do not: even the strictest
# threshold here lets some of them through. This is an **error floor**: what two vehicles share, no threshold can tell
# apart. So if you drive what many drive, you are blamed more often than the average says.
#
# Who is followed in place of another? These are the searches of part 2, with clock and appearance, over all links that are wrong. The table says
# how often vehicles of a colour are blamed, against the average vehicle (1).

# %%
privacy.who_is_blamed(searches, truth.vehicles, "colour").round(2).head(8)

# %% [markdown]
# How alike are clones? In our model world that is a dial, `individuality`: at 0 two cars of one design and colour are the same
# but for their plate, at 1 each has marks of its own. These minutes have 0.25. The figure shows every setting, and the real frames beside them.

# %%
dial = read_result("individuality.csv")
settings = sorted(dial.individuality.unique())
ends = [
    dial[(dial.individuality == at) & (dial.figure == "rank-1 without labels")].estimate.iloc[0]
    for at in (0, 1)
]

# %% jupyter={"source_hidden": true}
ask(
    "06 marks",
    figures.individuality(dial, 0.25),
    of=ends[1] / ends[0],
    alike=ends[0],
    marked=ends[1],
)

# %% [markdown]
# Two lessons. The area under the ROC, the number that papers report, hardly notices clones; the search does. And no
# setting of the dial gives both figures of the real frames. So no number here is a forecast for a real road. What carries
# over is the shape: innocents grow with the gallery, and they are not the same for everyone.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Ten minutes if this is all you show. Ask: the system is right about 80 of 100 wanted cars, and wrong about 1 of 1,000 others. An alarm sounds. How sure are you? Take answers. Then test vehicles one by one until the first alarm, ask the room before you turn its card, and only then let the rest of the day pass. Wrong answer people give: 80 %, or 99.9 %. Tell the Gilliam case slowly, and do not joke."
# ## 5 · Base rates, and the person in the loop
#
# Turn the search round. Now the gallery is a **list** of wanted vehicles, and every vehicle that passes is a search. Almost
# none of them is wanted. That share is the [base rate](glossary.md#base-rate), or prior. An alarm sounds when a passing
# vehicle comes closer to one on the list than the threshold. How often is it right?
#
# Let the vehicles of a day pass, first one by one. Turn over the card of every vehicle that is stopped. Then let the rest of the day pass, and
# say how many of its alarms are right. "Finds 54 of 100" is the share of the wanted vehicles that raise an alarm; "lets 1 in 56 through" is the
# share of all others that do. Both were measured in part 3, by appearance alone. A stricter system raises fewer wrong alarms, and finds fewer of
# the wanted.

# %% jupyter={"source_hidden": true}
points = operating_points(odds)
LOOSE = len(points) - 1
stop_and_sort(points)

# %% [markdown]
# Now set "1 in 10" and then "1 in 1,000". One in ten is absurd, because no tenth car is wanted, but then most alarms are right. At one in a
# thousand nearly all alarms are wrong, although nothing about the system has changed. A stricter system helps less than the share of wanted
# vehicles hurts.
#
# **It happened.** In August 2020 a plate reader in Aurora, Colorado flagged the car of Brittney Gilliam: the number was
# that of a stolen vehicle. That was a motorcycle, with plates of Montana. Officers held her and four girls at
# gunpoint, face down on the ground. In 2024 the city settled for $1.9 million (CBS News Colorado, February 2024). The machine had
# read the number right. A person was in the loop, and believed it.
#
# Plates are meant to be unique. Looks are not. A product of today, Flock's "Vehicle Fingerprint" (in the company's own
# description), searches by make, model, colour, roof rack, stickers and damage: by what clones share, and by what some
# vehicles have on top.
#
# **What can the person in the loop do?** Look at the pictures before acting; know the base rate; see a list and not a
# name; be allowed to say no. In notebook 05 the room followed false labels: this is [automation
# bias](glossary.md#automation-bias).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. The times are this laptop's, now. Here approximate is a luxury: exact search in some thousand vectors takes no time. The next figure is where it matters."
# ## 6 · Exact or approximate
#
# To find the nearest vector, compare with all of them: exact, and slower the more there are. An **approximate** search looks at
# a part only. *IVF-PQ* sorts the vectors into cells, looks into the nearest cells, and compares short codes instead of vectors.
# *HNSW* walks a graph of neighbours. Both are in FAISS, a free library. Here they are, on this computer, on these
# vectors (256 numbers each).

# %% tags=["nbval-ignore-output"] nbval_reason="the figure holds times of this run"
vectors = search.principal_coordinates(embeddings[np.isfinite(embeddings[:, 0])])
asked = np.arange(len(vectors)) % 50 == 0
measured = search.measure_kinds(vectors[~asked], vectors[asked])
ask("06 codes", figures.kinds(measured), of=measured.recall["ivfpq"])

# %% [markdown]
# A missed neighbour is a vehicle that is there and is not found. On top of what the network misses, so it is a choice that
# somebody makes, and that no screen shows.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask first: how many laptops does it take to search a billion vehicles? Then point: the codes of a billion vectors fit into the memory of one good laptop. Cost protects nobody any more. The innocents of part 3 grow all the same."
# ## 7 · What a billion vectors cost
#
# These are the costs of this course's own pipeline, measured on two cores and multiplied: a city's cameras for a month, a
# nation's plate readers for a month if they kept vectors (90,000 cameras with 20 billion reads a month, as Flock has in the
# United States in 2026), and as many pictures as Clearview had (30 billion, Dutch data protection
# authority, 2024). Every number has its source in `cctview.search.costs`.

# %%
billion = search.PLANET.moved(pictures=1e9)
bills = search.compare_bills([search.CITY, search.NATION, search.PLANET])
bills.insert(0, "a billion vectors", search.compare_bills([billion]).iloc[:, 0])
figures.costs(bills)

# %%
rows = {
    "bytes_vectors": "vectors (GB)",
    "bytes_codes": "codes in memory (GB)",
    "money_storing": "storing (US$ a month)",
    "money_requests": "requests to store (US$ a month)",
}
bills.loc[list(rows)].div([1e9, 1e9, 1, 1], axis=0).rename(rows).round(0).astype(int)

# %% [markdown]
# Storing includes the frames, where there are any; the requests are for a file a frame. `cctview.search.COSTS.table()` names the
# source and the date of every price; they come from third parties. A search is timed as an operator asks it: one query alone. **It is cheap.** What once protected people in a crowd, that it cost too much to look at
# everyone, is gone. What grows without bound is the number of innocents.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes. Let the room call out numbers and type them in; the check says what each is really the answer to. Usual: 80, or 99.9."
# ## Your turn
#
# **Exercise 1, together.** One of 50,000 vehicles that pass is wanted. Of the wanted ones, 80 of 100 raise an alarm; of
# the others, 1 of 1,000. An alarm sounds. **Of a hundred such alarms, how many are right?**

# %% tags=["exercise"]
right_of_hundred = ...
check_right_alarms(right_of_hundred, wanted=1 / 50_000, hit=0.8, false=1 / 1000)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Take a million vehicles that pass. 20 are wanted; how many of these raise an alarm? 999,980 are not; how many of these do?
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# right_alarms, wrong_alarms = 20 * 0.8, 999_980 / 1000
# right_of_hundred = 100 * right_alarms / (right_alarms + wrong_alarms)
# check_right_alarms(right_of_hundred, wanted=1 / 50_000, hit=0.8, false=1 / 1000)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** At the loosest threshold above, one other vehicle passes for the one looked for with the
# probability `rate`. If impostors were independent, **in how large a gallery would every second search flag somebody**,
# though the vehicle is not there?

# %%
rate = points.rate.iloc[LOOSE]
print(f"rate = {rate:.4f}")

# %% tags=["exercise"]
even_gallery = ...
check_even_gallery(even_gallery, rate)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# One vehicle does not pass with the probability `1 - rate`. Of n independent ones none passes with that to the power of n.
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
# With clones it takes more vehicles, since who looks like nobody is never flagged: look it up in the figure of part 3.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Appendix · The same on several machines
#
# A gallery that does not fit one computer is cut into blocks. Each worker finds the nearest in its own block, and the
# lists are merged. Dask, a free library, plans this as a graph of small tasks and hands them out; the answer is that of
# one machine. `cctview scale` does all the work so, from frames to vectors.

# %% slideshow={"slide_type": "skip"}
import dask.array

in_blocks = dask.array.from_array(vectors[~asked], chunks=(2000, -1))
found, _ = search.nearest(vectors[asked], in_blocks, k=10)
alone, _ = search.build_index(vectors[~asked]).search(vectors[asked], k=10)
print(
    f"{in_blocks.numblocks[0]} blocks; the same as one machine finds: {(found == alone).mean():.0%}"
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Ask the question of 00 again: at how many cameras would your answer change? Hand over to 07."
# ## What to take away
#
# - **The clock and appearance together** find far more than either alone. A filter also loses the right one, unseen.
# - **At false alarms that anybody could bear, appearance alone finds hardly anyone.** And errors do not hit everybody: people who drive a
#   clone are blamed more.
# - **An alarm is worth what the base rate makes of it.** A person in the loop helps only if they may say no.
# - **A billion vectors cost little.** An approximate search needs a fraction of the memory, and misses some, unseen.
#
# Where the meter of this course stands, for a vehicle drawn at random; the clock is what this notebook was about:

# %%
show.bits_given(privacy.LeakageMeter.load_or_default("meter.json"))

# %% [markdown]
# Next: notebook 07 asks what the operator sees.

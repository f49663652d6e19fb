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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Run all cells before the room comes in. Read the question aloud. Then sit down as the operator: from here on the room watches your screen."
# # 07 · The demo app
#
# **What does the operator see?**
#
# | | |
# |---|---|
# | Time | 25 minutes; with the exercises, 40 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 06, where the model becomes a system. It is enough to know 00 |
#
# After this notebook you can
#
# 1. work the page that an operator works, and say what it does not show;
# 2. say what travel time and lanes add to appearance alone;
# 3. list what one click writes down about a driver, and which of it is false;
# 4. say how one outside fact makes a name of a number.
#
# **No vehicle here is real.** The road is simulated, and so are its drivers and the register. So we know the truth about
# every name, and can count.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
from dataclasses import replace
from hashlib import md5

import pandas as pd

from cctview import dataset, privacy, show
from cctview.course import (
    FINDER_MINUTES,
    TAXI,
    ask,
    check_speed,
    check_who,
    make_register,
    open_app,
    open_finder,
    open_lesson,
)
from cctview.course.figures import lesson_07 as figures
from cctview.investigate import (
    FACTS,
    JOINT,
    MED,
    Drawer,
    Judge,
    SearchSettings,
    candidate_rows,
    describe_names,
    join,
    join_step,
    measure_joins,
    open_search,
    save_dossier,
    share_of_first_guesses,
)
from cctview.show import Float, Sliders, Steps

lesson = open_lesson()
truth = lesson.truth
finder, trips = open_finder(lesson.dataset, truth)
vehicle_search = open_search(finder, lesson.dataset)
judge = Judge(vehicle_search, trips)
print(
    f"{len(vehicle_search.groups):,} passages of a vehicle before {len(vehicle_search.cameras)} cameras in {FINDER_MINUTES} minutes"
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Click the taxi at E 53 St, then let the room choose a vehicle. Go through the page from top to bottom: strip, picture, candidates, dossier. Then press Delete, and click again: it is back. Ask: where on this page does it say that a link is wrong? Nowhere. Wrong answer people give: the percentages say it. They say what the machine believes."
# ## 1 · At the operator's desk
#
# In 2020 the original of this course ended in a web page: open the camera at E 53 St, click a vehicle, and see every
# [detection](glossary.md#detection) on the cameras down the road, the most alike first. This is that page, reborn.
#
# The strip shows the cameras in the order in which a driver passes them. Hover over a box to see what the machine sees.
# **Click a vehicle**: below the picture come the best candidates at each other camera, and beside them the
# [dossier](glossary.md#dossier), which is everything that this click has put together.
#
# *Predict: how many things will one click write down about the driver?*

# %% slideshow={"slide_type": "fragment"}
open_app(lesson, trips)

# %% [markdown]
# Outside this notebook the same page opens with `cctview app`. It is served on this computer only, and sends nothing
# anywhere.
#
# The last box of the dossier is folded, because no operator has it: it says which links are right. We know that only because
# the road is simulated.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Prediction first. Then the original's setting: MED, both filters off. Go back to the page, choose MED, then tick travel time and lanes, then choose the joint model. Ask what changed: not the network, only what the system is allowed to look at."
# ## 2 · As the original had it, and with a clock
#
# The original ranked by appearance alone: the straight line between two [embeddings](glossary.md#embedding), **MED** (minimal
# Euclidean distance). Its author named the weakness: candidates that could never have driven there. Two filters help.
# **Travel time** keeps what could have made the way in that time. **Lanes** keep what drives in the same direction. The
# [joint model](glossary.md#joint-model) of notebook 00 rules nothing out. It weighs all of it at once, and says how sure it is.

# %% jupyter={"source_hidden": true}
everyone = trips.whole_trips(finder.cameras[0])
variants = {
    "MED, as the original": SearchSettings(MED, FINDER_MINUTES, travel=False, lanes=False),
    "MED, travel time": SearchSettings(MED, FINDER_MINUTES, travel=True, lanes=False),
    "MED, travel time, lanes": SearchSettings(MED, FINDER_MINUTES),
    "joint model": SearchSettings(JOINT, FINDER_MINUTES),
}
guesses = {
    name: share_of_first_guesses(judge.first_guesses(everyone, settings))
    for name, settings in variants.items()
}
first_right = pd.DataFrame(guesses).T
before, after = first_right.estimate.iloc[[0, 2]]
show.bars(
    first_right,
    "share of searches whose first candidate is right",
    f"First guess right: {show.percent(before)} by appearance alone, {show.percent(after)} with both filters",
)

# %% [markdown]
# These are all searches for a vehicle that is there to be found, for every vehicle that passed all six cameras. The thin
# lines are 95 % intervals.
#
# Here are the candidates for the yellow taxi van, ranked as in the original. A first candidate that is close enough is linked:
# it has a thick frame. Every other setting can be tried on the page of part 1, under *How the system searches*.

# %%
taxi = trips.sighting_of(TAXI[0], finder.cameras[0])

# %% jupyter={"source_hidden": true}
settings = variants["MED, as the original"]
original = judge.candidates(taxi, vehicle_search.candidates(taxi, settings, 3))
ask(
    "07 look-alikes",
    candidate_rows(
        vehicle_search,
        taxi,
        original.assign(weak=(original.distance > 16) | (original["rank"] > 1)),
    ),
    of=sum(judge.right(taxi, vehicle_search.candidates(taxi, settings, 1).id)),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. This is the leak of the lesson. Read the card line by line, as an officer would read it out. Then uncover the right column. Ask: who is harmed by a false line? Two people: the one who is followed, and the one who was really there."
# ## 3 · What leaks: the dossier that one click builds
#
# Nobody typed a place, a time, a type or a direction. One click did. Here is the dossier of the yellow taxi van, line by
# line.

# %%
dossier = judge.dossier(taxi, SearchSettings())
driver = truth.vehicles.set_index("vehicle").loc[TAXI[0]]
known = {"type": driver.kind, "colour": driver.colour, "direction": "southbound"}
figures.dossier(dossier, known)

# %% [markdown]
# The right column is ours. The operator has the percentages, and nothing else. A false line puts the driver where that
# driver never was, and another driver's way into the wrong file.
#
# **A button deletes it.** What exactly is gone then?

# %%
drawer = Drawer()
drawer.keep(dossier)
print(drawer.delete(dossier.number))

# %% [markdown]
# Whoever keeps the frames, or the vectors, keeps every dossier that could be built of them. Deleting the dossier deletes a
# shortcut.
#
# **With frames of your own** (`CCTVIEW_DATA`, or `cctview app FOLDER`) the page works too, but it saves nothing. This is
# what it says:

# %%
try:
    save_dossier(replace(dossier, own=True), "dossier.json")
except ValueError as why:
    print(why)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, the heart of the lesson. Slowly: a number, not a name. Then the register. Then the first join, at 48 St, which is right, then the second, at 38 St, which is wrong and surer. Let that stand. Ask: which of the two would you rather be?"
# ## 4 · The one join
#
# So far it is *vehicle 1*. No name, no plate, no face. Many call that anonymous.
#
# Now somebody else has a list. We made one up: every vehicle on this road has a holder, with a role and a number that no
# real person has.

# %%
register = make_register(truth)
register[["holder", "kind", "colour", "direction", "garage"]].head(4)

# %% [markdown]
# Three outside facts, from vague to sharp:
#
# - **a permit** lists type and colour, as a taxi licence does;
# - **a garage** at the road's south end also writes down when a vehicle came in;
# - **a plate read once**, beside one camera, says who passed there, and when.
#
# Each is harmless alone: it says nothing of where else a driver went. Put beside the dossier it does.
#
# An entry of the register weighs as much as its type and colour fit what the machine has read off. If its time does not fit
# within two seconds, it weighs nothing. The machine's doubt about its own link is carried along, and 2 % are kept for
# whoever is not in the register: that is our choice.

# %%
second, third = finder.cameras[1:3]
joined = {
    "a permit": join(dossier, register, FACTS[0]),
    "a garage": join(dossier, register, FACTS[1]),
    "a plate read once, at 48 St": join(dossier, register, FACTS[2], second),
    "a plate read once, at 38 St": join(dossier, register, FACTS[2], third),
}
describe_names(joined)

# %% [markdown]
# **Linking is not naming, until it is.** One plate, read once, at a camera where nobody clicked, and the whole dossier has
# a name: all its places, all its times.
#
# But look at the last line. It is the surest, and it is wrong. At 38 St the machine had linked a sister, so the plate that
# was read there is the sister's. Her holder now has the taxi's file. A join passes on every false link before it.

# %% tags=["picture"]
figures.dossier(joined["a plate read once, at 38 St"], known)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Then move the clock: a bad clock protects a little. Then the probability from which a name is believed: fewer wrong names, fewer right ones too. Wrong answer people give: ten per cent wrong is good. Of a thousand stops that is a hundred families."
# ### For everybody
#
# One taxi proves nothing. So now the same for many: every second vehicle that passed all six cameras, each clicked at E 53
# St, the plate read beside that camera. Move the **clocks** apart, and ask for **more certainty** before a name is
# believed.

# %% jupyter={"source_hidden": true}
some = everyone[::2]
dossiers = judge.dossiers(some, SearchSettings())


joined_at = {}  # by how far the clocks are apart


def name_them(values):
    """The right, the wrong and no names, by outside fact."""
    seconds = values["clocks"]
    if seconds not in joined_at:
        joined_at[seconds] = {
            fact: measure_joins(dossiers, register, fact, seconds=seconds) for fact in FACTS
        }
    return figures.joins(joined_at[seconds], values["believed"])


plates = measure_joins(dossiers, register, FACTS[2])
Sliders(
    name_them,
    [
        Steps(
            "clocks",
            {f"{of:g} s": of for of in (0.5, 1, 2, 5, 10)},
            default=2,
            label="clocks differ by",
        ),
        Float("believed", 0.1, 0.9, default=0.5, step=0.1, label="believed from", say=show.percent),
    ],
    prediction=ask(
        "07 plates",
        of=plates.named[plates.right].sum() / len(dossiers),
        dossiers=len(dossiers),
        right=plates.named[plates.right].sum(),
        wrong=(plates.named & ~plates.right).sum(),
    ),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Run the cell live, it takes a moment. Ten thousand numbers are nothing. Wrong answer people give: then take a better hash. Any fixed code for a number that can be counted through can be counted through."
# ## 5 · It has happened: New York's taxis
#
# In 2014 New York's taxi commission gave out its records of 173 million trips. The taxis' numbers were hidden behind a
# [hash](glossary.md#hash): a code that is easy to compute, and cannot be computed backwards. But there are not many such numbers. Somebody
# computed the codes of all of them, and looked each code up (Vijay Pandurangan, told on the [LSE Impact
# Blog](https://blogs.lse.ac.uk/impactofsocialsciences/2014/07/16/nyc-improperly-anonymized-taxi-logs-pandurangan/), 16 July
# 2014). Here is the same with the invented numbers of our register:

# %%
number = register.holder[0][-4:]
published = md5(number.encode()).hexdigest()
every_code = {md5(f"{k:04d}".encode()).hexdigest(): k for k in range(10_000)}
print(f"published: {published[:16]}…  looked up: no. {every_code[published]:04d}")

# %% [markdown]
# Then came the join. Photographers had published pictures of well-known people getting into taxis. A picture shows a taxi,
# a place and a time. One row of the table has the same, and that row also tells where the passenger went, and what was paid
# ([Gawker, 2014](http://gawker.com/the-public-nyc-taxicab-database-that-accidentally-track-1646724546)). No name was in the
# data. One outside fact put it there.
#
# ## 6 · It is for sale
#
# The operator's page is no toy of ours. Flock Safety sells cameras with a search that it calls **Vehicle Fingerprint**: by
# make, model, colour, roof rack, stickers and damage. A presentation of the company praises it for more information "even
# when you don't have full plate information" (quoted in "Flock Cameras Can Surveil Cars Without License Plates",
# [Schneier on Security](https://www.schneier.com/), 3 July 2026). It reads plates as well: there the join is built in.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: let the room tell you what to divide by what, type it in, read out what the check says. The usual mistakes are metres a second, and the last camera's kilometre instead of the difference."
# ## Your turn
#
# **Exercise 1, together.** A dossier holds more than is written in it. How fast did the vehicle drive on average, between
# the first and the last of its sightings, in km/h? The table says when; `km` says where each camera stands.

# %%
km = {place.camera: place.km for place in dataset.DRIVE}
dossier.sightings.assign(km=dossier.sightings.camera.map(km))[["camera", "time", "km"]]

# %% tags=["exercise"]
speed = ...
check_speed(speed, dossier.sightings, km)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `first = dossier.sightings.iloc[0]` is the first row, `iloc[-1]` the last. The difference of two times has
# `.total_seconds()`. An hour has 3600 seconds.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# first, last = dossier.sightings.iloc[0], dossier.sightings.iloc[-1]
# speed = 3600 * (km[last.camera] - km[first.camera]) / (last.time - first.time).total_seconds()
# check_speed(speed, dossier.sightings, km)
# ```
#
# </details>

# %% [markdown]
# Whose speed is it? The last sighting is a sister's.
#
# **Exercise 2, at home.** Write the join yourself. A vehicle was seen at a camera at a moment. Whose plate was read there
# within so many seconds, before or after? The register has a column for each camera, with the time of the reading.


# %% tags=["exercise"]
def who(register, camera, moment, seconds):
    return ...


check_who(who, register, finder.cameras[0], dossier.sightings.time)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `register[camera] - moment` is how far each reading is from the moment; `.dt.total_seconds().abs()` makes a number of it,
# without its sign. Choose the rows where it is small enough, and return their `holder`.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def who(register, camera, moment, seconds):
#     apart = (register[camera] - moment).dt.total_seconds().abs()
#     return register.holder[apart <= seconds]
#
# check_who(who, register, finder.cameras[0], dossier.sightings.time)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Read the four lines. Then the meter: look at how often the right vehicle comes first, before and after. Point at the last row and say: this row needed no camera of ours, and it names the wrong person in the rest."
# ## What to take away
#
# - **The operator sees percentages, not truth.** Nothing on the page says that a link is wrong.
# - **The clock does what looks cannot.** Travel time and lanes find more than any distance, without a better network.
# - **One click writes a dossier**, false lines included, and deleting it leaves everything it was built of.
# - **Linking is not naming, until it is.** One outside fact is enough, and it names the wrong person as surely as the right
# one.
#
# The meter, before and after the join. The new row is the mean over the dossiers of part 4, each with a plate read once beside the camera of the
# click.

# %%
meter = privacy.LeakageMeter.load_or_default("meter.json")
meter = meter.after(join_step(plates, meter))
show.bits_given(meter)

# %%
meter.save("meter.json")
print(f"{meter.target}: {meter.given()} of {meter.total_bits:.1f} bits are given away")

# %% [markdown]
# Next: notebook 08 asks what protects, and against whom.

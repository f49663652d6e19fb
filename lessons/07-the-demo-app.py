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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Run all cells before the room comes in, and sit down as the operator: from here on the room watches your screen. Let the room choose a vehicle. Go through the page from left to right: picture, candidates, dossier. Ask: where on this page does it say that a link is wrong? Nowhere. Wrong answer people give: the percentages say it. They say what the system believes. Then press Delete, and click again: the dossier is back."
# # 07 · The demo app
#
# **What does the operator see?** Click a vehicle, and read what the system puts together about its driver.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
from hashlib import md5

import pandas as pd
from IPython.display import Markdown

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
    share_of_first_guesses,
)
from cctview.show import Float, Sliders

lesson = open_lesson()
truth = lesson.truth
finder, trips = open_finder(lesson.dataset, truth)
open_app(lesson, trips)

# %% [markdown]
# In JupyterLab, the strip shows the cameras in the order in which a driver passes them. The system's best candidate stands below each camera, with its [**confidence**](glossary.md#confidence): how sure the system is. If that is
# high enough, the candidate is linked. The [dossier](glossary.md#dossier) grows beside the strip: it is everything that this one click has put together.
#
# In 2020 the original of this course ended in such a page: open the camera at E 53 St, click a vehicle, and see every vehicle on the cameras down the road, the most similar first. You can open
# our page outside this notebook, too, by `cctview app`. It is served on this computer only, and sends nothing anywhere.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 19 minutes, with the exercises 30</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: [notebook 06](06-designing-the-app.ipynb), where a
# network becomes a system. It is enough to know [notebook 00](00-the-end-of-privacy.ipynb). It goes with [CCTView Demo
# App](https://samdbrice.medium.com/1423aabb4b40), an article of the original series.
#
# After this notebook you can
#
# 1. work the page that an operator works, and say what it does not show;
# 2. list what one click writes down about a driver, and which of it is false;
# 3. say how one outside fact makes a name of a number, and how it names the wrong person;
# 4. say what is left when a dossier is deleted.
#
# **No vehicle here is real.** The road is simulated, and so are its drivers and the register. So we know for every
# name whether it is right, and we can count.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Say it slowly: somebody sits in this van. Ask for the prediction, uncover the dossier, and read it line by line, as an officer would read it out. Ask: who is harmed by a false line? Two people: the one who is followed, and the one who was really there."
# ## 1 · What does one click write down?
#
# Somebody sits in the yellow taxi van. It is a Monday morning in May, and this **driver** has done nothing but drive to work along the river. Nobody typed a place, a
# time, a type or a direction: one click wrote them down.
#
# The operator has the left and the middle column of the card below. The right column is ours: we know which lines are true, because the road is simulated.

# %% jupyter={"source_hidden": true}
vehicle_search = open_search(finder, lesson.dataset)
judge = Judge(vehicle_search, trips)
taxi = trips.sighting_of(TAXI[0], finder.cameras[0])
dossier = judge.dossier(taxi, SearchSettings())
made = truth.vehicles.set_index("vehicle").loc[TAXI[0]]
known = {"type": made.kind, "colour": made.colour, "direction": "southbound"}
ask(
    "07 false lines",
    figures.dossier(dossier, known),
    of=int((~dossier.sightings.right).sum()),
)

# %% [markdown]
# Each false line puts the driver where this driver never was, and it puts a part of somebody else's trip into the dossier. Nothing on the page says which lines these are.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Prediction first, then the candidates. Then go back to the page and choose MED under 'How the system searches', without the two filters. Ask what changed: not the network, only what the system is allowed to look at."
# ## 2 · Would the original have done better?
#
# The original ranked by appearance alone: by the straight line between two [embeddings](glossary.md#embedding), the vectors that a network makes of two crops. This is called **MED** (minimal Euclidean distance). Its author
# named the weakness: it shows candidates that could never have driven there. Here are its best candidates for our driver. Those that are close
# enough are linked: they have a thick frame.

# %% jupyter={"source_hidden": true}
original = SearchSettings(MED, FINDER_MINUTES, travel=False, lanes=False)
found = judge.candidates(taxi, vehicle_search.candidates(taxi, original, 3))
ask(
    "07 look-alikes",
    candidate_rows(
        vehicle_search, taxi, found.assign(weak=(found.distance > 16) | (found["rank"] > 1))
    ),
    of=int(found.right[found["rank"] == 1].sum()),
)

# %% [markdown]
# One driver is an anecdote. So we search for everybody who passed all six cameras, at each other camera where the system tracked them. *Travel time* keeps candidates
# that could have driven there in that time, and *lanes* keep those that drive in the same direction. The [joint model](glossary.md#joint-model), which the page uses, rules nothing
# out: it decides everybody's trip at once, by appearance, clock and lanes.

# %% jupyter={"source_hidden": true}
everyone = trips.whole_trips(finder.cameras[0])
variants = {
    "MED, as the original": original,
    "MED, travel time": SearchSettings(MED, FINDER_MINUTES, travel=True, lanes=False),
    "MED, travel time, lanes": SearchSettings(MED, FINDER_MINUTES),
    "joint model": SearchSettings(JOINT, FINDER_MINUTES),
}
guesses = {
    name: share_of_first_guesses(judge.first_guesses(everyone, settings))
    for name, settings in variants.items()
}
first = pd.DataFrame(guesses).T
alone, _, filtered, joint = first.estimate
assert filtered > alone, "the text says that travel time and lanes find more"
ask(
    "07 for everybody",
    show.bars(
        first,
        "correct vehicle first (share of searches)",
        f"The correct vehicle comes first in {show.percent(alone)} of searches by appearance, in"
        f" {show.percent(filtered)} with both filters, in {show.percent(joint)} by the joint model",
        say=show.percent,
    ),
    of=filtered / alone,
    alone=alone,
    filtered=filtered,
    joint=joint,
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, the heart of the lesson. Slowly: a number, not a name. Then the register. Then the plate that is right. Then ask what happens if the same plate reader had stood at the other camera that the page names, and wait. Uncover. Let it stand. Ask: which of the two people would you rather be?"
# ## 3 · How does a number get a name?
#
# So far the driver is *vehicle 1*. There is no name, no plate, no face in the dossier. Many call that anonymous.
#
# Now somebody else has a register: a list of vehicles and their holders. We made this one up: each holder is a role and a number, and none of them exists.

# %%
register = make_register(truth)
register[["holder", "kind", "colour", "direction", "garage"]].iloc[3:7]

# %% [markdown]
# Three outside facts can connect the register with the dossier, which is called a *join*. Each fact is harmless alone, because it says nothing of where else a driver went:
#
# - **a permit** lists type and colour, as a taxi licence does;
# - **a garage** at the road's south end also writes down when a vehicle came in;
# - **a plate that is read once** beside a camera says who passed there, and when.
#
# An entry of the register gets a weight for how well its type and colour fit what the system has read off, and no weight if the time of the fact is more than two seconds off. The
# system's doubt about its own links is carried along. We reserve 2 % for somebody who is not in the register; that figure is our assumption.

# %%
reads = {camera: join(dossier, register, FACTS[2], camera) for camera in finder.cameras}
here = next(camera for camera, read in reads.items() if read.name_right)
street = dataset.street_of(here)
describe_names(
    {"a permit": join(dossier, register, FACTS[0]), f"a plate, read at {street}": reads[here]}
)

# %% jupyter={"source_hidden": true}
there = max(
    (camera for camera in reads if not reads[camera].name_right),
    key=lambda camera: reads[camera].name.probability,
)
assert reads[there].name.probability > 0.5, "the story needs a sure and false name"
roles = {reads[camera].name.holder.partition(",")[0] for camera in (here, there)}
assert len(roles) == 2, "the story needs two people who are easily told apart"
assert len(dossier.sightings) > 3, "exercise 1 needs a fourth row"
Markdown(
    f"**One plate, read once, and the whole dossier has a name.** The driver"
    f" is {reads[here].name.holder}, and all places and all times are now about a person.\n\nSuppose"
    f" that the plate reader had stood at another camera, at {dataset.street_of(there)}. Everything"
    " else stays as it is: the same click, the same dossier, the same register."
)

# %% tags=["picture"] jupyter={"source_hidden": true}
ask(
    "07 false name",
    figures.dossier(reads[there], known),
    driver=reads[here].name.holder,
    other=reads[there].name.holder,
    sure=reads[there].name.probability,
)

# %% [markdown] slide="**The person who is named gets everything**: every place, every time, every officer at the door.\n\nThe person who was really followed does not learn of it."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# The person who is named gets everything: every place, every time, every officer at the door. The person who was really followed does not learn of it, and the person who is named
# cannot say how it came about. Both need the right to see the dossier, and to have it corrected.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Then move the confidence from which a name is believed: fewer wrong names, fewer right ones too. Wrong answer people give: ten per cent wrong is good. Of a thousand stops that is a hundred families." slide="## How often is the name right?\n\nThat was one case. So we click every second vehicle that passed all six cameras, and read one plate for each."
# ## 4 · How often is the name right?
#
# That was one case. So we do the same for every second vehicle that passed all six cameras: each is clicked at E 53 St, and a plate is read beside that
# camera. A name is *believed* if the join is sure enough. Move the slider **believed from**: it is the confidence that a name must have.

# %% jupyter={"source_hidden": true}
dossiers = judge.dossiers(everyone[::2], SearchSettings())
joined = {fact: measure_joins(dossiers, register, fact) for fact in FACTS}
plates = joined[FACTS[2]]
Sliders(
    lambda values: figures.joins(joined, values["sure"]),
    [Float("sure", 0.1, 0.9, default=0.5, step=0.1, label="believed from", say=show.percent)],
    prediction=ask(
        "07 plates",
        of=plates.named[plates.right].sum() / len(dossiers),
        dossiers=len(dossiers),
        right=int(plates.named[plates.right].sum()),
        wrong=int((plates.named & ~plates.right).sum()),
    ),
)

# %% [markdown]
# A threshold on the confidence trades wrong names for missing names, as every threshold does. Somebody chooses it, and no screen shows that choice.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Press Delete on the page, then click the van again. Ask: was anything deleted?" slide="## What is gone when a dossier is deleted?\n\nThe page has a button for it. *What does somebody need to build the same dossier again?*"
# ## 5 · What is gone when a dossier is deleted?
#
# The page has a button that deletes a dossier. This is what the button does:

# %%
drawer = Drawer()
drawer.keep(dossier)
print(drawer.delete(dossier.number))

# %% [markdown]
# Anyone who keeps the frames or the vectors can build every dossier again with one click. Anyone who wants to protect a driver has to delete what the dossier was made of.
#
# The page also works with frames of your own (`CCTVIEW_DATA`, or `cctview app FOLDER`). Then it refuses to save a dossier, because that would be a file about a real person.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Run the cell live. Ten thousand numbers are nothing. Wrong answer people give: then take a better hash. Any fixed code for a number that can be counted through can be counted through. Then Flock, in one minute: it is for sale."
# ## 6 · Has this happened?
#
# **In New York, with taxis.** In 2014 the city's taxi commission gave Chris Whong its records of 173 million trips, under the state's freedom of information law. The taxis' numbers were
# hidden behind a [hash](glossary.md#hash): a code that is easy to compute, and cannot be computed backwards. But there are not many such numbers. Vijay Pandurangan
# computed the codes of all of them and looked each one up ([LSE Impact
# Blog](https://blogs.lse.ac.uk/impactofsocialsciences/2014/07/16/nyc-improperly-anonymized-taxi-logs-pandurangan/), 16 July
# 2014). The cell does the same with the invented numbers of our register:

# %%
number = register.holder[0][-4:]
published = md5(number.encode()).hexdigest()
every_code = {md5(f"{k:04d}".encode()).hexdigest(): k for k in range(10_000)}
print(f"published: {published[:16]}…  looked up: no. {every_code[published]:04d}")

# %% [markdown]
# The join came next. Photographers had published photographs of well-known people who get into taxis. Such a photograph shows a taxi, a place and a time, and one row of
# the records has the same: it also tells where the passenger went, and what was paid. [Anthony Tockar](https://agkn.wordpress.com/2014/09/15/riding-with-the-stars-passenger-privacy-in-the-nyc-taxicab-dataset/)
# did this in September 2014. No name was in the records. One outside fact put it there.
#
# **On the market.** Flock sells cameras with a search that it calls *Vehicle Fingerprint*. A presentation of the company from 2024 says that it gives more information "even when you
# don't have full plate information": decals, bumper stickers, racks ([Schneier on Security](https://www.schneier.com/?p=72238), 3 July 2026). The
# same cameras read plates, so the join is built in.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: let the room tell you what to divide by what, type it in, read out what the check says. The usual mistakes are metres a second, and the last camera's kilometre instead of the difference." slide=""
# ## Your turn
#
# A dossier holds more than is written in it. The table says when the driver was where, and `km` says where each camera stands.

# %%
km = {place.camera: place.km for place in dataset.DRIVE}
sightings = dossier.sightings
sightings.assign(km=sightings.camera.map(km))[["camera", "time", "km"]]

# %% [markdown] slide=""
# **Worked example.** How fast did the vehicle drive on average between rows 1 and 2 of the table, in km/h?

# %%
seconds = (sightings.time[2] - sightings.time[1]).total_seconds()
speed = 3600 * (km[sightings.camera[2]] - km[sightings.camera[1]]) / seconds
check_speed(speed, sightings[1:3], km)

# %% [markdown] slide="## Your turn\n\nTwo clocks, and the kilometres between two cameras.\n\n*How fast did the vehicle drive on average, between row 2 and the last row of the table?*"
# **Exercise 1, together.** How fast did it drive on average between row 2 and the last row? Replace the `...`.

# %% tags=["exercise"]
seconds = (sightings.time.iloc[-1] - sightings.time[2]).total_seconds()
speed = ...
check_speed(speed, sightings[2:], km, trip=sightings)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The way is the difference of two places: `km[sightings.camera.iloc[-1]] - km[sightings.camera[2]]`. An hour has 3600 seconds.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# way = km[sightings.camera.iloc[-1]] - km[sightings.camera[2]]
# speed = 3600 * way / seconds
# check_speed(speed, sightings[2:], km, trip=sightings)
# ```
#
# </details>

# %% [markdown]
# Whose speed is it? Compare the rows with the card in section 1: somebody else may stand in one of them.
#
# **Exercise 2, at home.** Write the join yourself. A vehicle was seen at a camera at a moment. Whose plate was read there
# at most so many `seconds` before or after? The register has a column for each camera, with the time of the reading.


# %% tags=["exercise"]
def who(register, camera, moment, seconds):
    return ...


check_who(who, register, sightings)

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
# check_who(who, register, sightings)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Read the question, the answer, and what one can do. Then the meter: the last row can take back bits, because a wrong name costs more than it gives."
# ## So what does the operator see?
#
# **The operator sees confidence, and never the truth.** The page looks the same for a right link and for a wrong one.
#
# - **One click writes a dossier**, false lines included.
# - **A number is not a name, until one outside fact makes it one.** That fact names the wrong person as easily as the correct one.
# - **The clock does what appearance cannot.** Travel time and lanes find more, with the same network.
# - **A deleted dossier comes back** while the frames and the vectors are kept.
#
# **What you can do:** ask for your own file; in many places the law gives you that right ([notebook 08](08-protecting-your-privacy.ipynb)). Ask who put which fact beside it,
# and ask for the confidence of every link.
#
# How much has the whole system given away by now? The meter of this course adds it up step by step, in [bits](glossary.md#bit): each bit halves the crowd in which a vehicle can hide. It counts only bits that are right.
# Its last row is the plate of section 4. A wrong name takes back bits that were right before.

# %% jupyter={"source_hidden": true}
meter = privacy.LeakageMeter.load_or_default("meter.json")
meter = meter.after(join_step(plates, meter))
meter.save("meter.json")
show.bits_given(meter)

# %% [markdown]
# Next: [notebook 08](08-protecting-your-privacy.ipynb) deletes the frames, keeps the vectors, and asks what can be done to protect a driver.

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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Run all cells before the room comes in. Let the room choose a car, and call out a number at each camera: 1 to 4, or 0 for none of these. Type it. Wait before you turn over the system's picks, and again before the truth. Usual result: the system is right at some cameras, links nobody at others, and now and then follows a stranger. Read the count aloud."
# # 00 · The end of privacy
#
# **How many cameras does it take before "seen in public" means "followed everywhere"?** Follow a car yourself first.
#
# (In JupyterLab, first choose *Run All Cells* in the menu *Run*. This jumps to the end of the notebook: scroll up to here again.)

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["picture"]
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
from cctview.dataset import read_result, street_of
from cctview.link import as_candidates, count_trips
from cctview.privacy import calibration, linking_rates, sureness
from cctview.show import Camera, Float, Sliders

lesson = open_lesson()
dataset, truth = lesson.dataset, lesson.truth
finder, judge = open_finder(dataset, truth)
be_the_operator(finder, judge, dataset, truth)

# %% [markdown]
# A whole picture from a camera is a [frame](glossary.md#frame). The small picture of one vehicle that is cut out of it is a [crop](glossary.md#crop).
# One vehicle that drives past one camera makes a **[pass](glossary.md#pass)**. You **[linked](glossary.md#link)** passes: you said that two of them are the same vehicle.
#
# The system links passes in the same way, for every car at once. This was a hard test for both of you, because the wrong crops are those that the system
# finds most similar. We also chose frames with cars for which the system makes links at all. So neither score says anything about an average vehicle. Section 3 counts all vehicles.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 23 minutes, with the exercises 32</b></summary>
#
# What you need: you can read simple Python; the exercises use tables of pandas, too. Nothing is downloaded, and it works offline. You need no other notebook before this one.
#
# After this notebook you can
#
# 1. say what one click on a vehicle sets off, from a frame to a trip;
# 2. tell a [miss](glossary.md#miss) from a [wrong link](glossary.md#false-link), and from a vehicle that no camera saw;
# 3. say how often the system works for a random vehicle, and whom it follows when it is wrong;
# 4. say what more cameras and other kinds of cameras change, and what courts have said about it.
#
# To see frames of your own, set the environment variable `CCTVIEW_DATA` to their folder before you start JupyterLab. Everything that is counted stays on the
# simulated road, because nobody knows the truth about other frames.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Ask for a show of hands: two cameras? six? a hundred? Write the numbers down, you come back to them in section 4."
# ## 1 · Why build such a system?
#
# In January 2020 [*The New York Times*](https://www.nytimes.com/2020/01/18/technology/clearview-privacy-facial-recognition.html) wrote about Clearview AI, a
# search engine for faces. Clearview had copied three billion photos from websites without asking. A month later
# [BuzzFeed](https://www.buzzfeednews.com/article/ryanmac/clearview-ai-fbi-ice-global-law-enforcement) reported a leaked list: 2,228 police forces, companies and other
# organisations had run nearly 500,000 searches, many of them on free trials. By February 2026 Clearview had
# [more than 60 billion](https://pxlnv.com/linklog/cbp-clearview) photos.
#
# Most reports asked *what* Clearview collects and *who* uses it. This course asks *how* it works. It rebuilds such a system from free parts, as
# [the articles by Samuel Brice](https://samdbrice.medium.com/47db1ee23c46) and [their code](https://github.com/samdbrice/cctview) did in 2020. Vehicles stand in
# for faces, and six cameras along one road for the internet.
#
# **No vehicle here is real.** The road is simulated, so we know which links are correct, and can count the mistakes. The operator of a real system cannot. The
# [glossary](glossary.md) explains every term, and [a page of numbers](numbers.md) says how each headline number was measured.
#
# **Write down one number now:** at how many cameras does being seen become being followed?

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction. When it is uncovered, follow the dashed line from left to right: it is the true trip. Then click other cars in the frame below. Wrong answer people give: it reads the plate. It does not; no plate is legible here." slide="## What does one click set off?\n\n1. The **detector** draws a box around each vehicle\n2. The **network** turns each crop into numbers\n3. The **clock** says how probable the drive is\n4. The system **links**, if its confidence is at least 50 %\n---\n## Which of the two clues tells more?\n\nWhat a vehicle looks like, or when it passed? Write down your guess."
# ## 2 · What does one click set off?
#
# You chose among four crops. The system has to choose among all passes. We now watch how it does that for one vehicle, a yellow taxi van at E 53 St.
#
# 1. The **[detector](glossary.md#detector)** finds the vehicles in each frame, and draws a [box](glossary.md#bounding-box) around each.
# 2. The **[network](glossary.md#neural-network)** turns each crop into a list of numbers. Crops that look alike get similar numbers.
# 3. The **clock** says how probable it is that a drive from one camera to the next takes so long.
# 4. The **[confidence](glossary.md#confidence)** of the system says how probable it is that a pass is of the same vehicle. The system links the pass if its confidence is at least 50 %.
#
# No plate can be read in these frames. So the system has two clues: what a vehicle looks like, and when it passed.
#
# **Which of the two clues tells more?** Write down your guess. Notebooks 06 and 09 come back to it.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
taxi = judge.sighting_of(TAXI[0], finder.cameras[0])
trip = judge.find(taxi)
linked = trip[trip.linked]
others = trip.after != 0
ask(
    "00 taxi",
    show.drive(linked, truth=judge.true_trip(taxi)),
    of=int((trip.linked & trip.right & others).sum()),
    strangers=int((trip.linked & ~trip.right).sum()),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# In the figure, the dashed line is the true trip of the taxi. Each mark is a link, and a cross is a link to another vehicle.
#
# **Now click any vehicle in the frame below.** The percentage on its box says how sure the detector is that this is a vehicle. A [candidate](glossary.md#candidate) is a pass that could be the same vehicle. The cards show the best one at each other camera. A solid number is a link. If
# the number is pale, the system links nobody there, because it is not confident enough.


# %% jupyter={"source_hidden": true} slideshow={"slide_type": "skip"}
def follow(row):
    return as_candidates(finder.find(row.id))


camera = Camera(dataset, minutes=FINDER_MINUTES, on_pick=follow)
camera.show(taxi)
camera

# %% [markdown] slideshow={"slide_type": "skip"}
# One click returns a trip: places, times, and a confidence for each. It needs no name and no plate.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
open_app(lesson) if lesson.own else None

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Say it slowly: you clicked one car, and the system had to decide about every car. Ask for the prediction. Then show whom it followed instead of the taxi."
# ### The system does not look at you. It looks at everybody
#
# A pass belongs to one vehicle only. If a pass at 48 St is your neighbour's, it cannot be yours. So the system decides about the trips of *all* vehicles together. To follow
# one person, it has to follow everyone.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
study = read_result("linking.csv")
study = study[(study.way == "both") & (study.figure == "linked and right, share")]
names = {"looks and clock": "one at a time", "looks and clock, jointly": "everybody at once"}
engines = study.set_index("engine").loc[list(names)].rename(index=names)
alone, joint = engines.estimate
ask(
    "00 everybody",
    show.bars(
        engines,
        "passes linked to the correct vehicle (share)",
        f"The same clues link {show.percent(alone)} of the passes one at a time, and"
        f" {show.percent(joint)} if everybody is decided at once",
    ),
    of=joint - alone,
    alone=alone,
    joint=joint,
)

# %% [markdown]
# The thin lines are 95 % [intervals](glossary.md#interval): how far off a share could be, because only so many passes were counted.
#
# The system still goes wrong. A **[look-alike](glossary.md#look-alike)** is another vehicle that looks the same, such as the next taxi of the same fleet. Here are the five
# best candidates for the taxi at a camera where the system had trouble.

# %% jupyter={"source_hidden": true}
wrong_at = [*trip[trip.linked & ~trip.right].camera, *finder.cameras[1:]][0]
five = judge.candidates(taxi, wrong_at)
show.candidates(
    dataset.crop(taxi),
    [dataset.crop(name) for name in five.id],
    five.probability,
    five.right,
    f"The five candidates at {street_of(wrong_at)} with the highest confidence (0 to 1)",
)

# %% [markdown]
# Would you have known? Nothing on the operator's screen warns of a look-alike.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. This is the turn of the talk. The demonstration was one vehicle that we chose. Say so. Then ask for the prediction. Count rows together. Then move the slider down: more circles, more crosses. Wrong answer people give: it failed, so we are safe. Look at the crosses: each is a stranger put where that stranger never was." slide="## How often is it right about a random vehicle?\n\nA demonstration shows what its maker chose. So we draw twenty at random.\n\n- filled circle: a correct link\n- **cross: somebody else**\n- dash: missed by the detector or the tracker"
# ## 3 · How often is it right about a random vehicle?
#
# A demonstration shows a vehicle that its maker chose. So now we draw twenty vehicles at random among all that passed all six cameras, and
# follow each of them from E 53 St. Each row is a vehicle, and each column a camera.
#
# - A filled circle is a correct link. A **cross** is a link to somebody else.
# - An open circle: the best candidate is correct, but the system is not confident enough to link it. A dot: the best candidate is not correct, and the system links nobody.
# - A dash is a pass that the detector or the [tracker](glossary.md#tracker) missed, so no search can find it, and the trip cannot be found whole.
#
# After your prediction, move the slider: it sets **how confident the system must be** before it links.

# %% jupyter={"source_hidden": true}
everyone = judge.whole_trips(finder.cameras[0])
twenty = np.random.default_rng(20).choice(everyone, min(20, len(everyone)), replace=False)
drawn, links = judge.links(twenty), judge.links(everyone)
whole, wrong = count_trips(drawn).loc["whole"], count_trips(drawn).loc["wrong"]
Sliders(
    lambda values: figures.trip_ledger(drawn, values["sure"]),
    [Float("sure", 0.1, 0.9, default=0.5, step=0.1, label="confidence needed", say=show.percent)],
    prediction=ask(
        "00 whole trips",
        of=int(whole["count"]),
        count=int(whole.of),
        wrong=int(wrong["count"]),
    ),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Grey is nobody, red is somebody else. Point at the lower two bars: the vehicle was not there to be found, and the system blamed somebody all the same. Then the second figure: is it as often right as it says?"
# ### What happens if the vehicle is not there to be found?
#
# So far we searched for vehicles that had passed every camera. An operator cannot know that. The vehicle may have turned off, or the detector may have missed it. So we now
# search for every vehicle at every camera, and keep three cases apart: it was tracked there, it passed unseen (the detector or the tracker missed it), or it never passed.

# %% jupyter={"source_hidden": true}
searches = read_result("searches.parquet")
show.who_is_linked(linking_rates(searches))

# %% [markdown]
# The operator sees only the confidence. Can the operator trust it? A system on the dashed line is right exactly as often as it says. Such a system is well
# [calibrated](glossary.md#calibration).

# %% jupyter={"source_hidden": true}
show.said_and_right(sureness(searches), calibration(searches))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Read the five words of the list first. Ask for the prediction, then uncover, and read one row of the table with its interval." slide=""
# ### Who is followed by mistake, if we count all vehicles?
#
# Twenty vehicles are few. So the table that follows your prediction is the same count for every vehicle that passed all six cameras, with the slider at 50 %. The share has a
# 95 % interval from `low` to `high`.
#
# - *Could be*: the tracker has every pass of the trip, so a perfect search would find it whole. (One camera sees only one side of the road. A trip on the other
#   side counts as whole without it.)
# - *Whole*: every pass is linked correctly. *Some*: some are, and no link is wrong. *Nothing*: nothing is linked.
# - *Wrong*: at least one link follows somebody else.

# %% jupyter={"source_hidden": true}
counts = count_trips(links)
counts.insert(2, "share", counts["count"] / counts["of"])
number = counts["count"].astype(int)
about = judge.labels[["kind", "colour"]].to_numpy()
mistaken = links[(links.probability >= 0.5) & ~links.right.astype(bool)]
alike = (about[mistaken["query"]] == about[mistaken["tracklet"]]).all(axis=1)
ask(
    "00 wrong links",
    counts.round(2),
    of=float(alike.mean()),
    count=int(counts.of.iloc[0]),
    whole=int(number["whole"]),
    could=int(number["could be"]),
    wrong=int(number["wrong"]),
)

# %% [markdown]
# So the system follows some vehicles all the way, and many of its searches link nobody. Where it is wrong, nobody is told: it follows somebody else.
# The other vehicle need not be a look-alike. A crop is small, and a probable time of the drive can outweigh a difference in appearance.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Go back to the numbers that the room called out at the beginning. Ask for the prediction. Then move the first slider to each number of the room. Then change the kind of camera, and nothing else. Then the days. Say once: nobody has measured a town here, this is what our assumptions give." slide="## How many cameras does it take?\n\nSix cameras on one road follow nobody home. So here is a whole town, with thousands of drivers. It is simulated: no real town was measured."
# ## 4 · How many cameras does it take?
#
# Six cameras on one road follow nobody home. So here is a whole simulated town, with thousands of drivers who have homes, work and errands. A *[plate reader](glossary.md#plate-reader)*
# is a camera that reads number plates. A *still camera* (*stills* in the figure) is one like ours: it takes one small frame every 1.7 seconds. *Larger stills* would take larger frames.
#
# No real town was measured. We took from our simulated road how well still cameras link, and from reports how well plate readers read. We assumed the rest.
# [How far to trust the city](city.md) lists every assumption. Some numbers of cameras carry the name of a court case or a city with as many cameras. The roads there may be longer or shorter than in our town.
#
# **After your prediction, try four things in the figure.** Move *Cameras* down to the number that you wrote down, and back to 176. Change how long the records are kept, and watch how many homes
# are found. Then change the *kind* to stills, and move *Cameras* up to 1,000. The fourth slider stands at *no*, because nothing here measures whether
# appearance links a vehicle to itself on another day. Move it, and see whether that would help the stills.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
town = read_result("city.csv")
stills = town[(town.kind == "stills") & (town.cameras == 400) & (town.drivers == "everyone")]
stills = stills.set_index(["days", "figure"]).estimate.unstack()
assert (stills["trips put together, wrong"] > stills["trips put together, right"]).all()
town = town[(town.kind == "plate readers") & (town.cameras == 176) & (town.days == 7)]
week = town[town.drivers == "everyone"].set_index("figure").estimate
city = the_city()
ask(
    "00 city",
    city,
    of=week["trips put together, right"],
    homes=week["home found"],
    drivers=city.data["drivers"],
    road=city.data["km"],
)

# %% [markdown] slide=""
# <details><summary><b>What we see in it</b></summary>
#
# The kind of camera matters more than the number. Plate readers put a driver's days together, and every further camera adds to that; homes are found on the way.
# Still cameras follow a trip only where they stand close together. They cannot join one day to the next, except by routine. And they put more trips
# together wrongly than rightly.
#
# So there is no single number. In a town like this it takes a few hundred plate readers to put a large part of all trips together. A handful of them on the busiest roads
# is enough to single out some of the drivers.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. People ask this every time: why all this effort, if plate readers exist? Read the three reasons. Then read one row of the table."
# ## 5 · Why use appearance, if there are plates?
#
# A plate reader does more than our system can. There are three reasons to build ours all the same.
#
# - **The cameras are already there.** A camera that counts traffic reads no plate. Software can make it follow vehicles.
# - **A plate can be false, hidden or misread.** So plate readers store appearance, too. The company Flock calls it a "Vehicle Fingerprint": make, model, colour, stickers and
#   roof racks ([Consumer Rights Wiki](https://consumerrights.wiki/Flock_License_Plate_Readers), read in 2026).
# - **The law often names the plate.** [California's law on plate readers](https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=CIV&sectionNum=1798.90.5) is defined by reading *plates*, so a camera that goes by appearance seems to fall outside it (our
#   reading, not a lawyer's).
#
# And how does a vehicle compare with a face?
#
# | | a face | a vehicle |
# |---|---|---|
# | **Can you leave it at home?** | no | yes |
# | **How many look the same?** | few | many: a whole model line |
# | **Who holds the names?** | anyone who copies photos with names | the register of plates |
# | **Does a law name it?** | in Illinois, for example: templates of faces | mostly by its plate |
#
# So do not apply our numbers to faces. Only the steps are the same: detect, turn into numbers, compare, link.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Read the cases in order of time. Then pairs, one minute: at how many cameras, kept for how long, would your answer change, and who should decide it? There is no right number. A good answer names the kind of camera, the days, and who can look." slide="## What have courts said?\n\n- *Carpenter*, 2018: police need a warrant for past phone locations\n- *McCarthy*, 2020: **four** fixed plate readers were no search\n---\n## What have courts said?\n\n- *Schmidt v. Norfolk*, January 2026: **176** plate readers upheld, \"not today\"; under appeal\n- *Chatrie*, June 2026: demanding everybody's phone locations is a search, even for a limited time\n---\n## At how many cameras, of which kind, kept for how long, would your answer change?\n\nCompare it with the number that you wrote down."
# ## 6 · What have courts said?
#
# The question of this notebook is a legal one, and US courts have begun to answer it (as of November 2026). They ask whether the police made a *search* in the sense of the US Constitution. Such a search mostly needs a judge's warrant.
#
# - [*Carpenter v. United States*](https://www.supremecourt.gov/opinions/17pdf/16-402_h315.pdf) (2018): the police need a warrant for a person's past phone locations.
# - [*Commonwealth v. McCarthy*](https://law.justia.com/cases/massachusetts/supreme-court/2020/sjc-12750.html) (Massachusetts, 2020): the use of **four** fixed plate readers was no search. Widespread use could be one.
# - [*Schmidt v. Norfolk*](https://footnote4a.org/news/schmidt-amici) (E.D. Va., 27 January 2026): **176** plate readers in one city were upheld, because they do not capture the whole of anyone's movements:
#   **"not today"**. The appeal was pending in November 2026, and 16 states had filed a brief for the city.
# - [*Chatrie v. United States*](https://stateofsurveillance.org/news/chatrie-supreme-court-ruling-geofence-warrant-fourth-amendment-search-2026/), No. 25-112 (29 June 2026, 6 to 3): a demand for everybody's phone locations in one area is a search, **even for a limited time**.
#
# *Chatrie* is the closest to our system, because the demand was not for one person. It was for everybody who was there.
#
# Are our six cameras a search, in your view? **At how many cameras, of which kind, and with records kept for how long, would your answer change?** Compare it with the number that you wrote down.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: let the room say what to count, type it in, read out what the check says. The usual mistake is to divide by all searches; the check says so." slide=""
# ## Your turn
#
# The table `links` has a row for each search of section 3: the `probability` of the best candidate, and whether it is `right`. A row counts as a link
# if its `probability` is at least 0.5.
#
# **Worked example.** How many of the searches end in a link?

# %%
linked = links[links.probability >= 0.5]
print(f"{len(linked)} of {len(links)} searches end in a link: {len(linked) / len(links):.0%}")

# %% [markdown]
# **Exercise 1, together.** What fraction of these links is wrong? Half of the work is done: `linked.right` says for each link whether it is right. Put
# your code in the place of the three dots, and run the cell (Shift+Enter).

# %% tags=["exercise"]
right = linked.right.astype(bool)
share_wrong = ...
check_wrong_share(share_wrong, links)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The mean of a column of True and False is the share of True. `~right` turns each value round.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# share_wrong = (~right).mean()
# check_wrong_share(share_wrong, links)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Each wrong link sends a patrol after a stranger. You decide that at most one link in ten may be wrong. What is the lowest
# `probability` from which you can link? (Do not guess it from the slider: count.)

# %% tags=["exercise"]
sure = ...
check_sureness(sure, links, tolerated=0.1)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Sort `links` by `probability`, the highest first (`sort_values`), and call the result `surest`. `(~surest.right.astype(bool)).cumsum()` counts how many of its rows so far
# are wrong. Divide by how many rows there are so far: `np.arange(1, len(surest) + 1)`. The last row at which this is at most 0.1 is where you stop.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# surest = links.sort_values("probability", ascending=False)
# wrong_so_far = (~surest.right.astype(bool)).cumsum() / np.arange(1, len(surest) + 1)
# sure = surest.probability[wrong_so_far <= 0.1].min()
# check_sureness(sure, links, tolerated=0.1)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Point at the numbers that the room called out at the beginning."
# ## What to take away
#
# **How many cameras does it take?** There is no single number. In our town a few hundred plate readers put a large part of all trips together, and four hundred still cameras put more trips together wrongly than rightly. It depends on the kind of camera, on where the cameras stand, and on how long the records are kept.
#
# - **To follow one person the system follows everyone.**
# - **A chosen vehicle is not a random one.** Ask for a count over many vehicles, and for the number of wrong links.
# - **Each wrong link is a person** who is put where that person never was.
#
# **What you can do:** ask your town how many cameras it has, of which kind, how long it keeps the records, and who can search them.
#
# Next: [notebook 01](01-a-short-history-of-recognition.ipynb) asks why it took fifty years before a computer could recognise a face, or a car, and what changed.

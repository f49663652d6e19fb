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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes. Read the question aloud. Before the first question of the page, ask the room: after how many questions is one driver left? Write the guesses down, then ask the questions one by one and read out the bits. Then make the clock coarser and let the room see the dots come back. Then choose the parent. If somebody wants to type their own week, remind them that the room reads along. Wrong answer people give: nobody knows four times and places of me. A colleague does, and so does a phone."
# # 03 · Collecting
#
# **After how many days of collecting can you follow somebody?** Begin with an archive that holds a week already, and ask it one question at a time.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import pandas as pd
from IPython.display import Markdown

from cctview import collect, course, dataset, privacy, search, show
from cctview.course.figures import lesson_03 as figures

lesson = course.open_lesson()
course.your_week(*course.read_habits())

# %% [markdown]
# When one vehicle drives past one camera, we call that a [pass](glossary.md#pass). An archive keeps the passes of everybody. Somebody who knows four passes of a driver, each of another trip, needs no name to ask the
# archive which drivers were there. If nobody else was there, the driver is **singled out**. That is not the same as being named, but everything else that the archive holds about this vehicle is now known about one person.
#
# Each answer makes the crowd of drivers who fit smaller. We count by how much in [bits](glossary.md#bit): an answer that halves the crowd gives away one bit, and one that leaves a quarter of the crowd gives away two.
#
# The drivers are invented, and so are their habits. You can also type in four passes of your own week. Nothing that you type leaves this page.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 27 minutes, with the exercises 41</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: notebook 00. It is enough to know that the system searches in frames that somebody has collected.
#
# After this notebook you can
#
# 1. explain how few known passes single a driver out, and what a bit is;
# 2. say what happens between a public camera and an archive, and what goes wrong on the way;
# 3. work out what it costs to keep everything;
# 4. say what share of the traffic a slow collector misses, and why that protects little;
# 5. say what changes if times are stored less exactly, and if the archive makes mistakes.
#
# The series behind this course tells this story in [part 2](https://medium.com/analytics-vidhya/a1c43c7e8713): how Clearview scraped photographs from the web, and how the author collected the frames of New
# York's traffic cameras with a pipeline of small cloud services. The original's code is at [samdbrice/cctview](https://github.com/samdbrice/cctview).
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Explain API in one sentence: a web page for programs. Point at the columns: a name, a place, and an address. Nobody asked who we are."
# ## 1 · Where does such an archive come from?
#
# Somebody has to collect it first, and that is easier than it sounds. Many cities put their traffic cameras on the web, so that drivers can see where the traffic is standing still. Programs use a plainer form, an **API**: a set of addresses that answer with data instead of pages. One address gives the
# list of cameras, and each camera has an address that gives its newest [frame](glossary.md#frame).
#
# The city in this notebook is simulated and runs inside the notebook, so only this computer can reach it. It answers in the form in which New York's cameras
# answer, as other public projects show it. The program that asks is called the **client**. It is the project's own, and the command `cctview collect` uses it on real addresses. Before the command asks
# any other computer, it tells you to read the terms of the cameras' operator and waits for a yes.

# %%
SPEED_UP = 10  # the city's clock runs ten times as fast as ours
with collect.SimulatedServer(speed_up=SPEED_UP) as city:
    cameras = course.run_async(collect.list_cameras(collect.CameraApi(city.url)))
    answer = httpx.get(cameras[0].url)
pd.DataFrame(cameras)[["id", "name", "latitude", "longitude", "online"]]

# %% [markdown]
# Asking for a frame once is a **poll**. The cell above has polled one camera. The camera's answer begins with some facts about the frame:

# %% tags=["nbval-ignore-output"] nbval_reason="The frame is the newest one at the moment of asking; the next run gets another."
said = ("Content-Type", "Content-Length", "Date", "Last-Modified", "ETag")
pd.Series({name: answer.headers[name] for name in said})

# %% [markdown]
# `Last-Modified` says when the camera took the frame. `ETag` is a fingerprint: a short code that is computed from the frame's content. A client that sends the fingerprint back with the next poll gets a short "nothing has changed"
# instead of the same frame again. And this is the frame itself:

# %% slideshow={"slide_type": "fragment"} jupyter={"source_hidden": true}
show.frame(
    dataset.read_image(answer.content, "poll"),
    pd.DataFrame(),
    "One poll brings one frame, here of E 53 St",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Run the cell: six seconds. Ask for the prediction. Then read the figure: every bar is a frame that was kept. Ask where the gap at 48 St comes from, then read the log. Wrong answer people give: one loses frames when one polls too fast. One loses them when one polls too slowly; too fast only brings the same frame again."
# ## 2 · What can go wrong in one minute?
#
# One frame does not make an archive, so now we poll all six cameras once a second, for one minute of the city's clock. That takes six seconds of ours. Each camera takes its frames at a pace of its own, which we do not know yet.
#
# Real collecting is full of trouble. So we told the city to let three cameras fail, each in its own way. Look for them in the figure; the log below it says what happened.

# %%
place = TemporaryDirectory()
folder = Path(place.name)
with collect.SimulatedServer(speed_up=SPEED_UP) as city:
    city.fail("735-683-N", "5xx", times=4)
    city.fail("689-640-S", "clock skew", times=9)
    city.fail("732-680-N", "frozen", times=14)
    cameras = course.run_async(collect.list_cameras(collect.CameraApi(city.url)))
    plan = collect.Plan(minutes=1 / SPEED_UP, interval=1 / SPEED_UP, seed=3)
    tally = course.run_async(collect.collect(cameras, folder, plan))

# %% tags=["nbval-ignore-output"] nbval_reason="How many polls meet a new frame depends on the moment at which the run begins." jupyter={"source_hidden": true}
course.ask("03 polls", figures.collection(tally, SPEED_UP))

# %% [markdown]
# The client recognises by its content a frame that it has already, and keeps each frame once. The client's log has one line for each trouble:

# %% tags=["nbval-ignore-output"] nbval_reason="The log of this very run: its pauses are drawn at random." jupyter={"source_hidden": true}
for line in (folder / "collect.log").read_text().splitlines():
    print(line[24:])

# %% [markdown]
# The wrong clock of the server at 38 St did no harm, because the client names each frame by the time at which the camera took it. Was any frame lost? Our city has counted what it gave, so we can check:

# %%
index = pd.read_parquet(folder / "index")
lost = sum(len(given - set(index.sha256)) for given in city.given.values())
print(f"frames that the city gave and that are not in the folder: {lost}")
print(f"frames kept twice: {index.sha256.duplicated().sum()}")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. The five steps are the whole trade. There is no step where anybody asks who is in the frame." slide="## How does a poll become an archive?\n\n1. Is the answer whole?\n2. Has the frame been here before?\n3. When was it taken?\n4. The frame gets a name\n5. The index gets a row\n\nNo step asks who is in the picture."
# ## 3 · How does a poll become an archive?
#
# So far we have frames in a folder. An archive must be searchable years later, and five small steps make one:
#
# 1. Is the answer whole, and is it a picture? If not, the client writes a line in the log, pauses, and tries again.
# 2. Has the frame been here before? Then it is dropped.
# 3. When was it taken? `Last-Modified` says so. If it is missing, the client takes `Date`, and if both are missing, it takes our own clock.
# 4. The frame gets a name that is made of camera, date and time. The name also says in which folder the frame is kept.
# 5. The index, a table of all frames, gets a row with the time, the clock that told it, the size and the fingerprint.

# %% tags=["nbval-ignore-output"] nbval_reason="The rows of this very run." jupyter={"source_hidden": true}
print(*(path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.jpeg"))[:1]))
index[["camera", "time", "clock", "bytes"]].sort_values("time").head(3)

# %% [markdown]
# Clearview's steps were the same, with web pages in place of cameras: fetch a page, keep its photographs, note the address, follow the links. No step asks who is in the picture, or whether they agreed.
#
# The layout of the folders is that of the original project of 2020, and all other notebooks read it. Here is a summary of the archive
# of the course. (If `CCTVIEW_DATA` names a folder of frames of your own, this table is about yours.)

# %%
course.summarise_archive(lesson.shown)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. 900 cameras are roughly what New York's Department of Transportation has. Let them say what they pay for their phone. The point is not the sum, but that the sum does not protect anybody."
# ## 4 · What does it cost to keep everything?
#
# If keeping everything were expensive, somebody would have to decide whom to watch. If it is cheap, one can keep everything and search later. We know the
# mean size of a frame, because we measure it:

# %%
frame_bytes = np.mean([len(lesson.dataset.jpeg(frame)) for frame in lesson.dataset.frames.id])
print(f"a frame of 352 x 240 pixels: {frame_bytes / 1000:.1f} kB")

# %% [markdown]
# Two prices matter: one for what is kept, and one for each request that stores a new file. Every price and every number of cameras has a source:

# %% jupyter={"source_hidden": true}
sources = search.COSTS.quantities() | {"cameras": search.CITY.cameras}
told = [sources[name] for name in ("price_of_storage", "price_of_requests", "cameras")]
prices = sources["price_of_storage"].value, sources["price_of_requests"].value
cameras_of_city = round(sources["cameras"].value)
Markdown("\n".join(f"- **{one.value:g} {one.unit}** ({one.source})" for one in told))

# %% jupyter={"source_hidden": true}
NUMBERS = (1, 6, 30, 150, cameras_of_city, 5_000)
bills = {number: course.storage_cost(number, 2, 30, frame_bytes, *prices) for number in NUMBERS}
month = bills[cameras_of_city]
course.ask(
    "03 month",
    figures.storage_bill(
        bills, cameras_of_city, 2, 30, note="Prices of November 2026, from the sources above"
    ),
    of=month.storing + month.sending,
    storing=month.storing,
    sending=month.sending,
    times=month.sending / month.storing,
)

# %% [markdown]
# A city council would not notice such a bill, and neither would a company. So the price protects nobody. Section 6 of
# [notebook 06](06-designing-the-app.ipynb) adds what detecting and comparing cost.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. At one poll every 30 s hardly a pass is caught, but many vehicles are still in a frame of one of six cameras. Wrong answer people give: 4 per cent is nothing. It is 4 per cent each day."
# ## 5 · Does a slow collector miss you?
#
# If the price does not protect anybody, perhaps laziness does: a collector who polls slowly misses vehicles. We know which vehicles passed, because the road is simulated. We also know how large
# each of them is in each frame. Our [detector](glossary.md#detector), the program that finds vehicles in a frame, finds them well from about 20 pixels on, so smaller ones do not count here.

# %% jupyter={"source_hidden": true}
traffic = course.Traffic(lesson.truth)
INTERVALS = (2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
SMALLEST = 20  # pixels
slow = traffic.caught(30, SMALLEST)
course.ask(
    "03 polling",
    figures.caught({time: traffic.caught(time, SMALLEST) for time in INTERVALS}, 30, SMALLEST),
    of=slow["once"],
    single=slow["pass"],
)

# %% [markdown]
# Slow polling saves the collector work, and it misses many passes. Whether it protects anybody is the next question, because a vehicle that is missed today can be caught tomorrow, by the same camera, on the same way to work.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Say clearly that this is our habit model: commuters, cabs, and people who come seldom. What is real about it is the shape: an archive of public frames fills with regulars by itself."
# ## 6 · Whom does the archive know after six weeks?
#
# The frames of this course show twelve minutes, in which nobody comes back. So we now simulate six weeks of trips, without frames: invented drivers with invented habits pass the same six
# cameras (by our [habit model](../data/README.md)). **All results below are properties of these habits. They are our model, not people.**

# %%
passes = privacy.read_trips(course.read_habits()[0])
known = course.count_known(passes, days=42)
print(f"{known.seen[42]:,} vehicles, {len(passes.trace):,} passes")

# %% [markdown]
# And what does the slow collector of section 5 know, with one poll every 30 seconds? We let this collector catch each pass with the probability that we measured in section 5, each pass independently of the others.

# %% tags=["picture"] jupyter={"source_hidden": true}
slowly = course.count_known(course.thin_out(passes, slow["pass"]), days=42)
course.ask(
    "03 seen often",
    figures.known_by_day(known, slowly, slow["pass"]),
    of=known.often[7] / known.seen[7],
    often=known.often[7],
    seen=known.seen[7],
)

# %% [markdown]
# The drivers who were seen on five days or more are the regulars, and you can follow them: the archive shows on which days they come, at what hour, and which way. Nobody built the archive to find
# them. They show up because the archive is kept, and time makes up for slowness.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Go back to the guesses of the first page: that was one driver. This is everybody. Point at the commuters: they hide each other." slide="## How many drivers do four passes single out?\n\nOne driver is an anecdote. So now we count all drivers."
# ## 7 · How many drivers do four passes single out?
#
# At the top of the page you singled out one driver. One driver is an anecdote, so now we count all drivers. The share of all
# vehicles that a few known passes single out is called [unicity](glossary.md#unicity) ([de Montjoye and others, 2013](https://doi.org/10.1038/srep01376)):

# %%
week = passes.first_days(7)
unicity = privacy.measure_unicity(week, points=4, hours=1)
found = show.percent(unicity.singled_out)
print(f"four passes, known to the hour, single out {found} of a week's vehicles in our model")

# %% [markdown]
# How much more do four passes tell if their times are known to a quarter of an hour? That depends on the kind of driver, and on whether each of the four passes
# is of another trip:

# %% jupyter={"source_hidden": true}
by_driver = course.stored_unicity(0.25, 7)
figures.unicity_by_driver(by_driver)

# %% [markdown]
# We tried every vehicle of the week that has enough passes. Commuters share their hours with other commuters, so they are singled out
# least. Vehicles for hire are on the road at all hours, and few other vehicles share the passes of a driver who seldom comes.
# Two passes of one trip tell hardly more than one of them, because anyone can work out the second from the first.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. This is the leak of the notebook. Prediction, then coarser times, then days, then false links. With false links the curve turns down: knowing more does not help when the archive is wrong. The red line is drivers who get lost, and in some cases somebody else is singled out instead."
# ## 8 · What leaks: whom does an archive with mistakes single out?
#
# A real archive makes mistakes. To link two passes is to say that they are one vehicle, and the system assigns some passes to the wrong vehicle:
# these are [false links](glossary.md#false-link). Change how exactly the **times** are known, how many **days** the archive holds, and the share of **false links**. Which of the three protects a driver, and at whose expense?

# %% jupyter={"source_hidden": true}
TIMES = {
    "1 minute": 1 / 60,
    "15 minutes": 0.25,
    "1 hour": 1,
    "4 hours": 4,
    "12 hours": 12,
    "1 day": 24,
}


def single_out(values):
    """Unicity by the number of passes known."""
    return figures.unicity_by_points(
        course.stored_unicity(values["times_known_to"], values["days"]), values["false_links"]
    )


of_interest = "points == 4 and false_links == 0 and one_a_trip and role == 'everyone'"
four = {d: course.stored_unicity(0.25, d).query(of_interest).iloc[0] for d in (7, 42)}
one_week, six_weeks = (row.singled_out for row in four.values())
commuters = by_driver.query("role == 'commuter' and one_a_trip").singled_out.iloc[0]
show.Sliders(
    single_out,
    [
        show.Choice("times_known_to", TIMES, default=0.25),
        show.Choice("days", [7, 14, 42], default=7),
        show.Choice("false_links", {"none": 0.0, "1 in 20": 0.05, "1 in 5": 0.2}, default=0.05),
    ],
    prediction=course.ask(
        "03 six weeks",
        of=six_weeks - one_week,
        one_week=one_week,
        six_weeks=six_weeks,
        commuters=commuters,
    ),
)

# %% [markdown]
# - **Coarse times protect.** They are also the cheapest protection, because nobody who counts traffic needs to know the second.
# - **False links are no protection.** One false link is enough to rule out the correct vehicle, and sometimes a stranger is then the only one who fits.
# - The study of 2013 found that four places and times, known to the hour, single out 95 % of 1.5 million people in fifteen months of data. Its places were
#   the antennas of a phone network; ours are six cameras on one road.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, three minutes. Let the room work it out on paper. The usual mistakes are the unit, the number of cameras, and the seconds of a day; the check tells which."
# ## Your turn
#
# **Worked:** one camera sends a frame every 2 seconds. How many frames is that in a day?

# %%
24 * 60 * 60 / 2

# %% [markdown] slide="## Your turn\n\n900 cameras send a frame every 2 seconds. A frame has 20,500 bytes.\n\n*How many gigabytes is that in a day?*"
# **Exercise 1, together.** Now there are 900 cameras, and a frame has 20,500 bytes, as section 4 measured. How many gigabytes (10⁹ bytes) is that in a day?

# %% tags=["exercise"]
gigabytes = ...
course.check_storage(gigabytes, cameras=900, interval=2, picture_bytes=20_500)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Multiply the frames of one camera by the number of cameras and by the bytes of a frame. Then divide by 10⁹.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# frames = 900 * 24 * 60 * 60 / 2
# gigabytes = frames * 20_500 / 1e9
# course.check_storage(gigabytes, cameras=900, interval=2, picture_bytes=20_500)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Now you are the one who searches. The table `seen` has a row for each pass of a week: the vehicle, the camera,
# and the hour since the week began. A known point is a pair of a camera and an hour. The function must return the vehicles that were at *all* of the known points. Its loop is written already; replace the line that begins with `left = ...`.

# %%
camera_names = np.array(week.cameras)[week.place]
seen = pd.DataFrame({"vehicle": week.trace, "camera": camera_names, "hour": week.seconds // 3600})
seen.head(3)


# %% tags=["exercise"]
def candidates(table, known):
    """The vehicles of a table that were at all known points, each a pair (camera, hour)."""
    left = set(table.vehicle)
    for camera, hour in known:
        here = set(table.vehicle[(table.camera == camera) & (table.hour == hour)])
        left = ... if here else set()
    return left


course.check_candidates(candidates, seen)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `here` holds the vehicles of one point, and `left` those that were at all points before it. For two sets, `a & b` is what
# is in both.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def candidates(table, known):
#     left = set(table.vehicle)
#     for camera, hour in known:
#         here = set(table.vehicle[(table.camera == camera) & (table.hour == hour)])
#         left = left & here
#     return left
#
# course.check_candidates(candidates, seen)
# ```
#
# </details>

# %% [markdown] slide=""
# **Exercise 3, free.** Write down four passes that a colleague could know of you, choose "Your own" at the top of the page, and type them in. Which one of them gave most away, and what would the operator have to store less exactly to hide you again?

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the lines, and hand over to 04." slide="## What to take away\n\n- Keeping everything is cheap\n- A slow collector still gets to know the regulars\n- A few passes single a driver out\n- **Ask what is stored, for how long, and how exact the times are**"
# ## What to take away
#
# After how many days of collecting can you follow somebody? The first week is enough for many regulars, and nobody had to decide to follow them.
#
# - **It takes five small steps to get from a camera to an archive.** Everything that can go wrong is one line in a log.
# - **Keeping everything is cheap.** Storing each frame as a file costs more than keeping it, and the sum protects nobody.
# - **A slow collector misses most passes**, and still gets to know many of the regulars, day after day.
# - **Four passes single most drivers out** if their times are known to a quarter of an hour, and fewer if only the hour is known. To be singled out is not yet to be named; [notebook 07](07-the-demo-app.ipynb) shows how a name gets attached.
# - **What you can do:** ask the operator of a camera what is stored, for how long, and how exact the times are. Coarse times and early deletion cost the operator little.
#
# Unicity is about habits, and not about one search, so it cannot be added to the bits of a search. It goes on to notebook 09 as a number of its own:

# %% jupyter={"source_hidden": true}
# What the words above say of this run.
assert month.sending > month.storing
assert abs(frame_bytes / 20_500 - 1) < 0.01, "exercise 1 says so"
assert slow["pass"] < 0.5
assert known.often[7] > 100
coarse = course.stored_unicity(4, 7).query(of_interest).singled_out.iloc[0]
assert coarse < 0.5 < one_week < six_weeks
row = four[7]
gauge = privacy.Gauge(
    row.singled_out,
    row.low,
    row.high,
    "of vehicles singled out",
    "four passes of different trips, known to 15 minutes, a week kept; our habit model",
)
privacy.LeakageMeter.load_or_default("meter.json").with_gauge("unicity", gauge).save("meter.json")
place.cleanup()
share, low, high = (show.percent(one) for one in (gauge.estimate, gauge.low, gauge.high))
print(
    f"Four passes of different trips, known to 15 minutes, single out {share} (95% CI {low} to"
    f" {high})\nof the vehicles of a week in our model of habits."
)

# %% [markdown]
# Here we took it for granted that somebody finds the vehicles in the frames.
#
# Next: [notebook 04](04-detecting.ipynb) asks what the detector sees in them, and whom it misses.

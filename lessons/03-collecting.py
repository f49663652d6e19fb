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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question aloud. Ask who has ever looked at a public traffic camera on the web: most have. Then say: today a program looks, all day, and keeps everything."
# # 03 · Collecting
#
# **Whom can you follow after k days?**
#
# | | |
# |---|---|
# | Time | 30 minutes; with the exercises, 45 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 00. It is enough to know that a search engine needs pictures to search in |
#
# After this notebook you can
#
# 1. say what happens between a public camera and an archive, and what goes wrong on the way;
# 2. work out what it costs to keep everything;
# 3. say which share of the traffic a slow collector misses, and why that protects little;
# 4. say what a bit is, how few known sightings single a vehicle out, and what coarse times and false links change.
#
# **No vehicle here is real.** The city is simulated. It runs inside this notebook, and only this computer can reach it.

# %% slideshow={"slide_type": "skip"}
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import numpy as np
import pandas as pd

from cctview import collect, course, dataset, privacy, search, show
from cctview.course.figures import lesson_03 as figures
from cctview.show import Choice, Sliders

lesson = course.open_lesson()
SPEED_UP = 10  # the city's clock runs ten times as fast as ours

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Explain API in one sentence: a web page for programs. Point at the columns: a name, a place, and an address. Nobody asked who we are."
# ## 1 · A city's cameras
#
# Many cities put their traffic cameras on the web, so that drivers can see where they will stand still. For a program there
# is the same in plainer form: an **API**, a set of addresses that answer with data instead of pages. One address gives the
# list of cameras. Each camera has an address that gives its newest picture.
#
# The city in this notebook answers in the form that other public projects use for New York's. So the client below, which is
# the project's own, could ask that city too; nobody has tried it from here. The command `cctview collect` does so, and before
# it asks anything beyond your computer, it tells you to read the operator's terms, and waits for a yes.

# %%
with collect.SimulatedServer(speed_up=SPEED_UP) as city:
    cameras = course.run_async(collect.list_cameras(collect.CameraApi(city.url)))
    answer = httpx.get(cameras[0].url)
pd.DataFrame(cameras)[["id", "name", "latitude", "longitude", "online"]]

# %% [markdown]
# ### One poll
#
# To ask for a picture is a **poll**. The answer came while the city ran in the cell above. Before the picture it says some
# things about it:

# %% tags=["nbval-ignore-output"] nbval_reason="The picture is the newest one at the moment of asking; the next run gets another."
said = ("Content-Type", "Content-Length", "Date", "Last-Modified", "ETag")
pd.Series({name: answer.headers[name] for name in said})

# %% [markdown]
# `Last-Modified` is when the camera took it. `ETag` is a fingerprint of the content: who sends it back with the next poll is
# told in a few bytes that nothing has changed. And this is the picture:

# %% slideshow={"slide_type": "fragment"}
show.frame(
    dataset.read_image(answer.content, "poll"), pd.DataFrame(), "One poll, one picture: E 53 St"
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Run the cell: six seconds. Then read the figure: every bar is a picture kept. Ask where the gap at 48 St comes from, then read the log. Wrong answer people give: one loses pictures when one polls too fast. One loses them when one polls too slowly; too fast only brings the same picture again."
# ## 2 · A minute of the city
#
# Now the real thing: poll all six cameras once a second, for one minute of the city's clock. That is six seconds of ours. A
# camera takes a picture each 1.7 seconds, and we do not know when.
#
# Real collecting is trouble. So the city is told to fail: 48 St is out for a while, the server of 38 St has a wrong clock,
# and E 6 St shows the same picture again and again.

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

# %% tags=["nbval-ignore-output"] nbval_reason="How many polls meet a new picture depends on the moment at which the run begins." jupyter={"source_hidden": true}
course.ask("03 polls", figures.collection(tally, SPEED_UP))

# %% [markdown]
# A minute holds 60 / 1.7, about 35 pictures; more polls than that bring nothing new, because the camera has not taken the next
# picture yet. The client recognises them by their content and keeps each picture once. The rest of the trouble is in its
# log, one line each:

# %% tags=["nbval-ignore-output"] nbval_reason="The log of this very run: its pauses are drawn at random."
for line in (folder / "collect.log").read_text().splitlines():
    print(line[24:])

# %% [markdown]
# Which clock is right? With each picture the server says when the camera took it (`Last-Modified`), and the client names the
# picture by that. A wrong `Date` does no harm then. And was anything lost? The server has counted what it gave.

# %%
index = pd.read_parquet(folder / "index")
stored = set(index.sha256)
lost = sum(len(given - stored) for given in city.given.values())
print(f"pictures that the city gave and that are not in the folder: {lost}")
print(f"pictures kept twice: {index.sha256.duplicated().sum()}")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. The five steps are the whole trade. There is no step where anybody asks who is in the picture."
# ## 3 · From one poll to an archive
#
# The steps from an answer to an archive that can be searched years later:
#
# 1. Is it whole, and is it a picture? If not: a line in the log, a pause, and another try.
# 2. Has it been here before? Then it is dropped.
# 3. When was it taken? `Last-Modified` says; if it is missing, `Date` does; in the last resort our own clock.
# 4. Give it its name: camera, date, time. The folder follows from the name.
# 5. Write a row into the index: when, by which clock, how large, and its fingerprint.

# %% tags=["nbval-ignore-output"] nbval_reason="The rows of this very run."
print(
    *(path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.jpeg"))[:2]), sep="\n"
)
index[["camera", "time", "clock", "moved", "bytes"]].sort_values("time").head(4)

# %% [markdown]
# This is the layout of the original project of 2020, and all other notebooks read it. Here is what an archive tells about
# itself. (If you have frames of your own, name their folder in `CCTVIEW_DATA`, and this is yours.)

# %%
course.summarise_archive(lesson.shown)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. 900 cameras are roughly what New York's Department of Transportation has. Let them say what they pay for their phone. The point is not the sum, but that the sum does not protect anybody."
# ## 4 · How cheap it is
#
# Nobody has to decide whom to watch. It is enough to keep everything, and to search later. What does that cost? We know the
# mean size of a picture, since we measure it. The prices come from a source, which stands below the figure. There are two of them:
# one for what is kept, and one for each request that stores a new file. New York has more than 900 traffic cameras.

# %%
picture_bytes = np.mean([len(lesson.dataset.jpeg(frame)) for frame in lesson.dataset.frames.id])
print(f"a picture of 352 x 240 pixels: {picture_bytes / 1000:.1f} kB")

# %%
prices = search.COSTS.price_of_storage.value, search.COSTS.price_of_requests.value
NUMBERS = (1, 6, 30, 150, round(search.CITY.cameras.value), 5_000)

month = course.storage_cost(900, 2, 30, picture_bytes, *prices)

# %% jupyter={"source_hidden": true}
bills = {number: course.storage_cost(number, 2, 30, picture_bytes, *prices) for number in NUMBERS}
note = "Amazon S3 Standard as devnotes.tech quotes it, read in November 2026"
course.ask(
    "03 month",
    figures.storage_bill(bills, NUMBERS[4], 2, 30, note=note),
    of=month.storing + month.sending,
    storing=month.storing,
    sending=month.sending,
)

# %% [markdown]
# The requests cost about twelve times as much as the storage, unless pictures are put together into larger files. The prices and
# the number of cameras come from secondary sources (`cctview/search/costs.py` names each, with its date). Section 7 of
# notebook 06 adds what detecting and comparing cost.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. At 30 s hardly a passage is caught, but many vehicles still leave one picture at one of six cameras. Wrong answer people give: 4 per cent is nothing. It is 4 per cent each day."
# ## 5 · What slips through
#
# A collector who polls slowly misses vehicles. Here the truth can be asked: which vehicles passed, and in which frame is each
# of them large enough? Our detector finds vehicles well from about 20 pixels on, so smaller ones do not count.

# %%
traffic = course.Traffic(lesson.truth)
INTERVALS = (2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
SMALLEST = 20  # pixels

slow = traffic.caught(30, SMALLEST)

# %% jupyter={"source_hidden": true}
course.ask(
    "03 polling",
    figures.caught({time: traffic.caught(time, SMALLEST) for time in INTERVALS}, 30, SMALLEST),
    of=slow["once"],
    single=slow["pass"],
)

# %% [markdown]
# Slow polling saves the collector work. Whether it protects anybody is the question of the next section: what is missed today
# may be caught tomorrow, by the same camera, on the same way to work.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Say clearly that this is our habit model: commuters, cabs, and people who come seldom. What is real about it is the shape: a database of public pictures fills with regulars by itself."
# ## 6 · After k days
#
# Twelve minutes know nobody. So now six weeks, without pictures: invented drivers with invented habits pass the same six
# cameras (`data/README.md` tells how). **What follows is a property of these habits. They are our model, not people.**

# %%
sightings = privacy.read_trips(course.read_habits()[0])
known = course.count_known(sightings, days=42)
print(f"{known.seen[42]:,} vehicles, {len(sightings.trace):,} passages before a camera")

# %% [markdown]
# And the slow collector of section 5, who polls every 30 seconds? Let each passage be caught with the probability measured
# there, one independently of the other.

# %% tags=["picture"]
slowly = course.count_known(course.thin_out(sightings, slow["pass"]), days=42)
course.ask(
    "03 seen often",
    figures.known_by_day(known, slowly, slow["pass"]),
    of=known.often[7] / known.seen[7],
    often=known.often[7],
    seen=known.seen[7],
)

# %% [markdown]
# The regulars are the ones you can follow: who comes back, at which hour, and by which way. The archive was not made to find
# them. It finds them by being kept, and time makes up for slowness.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Six minutes. Before the first question, ask the room: after how many questions is one driver left? Write the guesses down, then ask the questions one by one and read out the bits. Then make the clock coarser and let the room see the dots come back. If somebody wants to type their own week, remind them that the room reads along. Wrong answer people give: nobody knows four times and places of me. A colleague does, and so does a phone."
# ## 7 · How few of your passes single you out?
#
# Somebody knows four passes of you, each on another trip: at which camera, and about when. A colleague knows as much. How many
# drivers of the town were there, too? If nobody else was at all four, you are **singled out**. That is not a name yet. But everything
# else that the database holds of this vehicle is now known of you.
#
# We count what each answer gives away in [bits](glossary.md#bit). An answer that halves the crowd gives away one bit; one that leaves a
# quarter of the crowd gives away two. The driver with the ring is invented, like all the others. You can put in your own week instead.

# %%
course.your_week(*course.read_habits())

# %% [markdown]
# Three passes single the nurse out, because few people drive when the nurse does. Choose the **parent** next: the crowd of the
# rush hour hides the parent, until the clock is known more exactly. So who is singled out depends on the others. The share of all
# vehicles that are singled out is called [unicity](glossary.md#unicity) (de Montjoye and others, Scientific Reports 3:1376, 2013):

# %%
week = sightings.first_days(7)
unicity = privacy.measure_unicity(week, points=4, hours=1)
print(
    f"four passes, known to the hour, single out {show.percent(unicity.singled_out)} of the vehicles"
)

# %% [markdown]
# Who is singled out? And what if the four sightings can be any, so that two of them are often of one trip?

# %%
by_driver = course.stored_unicity(0.25, 7)
figures.unicity_by_driver(by_driver)

# %% [markdown]
# All vehicles of the week that have so many sightings were tried. Commuters share their hours with others, so they are singled out
# least. Vehicles for hire are on the road at all hours, and a driver who seldom comes has few who fit. Two sightings of one
# trip are nearly one: the second follows from the first, a minute later.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. This is the leak of the notebook. Prediction, then time coarseness, then days, then false links. With false links the curve turns down: knowing more does not help when the database is wrong. The red line is who gets lost, and in some cases somebody else is singled out instead."
# ## 8 · What leaks: unicity
#
# Now with a database that errs. A search engine books some sightings to the wrong vehicle:
# [false links](glossary.md#false-link). Move how exactly the **times** are known, the
# **days** in the database, and the share of **false links**.

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
    """Unicity by the number of sightings known."""
    return figures.unicity_by_points(
        course.stored_unicity(values["times_known_to"], values["days"]), values["false_links"]
    )


of_interest = "points == 4 and false_links == 0 and one_a_trip and role == 'everyone'"
four = {d: course.stored_unicity(0.25, d).query(of_interest).iloc[0] for d in (7, 42)}
one_week, six_weeks = (row.singled_out for row in four.values())
commuters = by_driver.query("role == 'commuter' and one_a_trip").singled_out.iloc[0]
Sliders(
    single_out,
    [
        Choice("times_known_to", TIMES, default=0.25),
        Choice("days", [7, 14, 42], default=7),
        Choice("false_links", {"none": 0.0, "1 in 20": 0.05, "1 in 5": 0.2}, default=0.05),
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
# Three things to see:
#
# - **Coarse times help**, much more than fewer days do.
# - **With many false links, who knows more finds less.** (Try 1 in 5.) One wrong row is enough, and the right vehicle no
#   longer fits all the clues.
#   This is no protection that anybody should want: sometimes a stranger is the only one who fits.
# - In the study four points, known to the hour, singled out 95 % of 1.5 million people, in fifteen months of data. Here, at
#   an hour and six weeks, it is fewer.
#   There, phones were located by their antennas; here, drivers pass six cameras on one road.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, three minutes. Let the room work it out on paper. The usual mistakes are the unit and a day's seconds; the check tells which."
# ## Your turn
#
# **Exercise 1, together.** 900 cameras, a picture each 2 seconds, 18,800 bytes a picture. How many gigabytes (10⁹ bytes) is
# that in a day?

# %% tags=["exercise"]
gigabytes = ...
course.check_storage(gigabytes, cameras=900, interval=2, picture_bytes=18_800)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# A day has 24 · 60 · 60 seconds. How many pictures does one camera take in it?
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# pictures = 900 * 24 * 60 * 60 / 2
# gigabytes = pictures * 18_800 / 1e9
# course.check_storage(gigabytes, cameras=900, interval=2, picture_bytes=18_800)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Be the one who searches. The table `seen` has a row for each sighting of a week: vehicle, camera,
# and the hour since it began. Write the function that returns the vehicles which were at *all* the points known.

# %%
seen = pd.DataFrame(
    {
        "vehicle": week.trace,
        "camera": np.array(week.cameras)[week.place],
        "hour": week.seconds // 3600,
    }
)
seen.head(3)


# %% tags=["exercise"]
def candidates(sightings, known):
    """The vehicles of a table that were at all known points, each a pair (camera, hour)."""
    return ...


course.check_candidates(candidates, seen)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# For one point: `set(sightings.vehicle[(sightings.camera == camera) & (sightings.hour == hour)])`. Of two sets, `a & b` is what
# is in both.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def candidates(sightings, known):
#     left = set(sightings.vehicle)
#     for camera, hour in known:
#         left &= set(sightings.vehicle[(sightings.camera == camera) & (sightings.hour == hour)])
#     return left
#
# course.check_candidates(candidates, seen)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Then the gauge: it stands beside the meter, because it counts something else."
# ## What to take away
#
# - **From camera to archive it is five small steps**, and every kind of trouble on the way is one line in a log.
# - **Keeping everything is cheap.** The price of storage protects nobody.
# - **A slow collector misses most passages**, and still comes to know many of the regulars, day after day.
# - **Few sightings single out.** Coarse times help; false links do not protect, they accuse somebody else. And singled out is
#   not yet named: notebook 07 tells how a name comes in.
#
# This cannot be counted in the bits of the meter: it is about habits, not about one search. So it stands beside it, as a gauge:

# %%
row = four[7]
gauge = privacy.Gauge(
    row.singled_out,
    row.low,
    row.high,
    "of vehicles singled out",
    "four sightings on different trips, known to 15 minutes, a week kept; our habit model",
)
show.gauges(privacy.LeakageMeter().with_gauge("unicity", gauge))

# %%
privacy.LeakageMeter.load_or_default("meter.json").with_gauge("unicity", gauge).save("meter.json")
place.cleanup()
print(f"unicity: {gauge.estimate:.2f} [{gauge.low:.2f} {gauge.high:.2f}] {gauge.unit}")

# %% [markdown]
# Next: notebook 04 asks what the machine sees in these pictures, and whom it misses.

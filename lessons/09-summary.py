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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes, and an opener for any agenda, because it needs nothing before it. Ask somebody in the first row: which car do you drive, which colour, when do you leave? Set it. Then set the hour to 3. Then let the room name a car that they think is safe."
# # 09 · Summary
#
# **What did each step give away?** Begin with your own car: choose its type, its colour, and an hour at which you drive.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["picture"]
import numpy as np

from cctview import show
from cctview.course import QUESTIONS, ask, check_bits, check_even_population, read_habits
from cctview.course.figures import lesson_09 as figures
from cctview.dataset import read_result
from cctview.privacy import LeakageMeter, found_first, your_car
from cctview.show import Choice, Int, Quiz, Sliders, Steps
from cctview.stats import match_probability

trips, drivers = read_habits()
kinds, colours = (
    list(drivers[column].astype(str).value_counts().index) for column in ("kind", "colour")
)


def car(values):
    """Everyone on the road in that hour, and the vehicles that look like this car."""
    return figures.crowd(your_car(trips, drivers, **values), **values)


Sliders(
    car,
    [
        Choice("kind", kinds, default="sedan", label="type"),
        Choice("colour", colours, default="silver"),
        Int("hour", 0, 23, default=8, say=lambda hour: f"{hour}:00"),
    ],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 20 minutes, with the exercises 30</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: all the others. What you skipped is filled in.
#
# After this notebook you can
#
# 1. say how many vehicles a car could be mistaken for, by its type, its colour and the hour;
# 2. say which step of the course gave away most, and why no step did it alone;
# 3. say why the same evidence proves less in a larger city;
# 4. say what people can demand of such a system.
#
# **No vehicle here is real.** The road is simulated, and so are the habits of its drivers: what is measured here is true of this model.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask for the prediction. Usual answer: mine is silver, so nobody can tell. By day that holds. At three at night it does not." slide="## How many cars could be mistaken for yours?\n\nKnown: a type, a colour, an hour.\n\nNot known: a plate, a face, a name."
# ## 1 · How many cars could be mistaken for yours?
#
# No plate, no face and no name was used above: only a **type**, a **colour** and an **hour** of a weekday. The other vehicles that fit are the car's
# [anonymity set](glossary.md#anonymity-set). A silver sedan is common, so it seems safe.

# %% jupyter={"source_hidden": true}
by_day, by_night = (your_car(trips, drivers, "sedan", "silver", hour) for hour in (8, 3))
ask(
    "09 night",
    figures.crowd(by_night, "sedan", "silver", 3),
    of=by_night.alike / by_day.alike,
    day=by_day.alike,
    night=by_night.alike,
)

# %% [markdown] slide="**A common car at a rare hour is a rare car.**"
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# **A common car at a rare hour is a rare car.** Nobody needed a network for that, and nobody did anything wrong.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Take the guesses that people wrote down in notebook 00. Ask for the prediction and wait. The twist: neither clue finds much alone. Ask the room why together they do: many cars look alike, and many cars come at that time, but few do both." slide="## Which clue told more?\n\nYou wrote down a guess in the first notebook: what a vehicle **looks like**, or **when** it passed."
# ## 2 · Which clue told more?
#
# At the beginning of the course you wrote down a guess. The system has two clues, what a vehicle looks like and when it passed. Notebook 06
# counted what each of them finds, and this is its count once more: how often does each alone put the correct vehicle first, over all vehicles that were tracked at the camera where we looked?

# %% jupyter={"source_hidden": true}
first = found_first(read_result("searches.parquet"))
clues = first.estimate
best = max(clues["clock"], clues["appearance"])
assert clues["both"] > 2 * best, "the text says that neither clue does it alone"
names = {
    "clock": "the clock alone",
    "appearance": "appearance alone",
    "both": "both",
    "all": "both, for all\ntrips at once",
}
ask(
    "09 clues",
    show.bars(
        first.rename(index=names),
        "share of searches in which the correct vehicle is first",
        f"Together the two clues find {show.percent(clues['both'])}, alone {show.percent(best)} at most",
    ),
    clock=clues["clock"],
    appearance=clues["appearance"],
    both=clues["both"],
)

# %% [markdown] slide="**Neither clue does it alone.** Many vehicles look like yours, and many pass at the time at which yours should come, but few do both."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# **Neither clue does it alone.** Many vehicles look like yours, and many pass at the time at which yours should come, but few do both. So the network is
# weak by itself, and so is a clock. The danger is that they are put together.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction. Then read the bars from top to bottom. The hatched one is no finding: somebody knows when and where to look. The last step needed no camera of ours, and it sometimes names the wrong person." slide="## Which step gave away most?\n\nOne of two million vehicles: 21 yes-or-no answers. Each answer is one **bit**."
# ## 3 · Which step gave away most?
#
# A count of first places does not say how much a search tells. Bits do. One of two million vehicles is singled out by 21 yes-or-no answers, and each answer is one
# [bit](glossary.md#bit). The meter of the course adds up the bits that each step gave away, and that are right.

# %% jupyter={"source_hidden": true}
meter = LeakageMeter.load_or_default("meter.json").filled()
known = sum(step.bits.estimate for step in meter.steps if step.known)
steps = [step for step in meter.steps if not step.known]
bits_of = {step.name: step.bits.estimate for step in steps}
assert known > max(bits_of.values()), "the text says that place and time gave most"
ask(
    "09 steps",
    show.bits_given(meter),
    known=known,
    clock=bits_of["clock"],
    appearance=bits_of["appearance"],
)

# %% [markdown] slide="**Place and time did most**, before the network was asked anything. The question holds them: look at this camera, in these ten minutes."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# The longest part is hatched, and no algorithm found it. The *question* holds it: look at this camera, in these ten minutes. So **place and time did most**, before the network was asked anything.
# Type and colour are part of appearance, because they are read off the same [embedding](glossary.md#embedding), the vector that the network makes of a crop. Clock and appearance overlap, so each bar is the average of two counts: what
# the clue gives alone, and what it adds to the other clue. Notebook 06 shows both orders.
#
# These bits single out a *pass*. One fact from outside makes a person of it, such as a plate that is read once beside one camera (notebook 07). Sometimes it is the wrong person, and then this step takes bits away.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Leave the evidence as it is and move the population, from a car park to a nation. Wrong answer people give: 97 % is 97 %, wherever it is. It is not: the label does not know how many others there are." slide="## What does the same evidence prove in another city?\n\nA match of a known strength, first among the vehicles of a car park, then among those of a nation."
# ## 4 · What does the same evidence prove in another city?
#
# The meter counts bits in one city. But would they *prove* as much in a city of another size? Move the **vehicles in the city** and the **evidence**, which here is one match of a known strength.


# %% jupyter={"source_hidden": true}
EVIDENCE = 15
populations = {
    f"{size:,}": size
    for size in (100, 1_000, 10_000, 100_000, 1_000_000, 2_000_000, 10_000_000, 100_000_000)
}
here, city = (float(match_probability(EVIDENCE, size)) for size in (10_000, 2_000_000))

Sliders(
    lambda values: figures.same_evidence(**values),
    [
        Steps("population", populations, default=10_000, label="vehicles in the city"),
        Int("evidence", 0, 25, default=EVIDENCE, unit="bits"),
    ],
    prediction=ask("09 same evidence", of=city, here=here),
)

# %% [markdown]
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# A good match is nearly certain among few vehicles. It is not among many, because strangers match as well. This is the [base rate](glossary.md#base-rate). So "a 97 % match" says nothing without the number of
# vehicles that were compared.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. One line each; say in which notebook it was. Do not add them up." slide=""
# ## 5 · Which leaks does the meter miss?
#
# Some leaks are not bits of one search, so each has a gauge of its own. Is one crop enough to [find you again](glossary.md#rank-1)? Were you among the crops that a network was [trained on](glossary.md#membership-inference)?
# Do your habits [single you out](glossary.md#unicity)? Does the [detector](glossary.md#detector) see you at all?

# %% jupyter={"source_hidden": true}
show.gauges(meter)

# %% [markdown]
# No single number holds everything that leaks, so be careful with anyone who offers you one.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Warn people first: the case is about armed police and children. Tell it in three sentences. Then let pairs choose the two demands that their own town should meet first, and collect them." slide="## What can people demand?\n\nA leak becomes harm when somebody acts on it.\n\n*In pairs: what should your town demand first?*\n---\n## Seven demands\n\n- Say how many were compared\n- Count errors at random, and publish them\n- Allow \"none of these\"\n- Judge before the score is shown\n- Say which types are missed\n- Keep only what the purpose needs\n- Record searches"
# ## 6 · What can people demand?
#
# A leak becomes harm when somebody acts on it. In August 2020, in Aurora, Colorado, a plate reader flagged a stolen motorcycle from Montana, whose plate had the same number as the car of
# Brittney Gilliam. Police held her family at gunpoint, and the city later paid $1.9 million (sources in [notebook 06](06-designing-the-app.ipynb)). The camera had read the number correctly.
#
# The law calls the missing step [**due process**](glossary.md#due-process): before the state acts against you, it must show its evidence and listen to your answer. Nobody can
# answer a score. So people can demand seven things, and each of them comes from a notebook.
#
# | demand | why |
# |---|---|
# | State with every match how many vehicles were compared | 06: most alarms are false where the wanted vehicle is rare |
# | Measure errors on vehicles drawn at random, and publish them | 00: a demonstration shows what its maker chose |
# | Let "none of these" be an answer | 00: otherwise a miss accuses somebody else |
# | Let a person judge before the score is shown | 05: people go along with a label |
# | Say which types of vehicle are missed | 04: the others are blamed |
# | Keep only what a stated purpose needs, and for as long as it needs it | 03 and 08: what is deleted cannot be searched |
# | Record every search, and tell the people who were wrongly followed | 07: nothing on the operator's screen says who they are |
#
# Groups such as [EFF](https://sls.eff.org/) and the [ACLU](https://www.aclu.org/feature/community-control-over-police-surveillance) help towns to make such rules before anything is bought. Some rules exist:
# New York's police must publish which technology they watch with (POST Act, [extended by the city's council in April 2025](https://council.nyc.gov/amanda-farias/2025/04/15/city-council-passes-expanded-post-act-legislative-package-to-strengthen-transparency-and-oversight-of-nypd-surveillance-technology)). *Equal protection* asks one thing more: are the errors the same for everybody?
# For faces they are not ([NISTIR 8280](https://doi.org/10.6028/NIST.IR.8280), 2019).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Ten minutes, or as homework. With a room: read a question, take hands for each option, open a wrong one first and read its reason. The wrong ones are those that people give." slide=""
# ## 7 · Ten questions
#
# Each option has its reason, the wrong ones too: read them all. Your answers stay on this computer.

# %% jupyter={"source_hidden": true} slide=""
Quiz(QUESTIONS["09"])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, three minutes. Run the worked cell and say it aloud: how often do you halve? Then take the car of somebody in the room, and let the room guess the bits before anyone computes." slide=""
# ## Your turn
#
# **Worked example.** How many bits do type and colour give away of a silver sedan at 8 o'clock? One bit halves the crowd, so count how often `everyone` is halved until the vehicles that are `alike` are left. That is a logarithm.

# %%
example = your_car(trips, drivers, kind="sedan", colour="silver", hour=8)
print(f"{np.log2(example.everyone / example.alike):.1f} bits")

# %% [markdown] slide="## Your turn\n\nTake the car of somebody in the room.\n\n*How many bits do its type and its colour give away?*"
# **Exercise 1, together.** Put a car of somebody in the room into the first line. How many bits do its type and colour give away? Replace the `...`.

# %% tags=["exercise"]
mine = your_car(trips, drivers, kind="suv", colour="red", hour=17)
bits = ...
check_bits(bits, mine.everyone, mine.alike)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The line above works for `mine` as well: `np.log2(mine.everyone / mine.alike)`.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# mine = your_car(trips, drivers, kind="suv", colour="red", hour=17)
# bits = np.log2(mine.everyone / mine.alike)
# check_bits(bits, mine.everyone, mine.alike)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** A witness gives you evidence worth 12 bits. How many vehicles can a city have, so that the match is as often right as wrong?

# %% tags=["exercise"]
vehicles = ...
check_even_population(vehicles, bits=12)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Try `match_probability(12, vehicles)` for some numbers of vehicles, until it is 0.5. Each bit makes up for twice as many vehicles.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# vehicles = 2**12 + 1
# check_even_population(vehicles, bits=12)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Put up the numbers that the room gave at the beginning. Ask for new ones, and wait. Then open our answer, read the five lines, and stop." slide="## At how many cameras?\n\nYou wrote down a number at the beginning. Write down a new one, and say what changed it."
# ## At how many cameras?
#
# You wrote down a number in notebook 00: at how many cameras does "seen in public" mean "followed everywhere"? Write down a new one, and say what changed it.

# %% jupyter={"source_hidden": true}
town = read_result("city.csv").query("cameras == 176 and days == 28 and drivers == 'everyone'")
town = town.set_index(["kind", "figure"]).estimate
lines = [
    f"{kind}: {show.percent(town[kind, 'trips put together, right'])} of the trips put together,"
    f" {show.percent(town[kind, 'home found'])} of the homes found"
    for kind in ("stills", "plate readers")
]
print(
    "\n".join(["In the simulated town, with 176 cameras and records kept for four weeks:", *lines])
)

# %% [markdown]
# <details><summary><b>Our answer</b></summary>
#
# No number answers it alone. The *kind* of camera comes first, then how long records are kept, then what else they are joined with, and only then how many cameras there are. Courts have begun
# to ask the same: *McCarthy* (2020) found that four fixed readers were no search, and that widespread use could be. *Schmidt v. Norfolk* (January 2026) said "not today" of 176 cameras; it is under appeal. *Chatrie* (29 June 2026) held that police who demand location records of phones make a search, even for a short time. The number is not a fact of nature. People decide it, and you are one of them.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What to take away\n\n- A common car at a rare hour is a rare car\n- Place and time gave away most\n- A match proves less among more\n- **Ask what for, how long, who searches, who learns of errors**"
# ## What to take away
#
# - **A common car at a rare hour is a rare car.** It takes no network to be found.
# - **Place and time gave away most.** Clock and appearance are weak alone and strong together.
# - **The same evidence proves less among more.** A match without the number of strangers is worth nothing.
# - **A wrong link follows somebody else.** Count errors on vehicles drawn at random.
# - **What you can do:** ask what the system is for, how long records are kept, who searches, and who is told of errors. If you build such a system, answer before anyone asks.
#
# You can run the notebooks on frames of your own: let `CCTVIEW_DATA` name their folder. They are data about other people, so keep them on your computer, and delete them.

# %% [markdown] slideshow={"slide_type": "slide"} slide="## What to read on\n\nThe articles that this course grew from, the reports and the papers are linked at the end of notebook 09."
# ## What to read on
#
# - **The articles that this course grew from**: Samuel Brice, *Demystifying Clearview AI*, 2020 ([contents](https://samdbrice.medium.com/fri-nov-6-2020-ae15374138b1), [summary](https://samdbrice.medium.com/95a9cdc0ce90), [code](https://github.com/samdbrice/cctview)).
# - **How recognition is measured**: NIST on one-to-many face search ([NISTIR 8238](https://doi.org/10.6028/NIST.IR.8238), 2018; it goes on as [FRTE](https://pages.nist.gov/frvt/html/frvt1N.html)), on street cameras ([NISTIR 8173](https://doi.org/10.6028/NIST.IR.8173), 2017), and on whom it misjudges ([NISTIR 8280](https://doi.org/10.6028/NIST.IR.8280), 2019).
# - **Vectors**: FaceNet ([arXiv 1503.03832](https://arxiv.org/abs/1503.03832)); tracks of vehicles, Roman-Jimenez and others ([arXiv 1910.09458](https://arxiv.org/abs/1910.09458)); feature vectors identify people again ([arXiv 2202.05760](https://arxiv.org/abs/2202.05760)).
# - **Four points single you out**: de Montjoye and others, *Unique in the Crowd* ([Scientific Reports 3:1376](https://doi.org/10.1038/srep01376), 2013).
# - **Was I in the training set?** Carlini and others ([arXiv 2112.03570](https://arxiv.org/abs/2112.03570), 2022).
# - **A cloak, and what became of it**: Fawkes ([arXiv 2002.08327](https://arxiv.org/abs/2002.08327), 2020) and *Data Poisoning Won't Save You From Facial Recognition* ([arXiv 2106.14851](https://arxiv.org/abs/2106.14851), 2022).
# - **Law**: the dated table of [notebook 08](08-protecting-your-privacy.ipynb), section 9.
#
# Next: [notebook 10](10-working-with-sample-data.ipynb) asks what a detector writes down about a frame. It is homework, or the warm-up for the next time.

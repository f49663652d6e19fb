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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Half a minute. This notebook also works alone, as an opener: section 1 takes two minutes and needs nothing before it. At the end of a day, read the question aloud and ask which step the room thinks gave away most. Write the guesses down."
# # 09 · Summary
#
# **What did each step give away?**
#
# | | |
# |---|---|
# | Time | 20 minutes; the first part alone, 2 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | all the others; what you skipped is filled in |
#
# After this notebook you can
#
# 1. say how many others a car disappears among, by its type, its colour and the hour;
# 2. say what each step of the course gave away, and how often it is right;
# 3. say why the same evidence is worth less in a larger city;
# 4. tell which leaks no sum of bits can hold.
#
# **No vehicle here is real.** The road is simulated, and so are its drivers' habits: what is measured here is true of this model.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
import numpy as np

from cctview import defences, show
from cctview.course import (
    QUESTIONS,
    ask,
    check_bits,
    check_even_population,
    read_habits,
)
from cctview.course.figures import lesson_09 as figures
from cctview.privacy import LeakageMeter, your_car
from cctview.show import Choice, Int, Quiz, Sliders, Steps
from cctview.stats import match_probability

trips, drivers = read_habits()
print(f"{len(trips):,} trips of {len(drivers):,} drivers in six weeks")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes, and the opener for any agenda. Ask somebody in the first row: which car do you drive, which colour, when do you leave? Set it. Then set the hour to 3. Then a van in beige. Let the room say a car that they think is safe. Wrong answer people give: mine is silver, so nobody can tell. By day that holds; at 3 in the night it doesn't."
# ## 1 · Your car
#
# No plate, no face, no name: only the **type** of a vehicle, its **colour**, and the **hour** of a weekday. Among how many
# others does it disappear? These are its [anonymity set](glossary.md#anonymity-set).

# %% jupyter={"source_hidden": true}
kinds, colours = (
    list(drivers[column].astype(str).value_counts().index) for column in ("kind", "colour")
)


def car(values):
    """Everyone on the road in that hour, and those who look like this car."""
    return figures.crowd(your_car(trips, drivers, **values), **values)


by_day, by_night = (your_car(trips, drivers, "sedan", "silver", hour) for hour in (8, 3))
Sliders(
    car,
    [
        Choice("kind", kinds, default="sedan", label="type"),
        Choice("colour", colours, default="silver"),
        Int("hour", 0, 23, default=8, say=lambda hour: f"{hour}:00"),
    ],
    prediction=ask(
        "09 night", of=by_night.alike / by_day.alike, day=by_day.alike, night=by_night.alike
    ),
)

# %% [markdown]
# Nobody did anything wrong here, and no machine learning was needed. A common car at a rare hour is a rare car.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first: take the guesses from the beginning. Read the bars from top to bottom. The hatched one is no finding: somebody knows when and where to look. Then clock and appearance: neither does it alone. Then the last step: no camera of ours was needed for it, and it names the wrong person in the rest."
# ## 2 · What did each step give away?
#
# This is the meter of the course, at its end: of the 21 [bits](glossary.md#bit) that single out one of two million vehicles, how many each step
# gave away, and right.

# %% tags=["picture"] jupyter={"source_hidden": true}
meter = LeakageMeter.load_or_default("meter.json").filled()
steps = [step for step in meter.steps if not step.known]
ask(
    "09 steps",
    show.bits_given(meter),
    of=[step.name for step in steps].index(max(steps, key=lambda step: step.bits.estimate).name),
    clock=steps[0].bits.estimate,
    appearance=steps[1].bits.estimate,
)

# %% [markdown]
# Clock and appearance do it together. Type and colour are part of appearance: the network reads them off the same
# [embedding](glossary.md#embedding). What the two tell overlaps, so each bar is the mean of coming first and coming second; notebook 06 shows both
# orders. The hatched part is not found by anybody: it says that somebody knows when and where to look. And then one fact from outside, a plate
# read once beside one camera, makes a name of it (notebook 07), sometimes the wrong one.
#
# What has leaked does not come back. But notebook 08 asks what linking *would* have given away, had the best defence of the
# database been in force from the first day. That depends on what the owner needs. Here the owner needs counts and types, nine
# tenths of each. (A model: the share that the defence takes of an average link's bits, taken off here.)

# %%
linked = meter.upto("all trips at once")
needs = ["counting", "types"]
show.bits_given(linked.after(defences.bought_back_step(linked, defences.stored(), needs=needs)))

# %% [markdown]
# An owner who needs travel times as well needs the links themselves, and then the best defence of the database takes back
# hardly anything.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Leave the evidence as it is and move the population: from a car park to a nation. Wrong answer people give: 97 % is 97 %, wherever it is. It is not: the label does not know how many others there are."
# ## 3 · The same evidence, another city
#
# Evidence is worth the same everywhere; what it *proves* is not. Among few vehicles a good match is nearly sure. Among many, as
# many strangers match as well: the [base rate](glossary.md#base-rate) again.
#
# Move the **population** and the **evidence**, in bits. The evidence is one match of a known strength, and not the mean of the meter.


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
# So a label such as "97 % match" is worth nothing without the number of those who were compared.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. One line each; say in which notebook it was. The point: no single number holds it all. Do not add these up."
# ## 4 · Beside the meter
#
# Some leaks cannot be subtracted from 21 bits. Whether you were among the pictures a model was
# [trained on](glossary.md#membership-inference); whether your habits [single you out](glossary.md#unicity); whether the
# [detector](glossary.md#detector) sees you at all. Each has a gauge of its own. What you have not measured yourself is filled in with
# what was measured for the course.

# %%
show.gauges(meter)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, or as homework. With a room: read a question, hands up for each option, then open a wrong one first and read its reason. The wrong ones are the ones that people give. Answers stay on this computer."
# ## 5 · Ten questions
#
# Each option has its reason, the wrong ones too: read them all. What you answer stays on this computer, in this kernel; nothing is stored.

# %%
Quiz(QUESTIONS["09"])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, three minutes: take the car of somebody in the room. Let them guess the bits before anyone computes. The usual mistake is to give the ratio, or to take the wrong logarithm; the check says which."
# ## Your turn
#
# **Exercise 1, together.** Take a car of the room: put its type, colour and hour into the first line. How many bits do type and colour
# give away? `mine.everyone` are on the road in that hour, `mine.alike` look like it.

# %%
mine = your_car(trips, drivers, kind="suv", colour="red", hour=17)
mine[["everyone", "alike"]].round(1)

# %% tags=["exercise"]
bits = ...
check_bits(bits, mine.everyone, mine.alike)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# A bit halves. How often do you halve `everyone`, until `alike` are left? That is a logarithm: `np.log2`.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# bits = np.log2(mine.everyone / mine.alike)
# check_bits(bits, mine.everyone, mine.alike)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** A witness gives you evidence worth 12 bits. Among how many vehicles is the match as probably right as wrong?

# %% tags=["exercise"]
vehicles = ...
check_even_population(vehicles, bits=12)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Try `match_probability(12, population)` for some populations. It is a coin's toss where the evidence just makes up for all the
# others: each bit makes up for twice as many.
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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Pick one of the three for your audience. The questions to a city are real ones that people can ask; you need not know the answers."
# ## What to do next
#
# - **Try it on frames of your own.** `CCTVIEW_DATA` names a folder; 00 and 05 then show your frames. What is measured stays on the simulated
#   road, where the truth is known. Pictures of people on a public road are their data: keep them on your computer, and delete them.
# - **If you build such a thing**: give every match its number of strangers. Measure on vehicles drawn at random. Say "none of
#   these" when it is none of these. Keep short, keep coarse, and write down who may search.
# - **If you live under such a thing**, ask whoever runs it: how many cameras, how long is it kept, who may search, how often was a
#   search wrong, and who was told?

# %% [markdown] slideshow={"slide_type": "slide"}
# ## To read on
#
# - How recognition is measured: NIST's tests of face search (NISTIR 8238), and who is misjudged more often (NISTIR 8280).
# - The embedding: FaceNet ([arXiv 1503.03832](https://arxiv.org/abs/1503.03832)). Tracks of vehicles: Roman-Jimenez et al.
#   ([arXiv 1910.09458](https://arxiv.org/abs/1910.09458)).
# - Four points single you out: de Montjoye et al., *Unique in the Crowd*
#   ([Scientific Reports 3:1376](https://doi.org/10.1038/srep01376)).
# - Was I in the training set? Carlini et al., *Membership Inference Attacks From First Principles*
#   ([arXiv 2112.03570](https://arxiv.org/abs/2112.03570)).
# - A cloak, and what became of it: Fawkes ([arXiv 2002.08327](https://arxiv.org/abs/2002.08327)), and *Data Poisoning Won't Save You From
#   Facial Recognition* ([arXiv 2106.14851](https://arxiv.org/abs/2106.14851)).
# - In court: *Schmidt v. Norfolk*, E.D. Va., 27 January 2026; in the European Union case C-319/22, 9 November 2023: when a vehicle's number is
#   personal data.
# - The articles that this course grew from: Samuel Brice, *Demystifying Clearview AI*, 2020.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Then put up the question of notebook 00 once more, with the numbers that the room gave at the beginning, and stop."
# ## What to take away
#
# - **A car disappears among those who look like it, at that hour.** A common car at a rare hour is a rare car.
# - **Clock and appearance give away most together**, and neither does alone. Known beforehand is when and where to look.
# - **The same evidence proves less among more.** A match without the number of strangers is worth nothing.
# - **Not everything adds up.** Membership, habits and who is missed have gauges of their own.
#
# **At how many cameras would your answer change?** You were asked that in notebook 00.

# %%
show.bits_given(meter)

# %% [markdown]
# Next: notebook 10 asks what a machine writes down about a picture of a street. It is homework, or the warm-up for the next time.

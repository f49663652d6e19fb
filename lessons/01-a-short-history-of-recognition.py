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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Run all cells before the room comes in: the methods need some seconds. Let the room vote for a crop, 1 to 5, before you uncover. Then read down the rows: each row is what one method shows first."
# # 01 · A short history of recognition
#
# **Why did it take fifty years before a computer could recognise a face, or a car?** Try it yourself first.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np
import pandas as pd

from cctview.course import (
    ask,
    candidates_by_era,
    check_best_era,
    check_eigen_weights,
    crops_to_show,
    leak_by_era,
    open_lesson,
    rank1_by_count,
    read_vehicle_crops,
    try_era,
    wrong_alike,
)
from cctview.course.figures import lesson_01 as figures
from cctview.dataset import read_result
from cctview.extract import ERAS, EigenVehicles, LandmarkRatios
from cctview.privacy import Gauge, LeakageMeter
from cctview.show import Sliders, Steps, gauges, percent

lesson = open_lesson()
pictures = read_vehicle_crops(lesson.dataset, lesson.truth)
training, test = pictures.split()
searches = {era.name: try_era(era, training, test)[0] for era in ERAS}
*older, newest = searches.values()
hard = (newest.ranks == 1) & np.all([search.ranks > 5 for search in older], axis=0)
areas = np.array([test.crops[row].size for row in newest.queries])
assert hard.any(), "the first question needs a search that only the network gets right"
shown = int(np.argmax(np.where(hard, areas, 0)))
order = np.random.default_rng(1).permutation(5)
query, rows = candidates_by_era(searches, shown)
crops, correct, _ = rows[ERAS[-1].name]
figures.line_up(query, [crops[k] for k in order])

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "slide"}
ask(
    "01 line-up",
    figures.era_searches(query, rows),
    of=1 + int(np.argmax([correct[k] for k in order])),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 17 minutes, with the exercises 27</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: notebook 00, where a finished system follows a vehicle.
#
# After this notebook you can
#
# 1. say what each of five methods, from 1966 to 2015, takes from a picture;
# 2. compare them fairly: same vehicles, same tuning, and a test on vehicles that nobody tuned on;
# 3. rebuild a picture from a few numbers, and say why that does not yet recognise it;
# 4. say what changed around 2014, and which of the usual reasons you can test yourself.
#
# It goes with part 1 of [the articles by Samuel Brice](https://samdbrice.medium.com/fri-nov-6-2020-ae15374138b1). No vehicle here is real: the road is
# simulated, so we know which crop is correct.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Do not read out every line. Point at the colours: first people, then recipes, then networks. Viola and Jones are on it because everyone asks: they find faces, they do not recognise them; that is notebook 04."
# ## 1 · Who decides what to compare?
#
# To **recognise** is to say *whose* picture it is. (To find that there is a face at all is to [detect](glossary.md#detection) it; that is notebook 04.) Every
# method that recognises does two things. It turns a picture into a list of numbers, called a [vector](glossary.md#vector), and it compares that vector with
# those of other pictures. The history is about the first step, so we ask of each method who decides which numbers to take.

# %%
figures.timeline()

# %% [markdown] slideshow={"slide_type": "slide"}
# All these methods were made for faces, except that of 2005, which was made to find pedestrians. We run one method of each era on **vehicles**. Each is a
# short class in `cctview/extract/eras.py`.
#
# | era | what it took from a face | what it takes from a vehicle here |
# |---|---|---|
# | 1966 | 20 distances between points that a person marks: eyes, mouth, hairline | ratios of lengths between roof, windscreen, sill and shadow |
# | 1971 | 14 features that a person describes: long ears, wide-set eyes | 14 features in a few grades: light roof, reddish, two-tone |
# | 1991 | how much of each *eigenface* is in the picture | how much of each *eigen-vehicle* is in it |
# | 2005 | (pedestrians) how strong the edges are in each direction | the same, in each small cell of the crop |
# | 2015 | 128 bytes, which a trained network computes | the vector of the course's own network |
#
# <details><summary><b>Sources</b></summary>
#
# W. Bledsoe's reports for Panoramic Research, 1964 to 1966 ([historyofinformation.com](https://www.historyofinformation.com/detail.php?id=2126)); Goldstein,
# Harmon and Lesk, *Proc. IEEE* 59, 748 (1971); Turk and Pentland, *J. Cognitive Neuroscience* 3, 71 (1991); Viola and Jones, CVPR 2001; Dalal and Triggs,
# CVPR 2005; Taigman and others (DeepFace), CVPR 2014; Schroff and others (FaceNet), CVPR 2015, [arXiv 1503.03832](https://arxiv.org/abs/1503.03832).
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Let the room judge the lines first: which are right? That is the problem of the era in one picture. Bledsoe had people who marked the points, some forty photos an hour; it was the marking that was slow, and the turned heads that spoilt it."
# ## 2 · Can a person say what to measure?
#
# Woodrow Bledsoe's operators marked points on a photo by hand, and a computer compared the distances between them. Here simple rules replace the operators: they look
# for four lines on the vehicle, and measure its width at three of them. We compare ratios of lengths, because a nearer car looks larger.

# %% jupyter={"source_hidden": true}
four = crops_to_show(lesson.shown, 4)
figures.landmarks(four, LandmarkRatios().landmarks(four))

# %% [markdown]
# Some lines are wrong, so the ratios are wrong too. People mark points better than our rules, but slowly.
#
# In 1971 Goldstein, Harmon and Lesk asked people to *describe* faces instead. Their model predicted that under certain conditions 14 features single out
# one face in 4 million. Nobody had the time to describe thousands of crops of vehicles. So our version measures 14 features from the pixels, and
# rounds them to a few grades, as a witness would.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Move the number of eigen-vehicles up slowly: the picture comes back, and the curve goes flat. This is the point: what describes a picture well need not tell whose it is. Wrong answer people give: more numbers, better recognition."
# ## 3 · Can the pixels decide by themselves?
#
# Measuring and describing need a person. Turk and Pentland (1991) needed nobody for that. They took many pictures, and computed the ways in which the pictures differ most from their
# average. For vehicles these are the **[eigen-vehicles](glossary.md#eigen-vehicle)**. Any picture is then roughly the average picture, plus some amount of
# eigen-vehicle 1, some amount of eigen-vehicle 2, and so on. Those amounts are the numbers that we keep.
#
# Move the number of eigen-vehicles. The upper row rebuilds a vehicle that was *not* used to compute them. The curve says how often the correct vehicle
# comes first if we search with that many numbers.

# %% jupyter={"source_hidden": true}
eigen = EigenVehicles(count=128).fit(training.crops, training.vehicles)
curve = rank1_by_count(eigen, test, counts=(2, 4, 8, 16, 32, 64, 128))
Sliders(
    lambda values: figures.eigen_vehicles(eigen, query, curve, values["eigen_vehicles"]),
    [Steps("eigen_vehicles", [count for count, _ in curve], default=16, label="eigen-vehicles")],
    prediction=ask("01 eigenvehicles"),
)

# %% [markdown]
# In 2005 Dalal and Triggs kept **edges** instead of pixels: how strong they are in each direction, in each small cell. The figures call this method *gradients*, because the brightness
# changes steeply at an edge. (Notebook 02 uses this word for the slopes of a loss.) Engineers found the recipe by trial. The recipe ignores colour.
#
# In 2014 and 2015 a **network** took over. It computes its numbers in steps that nobody wrote down; a program adjusted them on training pictures.
# The figures call this method *deep embedding*: an embedding is the vector that a network computes, and a deep network has many such steps.
# Notebook 02 shows how it learns.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes, the figure of the lesson. Prediction: let them rank the five eras. Nearly everybody expects a steady climb. Read the thin lines first: where two of them overlap, the order of the two bars can be chance. Then the two bars of 2015: the one that was taught here alone is the fair one."
# ## 4 · Which era finds the vehicle again?
#
# Now each method gets the same task. We search for each vehicle among all vehicles at the next camera that faces the same way. We fit each method to half of the
# vehicles, and tune it on them (which means that we choose its settings), by the same procedure. We test it on the other half.
#
# Is that fair? The course's network was trained before, on many more pictures, all of real vehicles. So the figure has a second
# network, which learned from the same half of the vehicles as the older methods, and from nothing else. (It takes minutes to train, so its result is stored:
# `python -m studio results --only eras_equal`.)

# %% jupyter={"source_hidden": true}
leak = leak_by_era(searches)
print(f"{len(newest.ranks)} searches, each among {newest.gallery:.0f} vehicles on average")

# %% slideshow={"slide_type": "slide"} tags=["picture"] jupyter={"source_hidden": true}
equal = read_result("eras_equal.csv")
taught_here, best = equal.set_index("era").estimate.iloc[-2], leak.estimate.iloc[:-1].max()
assert taught_here > best, "the text says that the network is ahead on equal training"
ask(
    "01 eras",
    figures.by_era(leak, equal, chance=1 / newest.gallery),
    of=taught_here / best,
    here=taught_here,
    best=best,
    last=leak.estimate.iloc[-1],
)

# %% [markdown] slide=""
# The bars are **[rank-1](glossary.md#rank-1)**: the share of searches in which the correct vehicle comes first. The thin lines are 95 %
# [intervals](glossary.md#interval). When you have uncovered the figure, look for three things.
#
# - **Is it a steady climb?** Read the intervals before you answer. Where two of them overlap, the order of the two methods can be chance. For faces the order may be
#   different.
# - **Do 14 features single somebody out?** A small crop gives no careful description, and features that go together (a light roof, a light body) tell less than the
#   model of 1971 assumes.
# - **How much does the training matter?** The two bars of 2015 differ only in their training.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask for the prediction, then read the rows. Ratios take anything of that shape, gradients ignore colour, the network confuses look-alikes. That is a better kind of error, and a more convincing one for an operator."
# ### Which mistakes does each era make?
#
# A method that is wrong shows the operator another vehicle. So it matters how much that vehicle resembles the one that we search for. Here is a search in which every method is wrong.

# %% jupyter={"source_hidden": true}
wrong = np.all([search.ranks > 1 for search in searches.values()], axis=0)
missed = int(np.argmax(np.where(wrong, areas, 0)))
same_colour = [wrong_alike(found, lesson.truth.vehicles) for found in searches.values()]
assert same_colour[-1] > same_colour[0], "better methods make more convincing mistakes"
ask(
    "01 alike",
    figures.era_searches(*candidates_by_era(searches, missed)),
    of=int(np.argmax(same_colour)),
    first=percent(same_colour[0]),
    most=percent(max(same_colour)),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction. Then ask: at 8 pixels, which era wins? Do not answer, it is the exercise. The small picture beside the curves is all that the system gets."
# ## 5 · How small can a picture be?
#
# Real cameras see most vehicles from far away. So we make *all* crops smaller, and fit, tune and test each method again at each size. (That takes minutes, so it is stored:
# `python -m studio results --only eras`.) The small picture beside the curves is what is left at 16 pixels.

# %% jupyter={"source_hidden": true}
by_size = read_result("eras.csv")
deep = by_size[by_size.era == ERAS[-1].name].set_index("pixels").estimate
ask(
    "01 small pictures",
    figures.by_resolution(by_size, 16, ERAS[-1].name, four[0]),
    of=1 - deep[12] / deep[28],
    small=deep[12],
    large=deep[28],
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. The textbook answer is: data, compute, metric learning. Here one of the three can be tested, and on its own it is not enough." slide="## What changed around 2014?\n\nThree reasons are usually given.\n\n- **Data**: from 255 faces to millions of pictures\n- **Computing**: graphics cards\n- **Metric learning**: the distances are trained, not the names"
# ## 6 · What changed around 2014?
#
# Three reasons are usually given.
#
# - **Data.** In 1971 there were 255 faces. DeepFace (2014) learned from 4 million labelled pictures of more than 4,000 people; FaceNet (2015) from even more.
# - **Computing.** Graphics cards made it possible to train on that many pictures.
# - **[Metric learning](glossary.md#triplet).** FaceNet is not trained to name the people it learns from. It is trained so that the *distances* between vectors come out
#   right, also for people it never saw. It told same from different in 99.63 % of the pairs of a well-known test
#   ([arXiv 1503.03832](https://arxiv.org/abs/1503.03832)).
#
# We can test part of the third reason. Each old method keeps its numbers, and learns from the training vehicles which differences tell vehicles apart. (This is stored, too:
# `python -m studio results --only eras_metric`.)

# %% slideshow={"slide_type": "slide"} jupyter={"source_hidden": true}
ask("01 metric", figures.learned_metric(read_result("eras_metric.csv")))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the bold sentence. Then say the two numbers of NIST, and what they leave out: false alarms."
# A network learns the **numbers themselves** from very many pictures. Nobody chose them, and nobody can say exactly what they mean.
#
# ### What do the numbers in the news mean?
#
# Each test has its own pictures, so **a result of 1991 and one of 2015 do not belong on one line**. You can compare results within one series of tests. The US institute NIST
# searched for people among 12 million posed photographs: the best programs missed 4 % in 2014 and 0.2 % in 2018
# ([NISTIR 8238](https://doi.org/10.6028/NIST.IR.8238)). That counts misses only, and says nothing about false alarms. Street cameras are another task: there the best
# programs of 2017 found between 60 and over 99 % of the people, depending on the camera
# ([NISTIR 8173](https://doi.org/10.6028/NIST.IR.8173)). And most of the 189 programs that NIST tested made more errors for some groups of people than for others, by sex, age and
# origin ([NISTIR 8280](https://doi.org/10.6028/NIST.IR.8280), 2019).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes. Let the room vote before anything is typed: hands up for each era. Then type the winner in and read out what the check says. Then ask: what if the intervals overlap? One would need more vehicles to be sure."
# ## Your turn
#
# **Worked example.** Which method is best at the largest size? The table `by_size` has one row for each method and size. `estimate` is the share of searches with
# the correct vehicle first.

# %%
large = by_size[by_size.pixels == 28].set_index("era")
large.estimate.idxmax()

# %% [markdown]
# **Exercise 1, together.** Which method is best with crops of 8 pixels a side? Guess first. The first step is done.

# %% tags=["exercise"]
small = by_size[by_size.pixels == 8].set_index("era")
winner = ...
check_best_era(winner, by_size, pixels=8)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `idxmax` gives the name of the row where a column is largest, as in the worked example. The name of the method, or its year, is enough.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# winner = small.estimate.idxmax()
# check_best_era(winner, by_size, pixels=8)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Write the step of 1991 yourself. You get pictures as rows of pixels, their average, and the eigen-vehicles as rows. Return one row for each
# picture, and in it the amount of each eigen-vehicle. The check compares with scikit-learn.


# %% tags=["exercise"]
def weights(pictures, mean, eigen_vehicles):
    return ...


check_eigen_weights(weights, eigen.flat(test.crops[:20]), eigen.mean, eigen.vehicles[:16])


# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# First subtract the average from each picture. The dot product then says how much of an eigen-vehicle is in what remains. `@` computes all dot products at once, if
# you transpose one side (`.T`).
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def weights(pictures, mean, eigen_vehicles):
#     return (pictures - mean) @ eigen_vehicles.T
#
# check_eigen_weights(weights, eigen.flat(test.crops[:20]), eigen.mean, eigen.vehicles[:16])
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. The gauge goes on to 09. Hand over to 02: a network learns, but what does it keep?"
# ## What to take away
#
# **Why did it take fifty years?** For fifty years people chose what to compare. Recognition began to work when networks learned that choice from millions of pictures, and
# when there were computers fast enough to train them.
#
# - **Every method turns a picture into numbers and compares them.** They differ in who chose the numbers: a person, a recipe, or the training data.
# - **A fair comparison needs the same vehicles, the same tuning, and a test on others.**
# - **To describe is not to recognise.** Eigen-vehicles rebuild a picture well, and find the vehicle badly.
# - **Better methods make more convincing mistakes.**
#
# **What you can do:** when a report quotes an accuracy, ask three questions. On which pictures was it measured? Among how many people did the program search? How many false alarms did it raise?
#
# What does this step give away? One number says it: the share of searches in which one crop is enough to find the vehicle again. It goes on to notebook 09, where it stands beside those of the other notebooks.

# %% jupyter={"source_hidden": true} slide=""
found = leak.iloc[-1]
note = "the network of 2015, one crop, next camera facing the same way"
gauge = Gauge(found.estimate, found.low, found.high, "of searches", note)
meter = LeakageMeter.load_or_default("meter.json").with_gauge("recognised at once", gauge)
meter.save("meter.json")
gauges(LeakageMeter().with_gauge("recognised at once", gauge))

# %% [markdown]
# Next: [notebook 02](02-how-a-network-learns.ipynb) asks what happens when a network learns, and what it keeps of the vehicles that it was shown.

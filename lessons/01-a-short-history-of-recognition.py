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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Run all cells before the room comes in: the five eras need some seconds. Read the question aloud. Ask who has heard of face recognition before 2010. Then say: it is sixty years old, and for fifty of them it hardly worked."
# # 01 · A short history of recognition
#
# **Why did it take fifty years, and what changed?**
#
# | | |
# |---|---|
# | Time | 30 minutes; the figures alone, 12 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 00, where a finished machine follows a vehicle |
#
# After this notebook you can
#
# 1. say what each of five eras of recognition takes from a picture;
# 2. compare them fairly: same vehicles, same tuning, and a test on vehicles that nobody tuned on;
# 3. rebuild a picture from a few numbers, and say why that is not yet recognising it;
# 4. say what changed around 2014, and which of the usual reasons you can test yourself.
#
# **No vehicle here is real.** The road is simulated, so we know the truth about every search, and can count.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
import pandas as pd

from cctview import show
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
from cctview.show import Sliders, Steps

lesson = open_lesson()
pictures = read_vehicle_crops(lesson.dataset, lesson.truth)
training, test = pictures.split()
print(f"{len(pictures):,} pictures of {len(set(pictures.vehicles)):,} vehicles")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Do not read out every line. Point at the colours: first people, then recipes, then networks. Viola and Jones are on it because everyone asks: they find faces, they do not recognise them; that is notebook 04."
# ## 1 · Sixty years in seven lines
#
# To recognise is to say *whose* picture it is. (To find that there is a face at all is to **[detect](glossary.md#detection)**;
# Viola and Jones did it fast in 2001, and it is the subject of notebook 04.) Every machine that recognises does two things: it
# takes some numbers from a picture, and compares them with those of other pictures. The history is about the first: **who
# decides which numbers?**

# %%
figures.timeline()

# %% [markdown]
# The sources, in order: W. Bledsoe's reports for Panoramic Research, 1964 to 1966
# ([historyofinformation.com](https://www.historyofinformation.com/detail.php?id=2126)); Goldstein, Harmon and Lesk, *Proc.
# IEEE* 59, 748 (1971); Turk and Pentland, *J. Cognitive Neuroscience* 3, 71 (1991); Viola and Jones, CVPR 2001; Dalal and
# Triggs, CVPR 2005; Taigman and others, CVPR 2014; Schroff and others, CVPR 2015, arXiv 1503.03832.
#
# All of that was about faces, but for the gradients, which were made to find pedestrians. We now run five of these eras on
# **vehicles**. Each is a small class in `cctview/extract/eras.py`, and all have the same two functions: `fit` learns from known
# vehicles, and `embed` takes the numbers from pictures. Such a list of numbers is called a [vector, or
# embedding](glossary.md#embedding).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Let the room judge the lines first: which are right? That is the problem of the era in one picture. Bledsoe had people who marked the points, some forty photos an hour; it was the marking that was slow, and the turned heads that spoilt it."
# ## 2 · 1966: measure it
#
# Woodrow Bledsoe's operators marked points on a photo by hand: the corners of the eyes, the width of the mouth. A computer
# compared 20 distances. Here rules take the operators' place. They look for four lines on a vehicle, and for its width at three
# of them. What is compared are ratios, since a car that is nearer looks larger.

# %%
shown = crops_to_show(lesson.shown, 4)
ratios = LandmarkRatios()
figures.landmarks(shown, ratios.landmarks(shown))

# %% [markdown]
# In 1971 Goldstein, Harmon and Lesk let people *describe* faces: long ears, wide-set eyes. Their model predicted that 14 such
# features single out one face of 4 million. For vehicles ours are such as *light roof*, *reddish body*, *two-tone*. Nobody was
# asked about thousands of crops: we measure 14 features from the pixels, and round them to a few grades as a witness would. No
# truth goes into them.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Prediction first. Move the number of eigen-vehicles up slowly: the picture comes back, the curve goes flat. This is the point: what describes a picture well need not tell whose it is. Wrong answer people give: more numbers, better recognition."
# ## 3 · 1991: let the pixels decide
#
# Turk and Pentland used no landmarks. Take many pictures, and look for the ways in which they differ most from their mean.
# These are the **[eigen-vehicles](glossary.md#eigen-vehicle)** (principal components). Every picture is then the mean, plus so
# much of the first, so much of the second, and so on. The *so much* are its numbers.
#
# Move the number of eigen-vehicles. Above, a vehicle that was *not* in the training is rebuilt from them. Below is how often
# the right vehicle comes out first when they are used to search.

# %% jupyter={"source_hidden": true}
eigen = EigenVehicles(count=128).fit(training.crops, training.vehicles)
curve = rank1_by_count(eigen, test, counts=(2, 4, 8, 16, 32, 64, 128))


def rebuild(values):
    """A test vehicle from some of the eigen-vehicles, and rank-1 with so many."""
    return figures.eigen_vehicles(eigen, test.crops[200], curve, values["eigen_vehicles"])


Sliders(
    rebuild,
    [Steps("eigen_vehicles", [count for count, _ in curve], default=16)],
    prediction=ask("01 eigenvehicles"),
)

# %% [markdown]
# In 2005 Dalal and Triggs counted **edges**: how strong they are in each direction, in each small cell of the picture. Engineers
# found by trial which recipe works; colour is lost. And 2015? The network is the one that the course uses from here on. It takes
# its numbers in steps that nobody wrote down: how such steps are learnt is the subject of notebook 02. All five have one interface,
# and make so many numbers of a picture:

# %%
fitted = {era.name: era().fit(training.crops, training.vehicles) for era in ERAS}
pd.Series(
    {name: recogniser.embed(shown[:1]).shape[1] for name, recogniser in fitted.items()},
    name="numbers",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes, the figure of the lesson. Prediction: let them rank the five eras. Nearly everybody expects a steady climb. It is not one: grades of colour from 1971 are at least level with the recipes of 1991 and 2005. Then the leap. Say what the network had that the others had not: its own training pictures."
# ## 4 · The same question to all
#
# Now we compare them. Every vehicle is looked for at the next camera, among all who are there. We take the three pairs of
# neighbouring cameras that face the same way, so a vehicle is seen from the same side: the kindest case. Half of the vehicles
# serve to fit and tune each era, by the same procedure. The test is on the other half.
#
# The comparison must be fair. The network of 2015 was trained before, on many more pictures, also of these simulated cameras. So a
# second, small network is added: it was taught the same half of the vehicles as the older methods, and nothing else. (Its
# training takes some minutes, so its row is stored: `python -m studio results --only eras_equal`.)

# %%
searches = {era.name: try_era(era, training, test)[0] for era in ERAS}
leak = leak_by_era(searches)
one = searches[ERAS[-1].name]
print(f"{len(one.ranks)} searches, each among {one.gallery:.0f} vehicles on average")

# %% slideshow={"slide_type": "slide"} tags=["picture"] jupyter={"source_hidden": true}
ask(
    "01 eras",
    figures.by_era(leak, read_result("eras_equal.csv"), chance=1 / one.gallery),
    of=leak.estimate.iloc[-1] / leak.estimate.iloc[:-1].max(),
    last=leak.estimate.iloc[-1],
    best=leak.estimate.iloc[:-1].max(),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# The bars are **[rank-1](glossary.md#rank-1)**: how often the right vehicle comes first. It is the leak of this notebook: how
# often one picture is enough. The thin lines are 95 %
# [intervals](glossary.md#interval), by drawing whole vehicles again. Three things to see:
#
# - **It is no steady climb.** What a witness would say (1971) is not beaten by eigen-vehicles and gradients, which came later
#   and need far more computing. Colour tells much on this road, and those two work in shades of grey. For faces the order may
#   well be another.
# - **The 14 features do not single out anybody** here, although a model of 1971 promised one in 4 million: a grainy picture is
#   no careful description, and features are not independent of each other.
# - **Then comes a leap, and about half of it is the method.** A network that learned from the same vehicles as the older methods, and
#   from nothing else, already finds nearly twice as many. The rest comes from the training that the course's network brings along.
#
# Another measure tells the same. AUC is how often two pictures of one vehicle are closer than two of different ones (a coin:
# 0.5).

# %%
leak[["auc"]].astype(float).round(2)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Go through some vehicles. Look at what each era confuses: ratios take anything of that shape, gradients ignore colour, the network confuses sisters. That is a better kind of error, and a more convincing one for the operator."
# ## 5 · What each era confuses
#
# One vehicle, and the first five candidates of each era. A tick and a solid frame mark the right one. The first that is shown
# is the first that the network gets right; in two of three searches it does not. Go through some vehicles:
# what kind of wrong candidates does each era bring?


# %% jupyter={"source_hidden": true}
def confuse(values):
    """The first candidates of each era for one search."""
    query, rows = candidates_by_era(searches, values["search"])
    return figures.era_searches(query, rows)


right = int((one.ranks == 1).argmax())
tried = sorted({right, *range(0, len(one.ranks), 150)})
first, *_, last = (
    show.percent(wrong_alike(found, lesson.truth.vehicles)) for found in searches.values()
)
Sliders(
    confuse,
    [Steps("search", {f"{n} of {len(tried)}": k for n, k in enumerate(tried, 1)}, right)],
    prediction=ask("01 alike", first=first, last=last),
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. First ask: at 8 pixels, which era wins? Do not answer, it is the exercise. The small picture beside the curves is all that the system gets."
# ## 6 · Smaller and smaller
#
# Real cameras see most vehicles far away. So make the pictures smaller, *all* of them: each era was trained, tuned and tested
# again at each size. (That takes some minutes, so it is stored: `python -m studio results --only eras`.) The small picture
# beside the curves is what is left.

# %%
by_size = read_result("eras.csv")
deep = by_size[by_size.era == ERAS[-1].name].set_index("pixels").estimate
example = shown[0]

# %% jupyter={"source_hidden": true}
ask(
    "01 small pictures",
    figures.by_resolution(by_size, 16, ERAS[-1].name, example),
    of=1 - deep[12] / deep[28],
    small=deep[12],
    large=deep[28],
)

# %% [markdown]
# The network needs details and loses most where they go. The old eras never used them, and hardly lose. Colour, by which a
# witness goes, survives in very few pixels. And look at the left end: from a picture that no person would call a picture, the
# network still finds at least as many vehicles as any older era does from the large one.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. The textbook answer is: data, compute, metric learning. Here one of the three can be tested, and on its own it is not enough. The row of the network that was taught the same vehicles says how much the others got from their training alone."
# ## 7 · What changed?
#
# Three reasons are usually given.
#
# - **Data.** In 1971 there were 255 faces. DeepFace (2014) learnt from 4 million labelled pictures of more than 4,000 people,
#   FaceNet (2015) from even more.
# - **Compute.** Graphics cards made it possible to train on so much.
# - **[Metric learning](glossary.md#triplet).** FaceNet is not trained to name the people it learns from, but so that *distances*
#   come out right, also for people it never saw. It puts a face into 128 bytes, and told same from different in 99.63 % of the
#   pairs of a well-known test, Labeled Faces in the Wild (arXiv 1503.03832).
#
# A part of the third we can test. Give *every* era a learnt metric: from the training vehicles it learns which differences tell
# vehicles apart, and which only pictures. The features stay as they were. (Stored too: `python -m studio results --only
# eras_metric`.)

# %% slideshow={"slide_type": "slide"} jupyter={"source_hidden": true}
ask("01 metric", figures.learned_metric(read_result("eras_metric.csv")))

# %% [markdown] slideshow={"slide_type": "slide"}
# So a distance that is learnt on top of chosen features, from some hundred vehicles, does not do it. What changed is that the
# **features themselves** are learnt, from very many pictures. Nobody chose them, and nobody can quite say what they are.
#
# The course's network came with a training of its own: 37,206 pictures from a real road, and simulated vehicles of the same making
# and before the same cameras as these, but none of these (`models/student-64.md`). In the figure of section 4 the network that was taught the
# same vehicles as the older methods shows what the method does without that. It finds nearly twice as many as any of them.
# The figures of sections 5 to 7 show the network with its own training.
#
# ### And the numbers in the news?
#
# Every test has its own pictures, so a figure of 1991 and one of 2015 **cannot be put on one line**. Within one series of tests
# one can compare. That of the US standards institute NIST: of searches among 12 million people 4 % failed in 2014, and 0.2 % in
# 2018, with the best programs of the year (NISTIR 8238). Those are posed photographs, not street cameras. And errors do not
# fall on all alike: in the majority of the 189 programs that NIST tested, they were more frequent for some groups of people than
# for others, by sex, age and origin (NISTIR 8280).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes. Let the room vote before anything is typed: hands up for each era. Then type the winner in and read out what the check says. Then ask: what if the intervals overlap? One would need more vehicles to be sure."
# ## Your turn
#
# **Exercise 1, together.** Which era is the best with pictures of 8 pixels a side? Vote first. Then look at the table `small`,
# and give its name or its year. The check also says how sure one can be.

# %%
small = by_size[by_size.pixels == 8]
small[["era", "low", "high"]].round(3)

# %% tags=["exercise"]
winner = ...
check_best_era(winner, by_size, pixels=8)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The table has a column `estimate` too: the share of searches with the right vehicle first. `small.sort_values("estimate")`
# puts the best last.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# winner = small.set_index("era").estimate.idxmax()
# check_best_era(winner, by_size, pixels=8)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Write the step of 1991 yourself: from pictures to the weights of the eigen-vehicles. Given are
# pictures as rows of pixels, their mean, and the eigen-vehicles as rows. The check compares with scikit-learn.


# %% tags=["exercise"]
def weights(pictures, mean, eigen_vehicles):
    return ...


check_eigen_weights(weights, eigen.flat(test.crops[:20]), eigen.mean, eigen.vehicles[:16])


# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# First take the mean away from each picture. How much of an eigen-vehicle is in what remains, says their dot product; `@`
# computes all of them at once, if one side is turned (`.T`).
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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. The gauge goes on to the next notebooks. Hand over to 02: a network learns, but what does it keep?"
# ## What to take away
#
# - **Every era takes numbers from a picture and compares them.** They differ in who decides which numbers: a person, a recipe,
#   or the training data.
# - **A fair comparison needs the same vehicles, the same tuning, and a test on others.** Figures of different tests do not make
#   a line.
# - **To describe is not to recognise.** Eigen-vehicles rebuild a picture well, and hardly find it again.
# - **What changed is that the features are learnt**, from more pictures than anybody could look at. A learnt metric alone does
#   not do it.
#
# Beside the meter of this course there are side gauges: what leaks, but cannot be counted in bits of one vehicle. Here: how
# often a vehicle is recognised at once, from one picture, among a few hundred.

# %%
newest = leak.iloc[-1]
note = "deep embedding, one picture, next camera facing the same way"
gauge = Gauge(newest.estimate, newest.low, newest.high, "of searches", note)
meter = LeakageMeter.load_or_default("meter.json").with_gauge("recognised at once", gauge)
meter.save("meter.json")
show.gauges(LeakageMeter().with_gauge("recognised at once", gauge))

# %% [markdown]
# Next: notebook 02 asks what a network keeps of the vehicles it was trained on.

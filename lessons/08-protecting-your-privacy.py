# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Ask before anything else: suppose the pictures are deleted, and only the numbers are kept. Is that better? Take a show of hands, and write it down."
# # 08 · Protecting your privacy
#
# **The pictures are deleted, only the numbers are kept. What is left to protect?**
#
# | | |
# |---|---|
# | Time | 40 minutes; one broken defence alone, 10 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 05, where a picture becomes a vector. It is enough to know that alike vehicles have vectors close together |
#
# After this notebook you can
#
# 1. show what a table of vectors gives away without one picture: a look, a colour, a trip;
# 2. judge a defence by the best tracker against it, and by what it costs in use;
# 3. break a defence that looked perfect;
# 4. say who could protect a driver, and what the law covers.
#
# **No vehicle here is real.** The road is simulated, so we know the truth about every vehicle, and can count.

# %% slideshow={"slide_type": "skip"}
import pandas as pd

from cctview import dataset, privacy, show
from cctview.attacks import fit_map, infer_attribute
from cctview.course import (
    KeyedDatabase,
    check_defence,
    check_key_broken,
    choose_examples,
    defended_pictures,
    link_rates,
    open_breach,
    open_lesson,
    rebuild,
)
from cctview.course.figures import lesson_08 as figures
from cctview.course.figures import rebuilding
from cctview.defences import (
    DEFENCES,
    TRACKERS,
    at_strength,
    bought_back_step,
    headline,
    stored,
    unprotected,
)
from cctview.show import Choice, Float, Int, Sliders, predict

lesson = open_lesson()
breach = open_breach(lesson)
print(f"stolen: {len(breach.stolen):,} vectors of {breach.stolen.table.vehicle.nunique()} vehicles")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Show the numbers and let them sit. Usual belief: nobody can do anything with this. Then go on to the pictures."
# ## 1 · A stolen table
#
# A camera's owner deletes all pictures and keeps the [embeddings](glossary.md#embedding): for each passing vehicle 1920
# numbers, the place and the time. "We store no images." Then the table is stolen. Here is all there is of one vehicle, or
# rather the beginning of it:

# %%
examples = choose_examples(lesson, breach)
examples.vectors[0, :12].round(1)

# %% [markdown]
# The thief has the same extractor (it can be downloaded), and pictures of *other* vehicles to learn with. Nothing else.
#
# *Predict: what does the thief get out of it? The type of the vehicle? Its colour? A picture?*

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. First row: what was deleted. Second row: made from the numbers alone. Third row is the honest rival: the most similar other vehicle on file. Ask the room whether the second row really beats the third. To the eye it is close. The judge on the next slide says: only in the same frame."
# ## 2 · The picture comes back
#
# A small network, the decoder, has learnt to turn vectors back into pictures ([inversion](glossary.md#inversion)). It has never
# seen a vehicle of these designs. Two rivals need no decoder: the picture of the nearest *other* vehicle on file, and the mean
# of many pictures.

# %% tags=["picture"]
again = rebuild(lesson, breach, examples.vectors)
rebuilding.rebuilt(
    {
        "deleted": examples.images,
        "from the\nvector alone": again.decoded,
        "nearest other\nvehicle": again.nearest,
        "mean picture": again.mean,
    },
    "From the numbers alone: blurred, but colour and shape are back",
)

# %% [markdown]
# Does it show *this* vehicle, or just one like it? We let a judge decide. The judge is a second network of another
# architecture; it is given one picture, and searches for the vehicle. We ask it twice. First it searches among the very crops
# that the vectors were made from, where light, pose and background are the same. Then it searches among crops of the same
# vehicles at another camera, where only the vehicle is the same.

# %%
judged = dataset.read_result("inversion.csv")
judged = judged[judged.vehicles == judged.vehicles.max()]
rebuilding.whose_picture(judged)

# %% [markdown]
# The rebuilt picture finds the very crop more often than the nearest other vehicle's crop does. So the vector holds *that
# picture*: its light, its pose, its colours. At another camera the advantage is gone. To a person who looks for you on the
# street, the rebuilt picture is worth about as much as a picture of a look-alike.
#
# But look at the second row. The thief needs no picture: **the vector itself finds the vehicle at the other camera**, more
# often than any picture does. It was made for that.
# (The decoder never saw these designs. `python -m studio results --only inversion` measures this.)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. A linear probe is one weight for each number: there is no simpler way to read. If colour can be read so, it lies open. The grey bar, guessing from the camera and the size of the box, is what one gets without the vector."
# ## 3 · Read off the colour
#
# No decoder is needed for a single question. A **linear probe** gives each number one weight and adds up: the simplest
# reader there is. It learns on known vehicles, and is asked about others. Beside it stands a guess from the camera and the
# size of the box alone.

# %%
read = {
    what: infer_attribute(breach.stolen, attribute, breach.known).figures()
    for what, attribute in {"colour (6 families)": "family", "body (5 kinds)": "body"}.items()
}
table = pd.concat({what: figures.loc[["probe", "baseline"]] for what, figures in read.items()})
table.index = [
    f"{what}\n{'by the vector' if how == 'probe' else 'by a guess'}" for what, how in table.index
]
colour = read["colour (6 families)"].loc["probe"]
assert colour.low > read["colour (6 families)"].loc["baseline"].high
show.bars(
    table,
    "right, each kind counting the same",
    f"The vector alone tells the colour: {show.percent(colour.estimate)} right",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask for the prediction. By looks alone it is one in six, among some four hundred candidates; with the clock it is more than half. The clock is in the table as well."
# ## 4 · Link the trip
#
# And what the vectors were made for. For each passage at one camera the thief ranks all passages of another, some 400.
#
# *Predict: how often is the right vehicle first, by the vectors alone? And if the times are used, too?*

# %%
rates = link_rates(breach)
assert rates.estimate["by looks and clock"] > 100 * rates.estimate["by chance"]
show.bars(
    rates,
    "right vehicle first at another camera",
    f"With the times, {show.percent(rates.estimate['by looks and clock'])} of the links are right",
)

# %% [markdown]
# All three attacks succeeded; had one failed, this notebook would have stopped. So:
#
# > ### ReID data is personal data
# > A vector for [re-identification](glossary.md#re-identification) shows what that frame showed of a vehicle, and where it was and
# > when. Deleting the pictures protects nobody.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Let the room name defences first: blur, noise, encryption, delete after a day. Then the figure. The empty column is the point: the driver holds none of them."
# ## 5 · Defences, and who holds them
#
# A defence can change the **pixels** that a camera sends, the **vectors** that are computed, or what the **database** keeps.
#
# *Predict: how many of these can a driver apply?*

# %%
figures.who_can(DEFENCES.values())

# %% [markdown]
# A driver cannot change the city's pixels. Paint, stickers or a roof rack change the vehicle, but not what makes it
# findable: it then is the one with the sticker. Covering a plate does not help here: no plate was ever read.
#
# **A cloak** is a change of the pixels too small to see, computed so that the extractor takes the vehicle for another.
# *PGD* computes one for each picture. A *universal* cloak is one pattern for all. **Key**: each camera's vectors are turned
# by a secret rotation. **k-same**: groups of passages share one mean vector. **Retention**: what is deleted after some
# seconds. **Noise** comes with a guarantee (differential privacy), whose size is called epsilon; above 10 it promises
# nothing.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Let the room choose a defence and a strength. Ask: would you feel safe? Then change the tracker from off the shelf to adaptive. Do blur, then the key, then retention. Usual wrong belief: what I cannot recognise, a machine cannot."
# ## 6 · Three trackers
#
# Does a defence work? The answer depends on who attacks. We measure each one against three:
#
# - **off the shelf**: the extractor as it is, one picture of each passage;
# - **retrained**: has learnt from other vehicles' data, defended in the same way;
# - **adaptive**: knows the defence. It also averages over all pictures of a passage, undoes what can be undone, and uses
#   whatever works best.
#
# It is easy to judge a defence by the first. The last is the default here: whoever really wants to know, adapts.
#
# Left are **bits**: how much a link between two cameras tells of the vehicle. (0 is nothing; the bits needed to pick one of
# 440 passages are 8.8.)

# %%
results = stored()


def defend(values):
    """One defence at one strength: what there is to see, and the bits that it leaves."""
    rows = at_strength(results, values["defence"], values["strength"])
    pictures, what = defended_pictures(
        examples, breach, DEFENCES[values["defence"]], rows.strength.iloc[0]
    )
    return figures.defended(rows, pictures, values["tracker"], unprotected(results, rows), what)


blur = at_strength(results, "blur", 3).set_index("tracker").bits
Sliders(
    defend,
    [
        Choice("defence", list(DEFENCES), default="blur"),
        Int("strength", 1, 3, default=3, unit="1 weak, 3 strong"),
        Choice("tracker", list(TRACKERS), default="adaptive"),
    ],
    describe=lambda figure: figure.title,
    prediction=predict(
        f"Strong blur: a person sees spots. Of {unprotected(results):.1f} bits a tracker off the shelf keeps "
        f"{blur['off the shelf']:.1f}. And the adaptive one?",
        f"{blur['adaptive']:.1f} bits.",
        ["none", "about as many", "two or three times as many", "all of them"],
    ),
)

# %% [markdown]
# Of a defence of pixels you see what the camera sends. Of the others you see what the decoder of section 2 makes of the
# defended vectors.
#
# **Usefulness** is the worst of three: vehicles counted and speeds measured by the course's own
# [detector](glossary.md#detector) and tracker on defended frames, and bodies told apart (van, sedan, …). Each is given as a
# share of what it is without the defence.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. This is the figure of the lesson. Up is good for the driver, left is good for the owner. Move the tracker from off the shelf to the best: the points fall. Then tighten the usefulness. What is left at the top left?"
# ## 7 · What leaks: bits bought back, use lost
#
# Each point is one defence at one strength. Up: more of a link's bits bought back. Right: more use lost. Filled: useful
# enough. (Defences of the database are measured with the clock
# in use, the others without it; so shares are drawn, not bits.)

# %%
WORST = "the best one for each"


def compare(values):
    """All defences against one tracker, or each against its best."""
    tracker = None if values["tracker"] == WORST else values["tracker"]
    return figures.bought_back(results, tracker, values["usefulness"])


Sliders(
    compare,
    [
        Choice("tracker", [*TRACKERS, WORST], default=WORST),
        Float("usefulness", 0.5, 1.0, default=0.9, step=0.05, unit="least share kept"),
    ],
    describe=lambda figure: figure.title,
    prediction=predict(
        "Which kind of defence buys most, against the best tracker, while nine tenths of the use are kept?",
        f"{headline(results).defence[0]}, by {headline(results).who[0]}.",
        ["changing pixels", "changing vectors", "changing what the database keeps"],
    ),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# **The headline: the worst case over trackers, at equal usefulness.** Outlined is how a defence looks against the weakest
# tracker.

# %%
best = headline(results)
figures.worst_case(best, 0.9)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Off the shelf the key is perfect: zero bits. Ask: how would you break it? The thief needs some vehicles he knows at both cameras: his own car, a bus line, a friend's. Move the slider to 10, 50, 200."
# ## 8 · Break it: the secret key
#
# Against the tracker off the shelf one defence was perfect. Each camera's vectors are turned by a secret rotation. Then no
# two cameras can be compared, and the database still counts and tells types apart.
#
# But a rotation is the same for all vehicles. Whoever knows *some* vehicles at both cameras can learn how the one camera's
# vectors turn into the other's. Whom would a thief know? His own car. A bus line. A taxi with a receipt.

# %%
FIRST, SECOND = "733-681-N", "735-683-N"
databases = {
    kept: KeyedDatabase(breach, (FIRST, SECOND), kept) for kept in DEFENCES["key"].strengths
}
COUNTS = (0, 5, 10, 20, 35, 50, 75, 100, 150, 200, 250)


def break_key(values):
    """The thief's success by the number of known vehicles."""
    database, known = databases[values["numbers_kept"]], values["known_vehicles"]
    found = {count: database.found(count) for count in {*COUNTS, known}}
    return figures.key_broken(found, database.unprotected(), known)


database = databases[256]
fifty = database.found(50)["estimate"] / database.unprotected()["estimate"]
Sliders(
    break_key,
    [
        Int("known_vehicles", 0, 250, default=50),
        Choice("numbers_kept", list(databases), default=256),
    ],
    describe=lambda figure: figure.title,
    prediction=predict(
        "With no known vehicle the thief finds nothing. With 50, how much of what he would find without the key?",
        f"{show.percent(fifty)} of it.",
        ["nothing", "a tenth", "about half", "nearly all"],
    ),
)

# %%
assert database.found(50)["low"] > database.found(0)["high"], "the key must be broken clearly"

# %% [markdown]
# A key buys time, not bits. Changing it often helps only as long as nobody knows enough vehicles of the time in between.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. The cloak was made with full knowledge of the extractor: more than anybody on the road has. It fools that extractor. Then the tracker learns. The pictures that were taken stay as they are. Read the sentence about scraping slowly."
# ## 9 · Break it: the cloak
#
# The cloak by PGD was computed with full knowledge of the extractor: more than any driver has. Levels are steps of a pixel's
# brightness, of 255; two are invisible.

# %%
figures.by_strength(results, "cloak")

# %% [markdown]
# Against the extractor that it was computed for, it works. A tracker that trained for a few minutes on cloaked pictures of other
# vehicles wins much of it back; not all, and it may go on training.
#
# **A cloak cannot be issued again.** Once a picture is taken and copied, its cloak is fixed, and must fool every extractor
# that is ever trained. The tracker only needs to win once, later. For faces that is known:
#
# - Fawkes (2020) reported over 95 % protection (arXiv 2002.08327).
# - *A false sense of security*, answered Radiya-Dixit and others: whoever scraped the pictures waits for a better model (ICLR
#   2022, arXiv 2106.14851).
# - A purifier took one cloak's success from 69.8 % to 7.6 % (arXiv 2406.02253).
#
# A key, at least, can be changed. A face cannot, and neither can a picture that is on somebody else's disk.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Vehicles stood in for faces all along. Here is where that comparison breaks, in both directions."
# ## 10 · A face beside a vehicle
#
# | | a face | a vehicle |
# |---|---|---|
# | **Permanence** | for life | until it is sold or painted |
# | **Clones** | twins | thousands of the same model and colour |
# | **Explicit id** | none | a plate, made to be read |
# | **Named gallery** | photos with names, scraped: over 30 billion (Dutch authority, September 2024) | the register of plates, held by the state |
# | **Escape** | cover it, where that is allowed | go without it, where one can |
#
# So our figures are no figures for faces. NIST's are: in 2018, 0.2 % of searches failed in a gallery of 12 million (NISTIR 8238).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask which of these covers the table that was stolen in section 1. The honest answer: hardly any. We are no lawyers; the table has its dates, check them before you quote it."
# ## 11 · What the law covers
#
# | Law or case | What it covers | And a table of vehicle vectors? |
# |---|---|---|
# | **BIPA**, Illinois, 740 ILCS 14/10 | scans of face and hand geometry, among others; photographs are excluded | no: not vehicles |
# | **Plate-reader statute**, California, Civil Code § 1798.90.5 | systems that turn pictures of *plates* into data | seems outside: no plate is read (our reading, not a lawyer's) |
# | **CCPA/CPRA**, California, Civil Code § 1798.100 ff. | binds businesses: what do you hold of me, delete it (§ 1798.105) | not cities |
# | **GDPR**, EU Court of Justice, C-319/22, 9 November 2023 | a vehicle's number is personal data for whoever can reasonably link it to a person | by analogy; untested |
# | ***Schmidt v. Norfolk***, E.D. Va., 27 January 2026 | 176 plate cameras upheld: they do not capture the whole of anyone's movements, "not today"; an appeal was announced | not decided |
#
# And the company that the course began with, for faces:
#
# | Clearview AI | | Where to read it |
# |---|---|---|
# | **United States** | class settlement approved 20 March 2025: a contingent stake of 23 %, estimated at $51.75 million; not a fine | *In re Clearview AI*, N.D. Ill., No. 1:21-cv-00135 |
# | **European Union** | fines of about €96 million (France, Greece, Italy; the Netherlands €30.5 million, September 2024), largely unpaid | the four authorities; for the last, Autoriteit Persoonsgegevens |
# | **United Kingdom** | £7.5 million fine overturned in 2023; jurisdiction restored in October 2025 and sent back: not final | [2025] UKUT 319 (AAC) |
#
# Court cases go on. The table stood so when this was written; look them up by these names before you quote it. None of this
# is legal advice.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Do not sell comfort. The strongest items are dull: deletion, and asking. Ask the room who of them owns a camera or a database: they can do more than any driver."
# ## 12 · What a person can do today
#
# **As a driver: little.** No defence of section 5 is yours. You can
#
# - ask who keeps what, and for how long. In California, of a business: Civil Code §§ 1798.110 and 1798.105. In the EU, of
#   anyone who holds it: GDPR, articles 15 (access) and 17 (erasure). It works where somebody can tell which data are yours.
# - ask your city, before it buys: how long are vectors kept, who may search, who counts the wrong links?
# - not count on a cloak.
#
# **As someone with a camera or a database: much.** Delete soon. Store no vectors that nobody needs. Count at the camera,
# and send the count. Test every defence against a tracker that knows it. That is also where law can reach: whoever holds
# the pictures can be told what to do.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes, live. Let the room propose a defence and a strength; type it in and read out what the check says. Typical first answers: the key (perfect off the shelf), the strongest mask (useless)."
# ## Your turn
#
# **Exercise 1, together.** You advise the owner of the cameras. Nine tenths of the use must be kept. Which defence, at
# which strength, buys back the largest share of the bits from the best tracker? Everything is in `results`. The rows "none"
# are those without a defence.

# %%
results[["defence", "strength", "tracker", "evidence", "bits", "usefulness"]].round(1).iloc[
    [2, 5, 8, 9, 10, 11]
]

# %% tags=["exercise"]
choice = ...  # such as ("blur", 2)
check_defence(choice, results, usefulness=0.9)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# For each defence and strength keep the row with the most bits: `results.loc[results.groupby(["defence",
# "strength"]).bits.idxmax()]`. Drop those with too little usefulness. The share bought back is 1 − bits / bits before.
# Defences of the database are measured with the clock, and are compared with the row "none" with the clock.
#
# </details>

# %% tags=["solution"] jupyter={"source_hidden": true, "outputs_hidden": true}
choice = tuple(headline(results, 0.9).iloc[0][["defence", "strength"]])
check_defence(choice, results, usefulness=0.9)

# %% [markdown]
# **Exercise 2, at home.** Break the key yourself. You get the vectors of known vehicles at both cameras, row by row the
# same vehicle. Return the matrix that takes `a` to `b`.


# %% tags=["exercise"]
def matrix_of(a, b):
    return ...


check_key_broken(matrix_of, databases[64])

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `np.linalg.lstsq(a, b)` finds the matrix for which `a @ matrix` is nearest to `b`. It is the first of the things that it
# returns.
#
# </details>


# %% tags=["solution"] jupyter={"source_hidden": true, "outputs_hidden": true}
def matrix_of(a, b):
    return fit_map(a, b)


check_key_broken(matrix_of, databases[64])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Then the meter: what would have been, not what is. Hand over to 09."
# ## What to take away
#
# - **A table of vectors gives away a look, a colour and a trip**, without one picture. ReID data is personal data.
# - **Judge a defence by the best tracker, at equal usefulness.** Off the shelf, nearly everything seems to work.
# - **A defence that looked perfect fell** to a thief who knew some vehicles; and a cloak cannot be issued again.
# - **The driver holds no defence.** Owners and lawmakers do, and the law hardly knows vehicles yet.
#
# The meter last. What has leaked does not come back. This is what it *would* show, had the best useful defence of the
# database been in force from the first day: first at nine tenths of the use, then as you like.

# %%
meter = privacy.LeakageMeter.load_or_default("meter.json").upto("all trips at once")


def with_defence(values):
    """The meter, had the best defence that keeps so much use been in force."""
    return show.bits_given(meter.after(bought_back_step(meter, results, values["usefulness"])))


Sliders(
    with_defence,
    [Float("usefulness", 0.0, 1.0, default=0.9, step=0.05, unit="least share kept")],
    describe=lambda figure: figure.title,
    prediction=predict(
        "The database may lose a tenth of its use. How many of the bits that linking gave are bought back?",
        f"{-bought_back_step(meter, results, 0.9).bits.estimate:.1f}.",
        ["hardly any", "about one", "about two", "nearly all"],
    ),
)

# %% [markdown]
# (A model: the share of an average link's bits that the defence takes, taken off what linking gave here.) Protection worth
# the name costs use. Whether it is worth the price is no technical question.
#
# Next: notebook 09 asks what each step gave away, and adds it up.

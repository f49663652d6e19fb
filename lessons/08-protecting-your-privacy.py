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
# 2. judge a defence by the best tracker against it, and by what its owner needs;
# 3. break a defence that looked perfect;
# 4. say who could protect a driver, and what the law covers.
#
# **No vehicle here is real.** The road is simulated, so we know the truth about every vehicle, and can count.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
import pandas as pd

from cctview import dataset, privacy, show
from cctview.attacks import fit_map, infer_attribute
from cctview.course import (
    KeyedDatabase,
    ask,
    check_defence,
    check_key_broken,
    choose_examples,
    defended_pictures,
    link_rates,
    open_breach,
    open_lesson,
    rebuild,
    who_needs_what,
)
from cctview.course.figures import defences, lesson_08, rebuilding
from cctview.defences import (
    DEFENCES,
    TRACKERS,
    USES,
    at_strength,
    bought_back_step,
    headline,
    noise_deviation,
    stored,
    stored_draws,
    unprotected,
)
from cctview.show import Choice, Int, Sliders, Steps

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

# %% jupyter={"source_hidden": true}
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

# %%
rates = link_rates(breach)
assert rates.estimate["by looks and clock"] > 100 * rates.estimate["by chance"]
ask(
    "08 with the times",
    show.bars(
        rates,
        "right vehicle first at another camera",
        f"With the times, {show.percent(rates.estimate['by looks and clock'])} of the links are right",
    ),
    of=rates.estimate["by looks and clock"],
    alone=rates.estimate["by looks"],
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

# %% jupyter={"source_hidden": true}
ask("08 drivers", lesson_08.who_can(DEFENCES.values()))

# %% [markdown]
# A driver cannot change the city's pixels. Paint, stickers or a roof rack change the vehicle, but not what makes it
# findable: it then is the one with the sticker. Covering a plate does not help here: no plate was ever read.
#
# | defence | what it does |
# |---|---|
# | **cloak** | changes each picture too little to see, so that the network takes the vehicle for another. It is computed by *PGD* (projected gradient descent) for each picture; a *universal* cloak is one pattern for all |
# | **key** | turns the vectors of each camera by a secret rotation |
# | **k-same** | gives groups of passes one mean vector |
# | **noise** | adds random numbers to a vector |
# | **no vectors** | stores the camera and the time of a pass, and no vector |
# | **retention** | deletes a pass after some seconds |
#
# **A cloak on the road is [evasion](glossary.md#evasion).** The network has learned already, and the cloak deceives it when it searches. The cloaks
# for faces that you have perhaps heard of (Fawkes, LowKey) are [poisoning](glossary.md#poisoning): they change the photos from which a recogniser
# is *still to learn*. We measure evasion alone; figures of the one say nothing about the other.
#
# **Noise and [differential privacy](glossary.md#differential-privacy).** Enough noise gives a guarantee: whatever is released is almost as probable for one
# vehicle as for any other. Its size is called epsilon. Above 10 the guarantee says nothing that helps, so we do not call it
# differential privacy there. And looks add up. A camera has about three looks at a pass, and six cameras make 18 looks a day. To
# add the epsilons of the looks is simple and a little pessimistic; for this noise the exact value is known, and smaller.


# %%
a_look = noise_deviation(100)

# %% jupyter={"source_hidden": true}
ask("08 epsilon", defences.spent(round(a_look, 2), 18, 30))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Let the room choose a defence and a strength. Ask: would you feel safe? Then change the tracker from off the shelf to adaptive. Do blur, then the key, then retention. Usual wrong belief: what I cannot recognise, a machine cannot."
# ## 6 · Four trackers
#
# Does a defence work? The answer depends on who attacks. We measure each one against four trackers:
#
# - **off the shelf**: the network as it is, one picture of each pass;
# - **retrained**: has learned from other vehicles' data, defended in the same way;
# - **adaptive**: knows the defence. It also averages over all pictures of a pass, undoes what can be undone, and uses
#   whatever works best;
# - **another network**: has the pictures, and a network that the defence was not made for. (Ours was taught with other vehicles,
#   at six simulated cameras that the course does not have. A thief who has vectors and no pictures cannot be this tracker.)
#
# It is easy to judge a defence by the first. The adaptive tracker is the default here, because people who really want to know
# adapt.
#
# Left are **bits**: how much a link between two cameras tells of the vehicle. (0 is nothing; the bits needed to pick one of
# 440 passages are 8.8.)

# %% jupyter={"source_hidden": true}
results = stored()
trackers = [name for name in TRACKERS if name in set(results.tracker)]


def defend(values):
    """One defence at one strength: what there is to see, and the bits that it leaves."""
    rows = at_strength(results, values["defence"], values["strength"])
    pictures, what = defended_pictures(
        examples, breach, DEFENCES[values["defence"]], rows.strength.iloc[0]
    )
    return lesson_08.defended(rows, pictures, values["tracker"], unprotected(results, rows), what)


blur = at_strength(results, "blur", 3).set_index("tracker").bits
Sliders(
    defend,
    [
        Choice("defence", list(DEFENCES), default="blur"),
        Steps("strength", {"weak": 1, "medium": 2, "strong": 3}, default=3),
        Choice("tracker", trackers, default="adaptive"),
    ],
    prediction=ask(
        "08 blur",
        of=blur["adaptive"] / blur["off the shelf"],
        shelf=blur["off the shelf"],
        adaptive=blur["adaptive"],
        unprotected=unprotected(results),
    ),
)

# %% [markdown]
# For a pixel defence, the strip shows what the camera sends. For the others it shows the picture that a thief could rebuild
# from the defended vectors.
#
# **What the owner keeps** is four numbers and not one: vehicles *counted* and *speeds* measured by the course's own
# [detector](glossary.md#detector) and tracker on defended frames; *travel times* between two cameras, which need the stored
# times; and *types* of vehicles (van, sedan, …) told apart by the vectors. Each is a share of what it is without the defence.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Eight minutes. This is the figure of the lesson. Ask the room who they are: a city that counts, a city that measures travel times, a bridge with tolls by type. Tick what they need, and leave the thief off the shelf. The key looks perfect. Now be the thief, and let the room choose the attack: off the shelf first, then adaptive. Go back, and choose the best of these thieves, with the times. Ask what changed. Then tick travel times as well."
# ## 7 · Who needs what?
#
# Now you own a database of passes, with vectors and times. What is it for? Tick what you need, and choose the thief that you fear. Each point is
# a defence at one strength: high is good for the drivers, left is good for you. The green part keeps nine tenths of what you need. The best
# defence there is chosen on one half of the vehicles, and judged on the other: the best of some twenty looks better than it is, if the
# vehicles that choose it also judge it.
#
# Then change sides. You are the thief, you see which defence the owner chose, and you choose the attack.

# %% jupyter={"source_hidden": true}
who_needs_what(results, stored_draws())

# %% [markdown]
# **An owner who says what the data are for can give nearly everything else back.** In data protection this is called
# [purpose limitation](glossary.md#purpose-limitation). It fails where the purpose itself needs links: travel times are links.
#
# An owner who only counts, or who needs types as well, takes nearly everything from the best thief: such an owner deletes every pass after half a
# minute. An owner who needs all four takes hardly anything. And a defence is worth only what it takes from the *best* thief. Off the shelf the key
# was perfect.
#
# A defence of vectors leaves the times. Against a thief who does not use them, noise and "no vectors" seem to take everything.

# %% [markdown] slideshow={"slide_type": "slide"}
# **The worst case over trackers, for an owner who needs all four.** The outlines show how a defence looks against the weakest
# tracker.

# %%
best = headline(results)
defences.worst_case(best, 0.9)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Off the shelf the key is perfect: zero bits. Ask: how would you break it? The thief needs some vehicles he knows at both cameras: his own car, a bus line, a friend's. Move the slider to 10, 50, 200."
# ## 8 · Break it: the secret key
#
# Against the tracker off the shelf one defence was perfect. Each camera's vectors are turned by a secret rotation. Then no
# two cameras can be compared, and the database still counts and tells types apart.
#
# But a rotation is the same for all vehicles. Whoever knows *some* vehicles at both cameras can learn how the one camera's
# vectors turn into the other's. Whom would a thief know? His own car. A bus line. A taxi with a receipt.

# %% jupyter={"source_hidden": true}
FIRST, SECOND = "733-681-N", "735-683-N"
databases = {
    kept: KeyedDatabase(breach, (FIRST, SECOND), kept) for kept in DEFENCES["key"].strengths
}
COUNTS = (0, 5, 10, 20, 35, 50, 75, 100, 150, 200, 250)


def break_key(values):
    """The thief's success by the number of known vehicles."""
    database, known = databases[values["numbers_kept"]], values["known_vehicles"]
    found = {count: database.found(count) for count in {*COUNTS, known}}
    return lesson_08.key_broken(found, database.unprotected(), known)


database = databases[256]
fifty = database.found(50)["estimate"] / database.unprotected()["estimate"]
Sliders(
    break_key,
    [
        Int("known_vehicles", 0, 250, default=50, step=10),
        Choice("numbers_kept", list(databases), default=256),
    ],
    prediction=ask("08 key", of=fifty),
)

# %%
assert database.found(50)["low"] > database.found(0)["high"], "the key must be broken clearly"

# %% [markdown]
# A key buys time, not bits. Changing it often helps only as long as nobody knows enough vehicles of the time in between.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes. The cloak was made with full knowledge of the network: more than anybody on the road has. It fools that network. Then take another network. Then give the cloak a target and ask the room whom the police will visit. Read the sentence about scraping slowly."
# ## 9 · Break it: the cloak
#
# The cloak by PGD was computed with full knowledge of the network: more than any driver has. Levels are steps of a pixel's
# brightness, of 255; two are invisible. Here the pictures of one camera are cloaked, and each vehicle is looked for at the
# next camera by three networks. The cloak was made for the first of them.
#
# A cloak can also have a **target**: another vehicle that the network should take it for. (For faces this is called
# impersonation.) Then it does not only hide one driver. It accuses another.

# %%
cloaks = dataset.read_result("cloaks.csv")

framed = cloaks.query("aim == 'target' and levels == 8 and outcome == 'the target'").share.max()

# %% jupyter={"source_hidden": true}
ask("08 framed", defences.blamed(cloaks, "target", 8), of=framed)

# %% [markdown]
# Against the network that it was computed for, the cloak works. **Another network hardly notices it.** But people who know the
# network of the police can have an innocent driver named first.
#
# A tracker that trained for a few minutes on cloaked pictures of other vehicles wins much back as well:

# %%
lesson_08.by_strength(results, "cloak")

# %% [markdown]
# **A cloak cannot be issued again.** Once a picture is taken and copied, its cloak is fixed, and must fool every extractor
# that is ever trained. The tracker only needs to win once, later. For faces that is known:
#
# - Fawkes (2020), which is poisoning, reported over 95 % protection (arXiv 2002.08327).
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
# So do not apply our figures to faces. NIST's are: in 2018, 0.2 % of searches failed in a gallery of 12 million (NISTIR 8238).

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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Do not sell comfort. The strongest items are dull: not to store what nobody needs, to delete the rest soon, and to ask. Ask the room who of them owns a camera or a database: they can do more than any driver."
# ## 12 · What a person can do today
#
# **As a driver: little.** No defence of section 5 is yours. You can
#
# - ask who keeps what, and for how long. In California, of a business: Civil Code §§ 1798.110 and 1798.105. In the EU, of
#   anyone who holds it: GDPR, articles 15 (access) and 17 (erasure). It works where somebody can tell which data are yours.
# - ask your city, before it buys: how long are vectors kept, who may search, who counts the wrong links?
# - not count on a cloak.
#
# **As someone with a camera or a database: much.** Say first what the data are for (section 7), and store only what that
# needs. For counts, count at the camera and send the count. For types as well, delete each pass after half a minute. Where you
# need travel times you need links, and then no defence here helps much. Test every defence against a tracker that knows it,
# and against another network. That is also where law can reach: people who hold the pictures can be told what to do.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes, live. Let the room propose a defence and a strength; type it in and read out what the check says. Typical first answers: the key (perfect off the shelf), the strongest mask (useless)."
# ## Your turn
#
# **Exercise 1, together.** You advise the owner of a bridge, who counts vehicles and needs their types for the toll. Of both, nine
# tenths must be kept. Which defence, at which strength, buys back the largest share of the bits from the best tracker?
# Everything is in `results`. The rows "none" are those without a defence.

# %%
NEEDS = ["counting", "types"]
results[["defence", "strength", "tracker", "evidence", "bits", *NEEDS]].round(2).iloc[::12]

# %% tags=["exercise"]
choice = ...  # such as ("blur", 2)
check_defence(choice, results, usefulness=0.9, needs=NEEDS)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# For each defence and strength keep the row with the most bits: `results.loc[results.groupby(["defence",
# "strength"]).bits.idxmax()]`. Drop those with too little counting or types. The share bought back is
# 1 − bits / bits before.
# Defences of the database are measured with the clock, and are compared with the row "none" with the clock.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# choice = tuple(headline(results, 0.9, NEEDS).iloc[0][["defence", "strength"]])
# check_defence(choice, results, usefulness=0.9, needs=NEEDS)
# ```
#
# </details>

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

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def matrix_of(a, b):
#     return fit_map(a, b)
#
# check_key_broken(matrix_of, databases[64])
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Then the meter: what would have been, not what is. Hand over to 09."
# ## What to take away
#
# - **A table of vectors gives away a look, a colour and a trip**, without one picture. ReID data is personal data.
# - **Ask first what the data are for.** An owner who counts can give back nearly everything; an owner who needs travel times
#   cannot.
# - **Judge a defence by the best tracker**, one with another network among them. Off the shelf, nearly everything seems to work.
# - **A defence that looked perfect fell** to a thief who knew some vehicles; and a cloak cannot be issued again.
# - **The driver holds no defence.** Owners and lawmakers do, and the law hardly knows vehicles yet.
#
# The meter last. What has leaked does not come back. This is what it *would* show, had the best useful defence of the
# database been in force from the first day. Nine tenths of counting and of types are kept.

# %%
meter = privacy.LeakageMeter.load_or_default("meter.json").upto("all trips at once")


def taken(needs):
    """Bits that the best useful defence of the database takes back."""
    return -bought_back_step(meter, results, 0.9, needs).bits.estimate


# %% jupyter={"source_hidden": true}
ask(
    "08 two owners",
    show.bits_given(meter.after(bought_back_step(meter, results, 0.9, ["counting", "types"]))),
    types=taken(["counting", "types"]),
    all=taken(USES),
)

# %% [markdown]
# (A model: the share of an average link's bits that the defence takes, taken off what linking gave here.) Protection
# costs little where nobody needs the links, and much where somebody does.
#
# Next: notebook 09 asks what each step gave away, and adds it up.

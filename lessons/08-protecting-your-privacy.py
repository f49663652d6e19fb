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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Run all cells before the room comes in. Ask for a show of hands for each of the four vehicles; nobody can tell, so the hands fall evenly. Then choose, and let the rebuilt picture appear. Wait until somebody says which one it is. Then ask: do you still think that a table of numbers is no picture?"
# # 08 · Protecting your privacy
#
# **What can be done?** Be the thief first. The pictures are deleted, and you stole the numbers that were kept: whose are they?

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np
import pandas as pd

from cctview import dataset, privacy, show
from cctview.attacks import fit_map, infer_attribute
from cctview.course import (
    QUESTIONS,
    KeyedDatabase,
    ask,
    check_defence,
    check_key_broken,
    choose_examples,
    clearest,
    defended_pictures,
    link_rates,
    open_breach,
    open_lesson,
    rebuild,
    the_city,
    who_needs_what,
)
from cctview.course.figures import lesson_08 as figures
from cctview.defences import (
    DEFENCES,
    PRIVATE,
    TRACKERS,
    USES,
    at_strength,
    bought_back_step,
    noise_deviation,
    spent_epsilon,
    stored,
    stored_draws,
    unprotected,
)
from cctview.show import Choice, Int, Quiz, Sliders, Steps

lesson = open_lesson()
breach = open_breach(lesson)
examples = choose_examples(lesson, breach)
again = rebuild(lesson, breach, examples.vectors)
four = examples.images[:4]
whose = clearest(four, again.decoded[:4])
figures.numbers(examples.vectors[whose], four)

# %% jupyter={"source_hidden": true}
blank = np.full_like(again.decoded[0], 255)
ask(
    "08 whose numbers",
    figures.rebuilt(
        {
            "the four": four,
            "rebuilt from\nthe numbers": [
                again.decoded[k] if k == whose else blank for k in range(4)
            ],
        },
        "The numbers give a picture back",
        [str(k + 1) for k in range(4)],
    ),
    of=whose + 1,
)

# %% [markdown]
# You could only guess, and yet a small program gave the picture back. So "we keep only the numbers" does not protect anybody by itself. We
# look for something that does.

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 35 minutes, with the exercises 50</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: [notebook 05](05-tracking.ipynb), where a network turns a crop into a vector. It
# is enough to know that similar vehicles have similar vectors.
#
# After this notebook you can
#
# 1. say what a table of vectors gives away, without one picture;
# 2. judge a defence by the best thief, and by what the owner needs;
# 3. break a defence that looked perfect;
# 4. say what a face can wear, what the law covers, and what people can do.
#
# **No vehicle here is real.** The road is simulated, so we know which links are correct.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. First row: what was deleted. Second row: made from the numbers alone. The third row is the fair rival, a look-alike. Ask whether the second row shows the vehicle better than the third. Opinions differ, and that is the next question." slide="## What does a vector give away?\n\nThe owner says: \"We store no images.\" There is still a vector for each pass, with its camera and its time.\n\n*What can a thief make of that?*"
# ## 1 · What does a vector give away?
#
# Many owners say: "we store no images". They keep a table of vectors, so we ask what it gives away. A [pass](glossary.md#pass) is one vehicle that drives past one camera. The table holds for each pass the camera, the time, and an [embedding](glossary.md#embedding), which is the vector of numbers that the network made of a crop. The thief has the same network,
# because anyone can download it, and crops of *other* vehicles to learn from.
#
# The thief trained a small network on these crops, the [decoder](glossary.md#decoder), which turns a vector back into a picture. This is called
# [inversion](glossary.md#inversion). The decoder has never seen a vehicle of these models. Two rivals need no decoder: the crop of a [look-alike](glossary.md#look-alike), which is
# the other vehicle with the most similar vector, and the average of many crops.

# %% tags=["picture"]
figures.rebuilt(
    {
        "deleted": examples.images,
        "from the\nvector alone": again.decoded,
        "a look-alike": again.nearest,
        "the average": again.mean,
    },
    "A vector gives back colour and shape, blurred",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask for the prediction. The usual answer is: much more often. Then open it, and read the row of the other camera aloud: the vector itself finds the vehicle, and nobody needs to look at anything." slide="## Is it this vehicle, or only one like it?\n\nA second network judges. It searches with each picture, first where the crop was taken, then at another camera."
# But does the rebuilt picture show *this* vehicle, or only one like it? A judge decides. The judge is a second network, of another
# kind, which searches for the vehicle with each picture in turn. It searches twice. First it searches the very crops that were deleted, where light,
# pose and background are the same. Then it searches crops of the same vehicles at another camera, where only the vehicle is the same.

# %% jupyter={"source_hidden": true}
judged = dataset.read_result("inversion.csv")
judged = judged[judged.vehicles == judged.vehicles.max()]
by = judged[judged.figure == "top-5"].set_index(["gallery", "method"]).estimate
here, elsewhere = by["the very crop"], by["a crop at another camera"]
assert here["gain"] > 2 * elsewhere["gain"], "the text says that little is left of it elsewhere"
assert elsewhere["vector itself"] > elsewhere["nearest other vehicle"], "text and quiz say so"
ask(
    "08 another camera",
    figures.whose_picture(judged),
    of=elsewhere["rebuilt picture"] / elsewhere["nearest other vehicle"],
    made=elsewhere["rebuilt picture"],
    other=elsewhere["nearest other vehicle"],
    vector=elsewhere["vector itself"],
)

# %% [markdown] slide="**The vector itself finds the vehicle at the other camera, too**, and nobody has to rebuild anything first."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# The decoder rebuilds *that crop*, with its light, its pose and its colours. Of what it gains over a look-alike's crop,
# little is left at another camera. But the last bar matters more: **the vector itself finds the vehicle at the other camera, too**, and nobody has to rebuild anything first.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. The printed line is the colour. Then ask for the prediction about links. By appearance alone few are right, with the clock many more. People forget that the times were stolen too. Read the box slowly: it is the title of the article that this notebook follows." slide=""
# The thief needs no decoder to learn one thing, such as the colour. A [linear probe](glossary.md#linear-probe) is the simplest reader there is: it multiplies each number of the vector by a weight of its own, and
# adds up. It learns from vehicles that the thief knows, and then reads the colour of others:

# %% jupyter={"source_hidden": true}
read = infer_attribute(breach.stolen, "family", breach.known).figures()
assert read.low["probe"] > read.high["baseline"]
print(
    f"The probe reads {show.percent(read.estimate['probe'])} of the colours correctly"
    f" (95% CI {show.percent(read.low['probe'])} to {show.percent(read.high['probe'])}).\nA guess"
    f" from camera and size reads {show.percent(read.estimate['baseline'])}, of six colours."
)

# %% [markdown]
# Finally, the thief does the thing that the vectors were made for, and [links](glossary.md#link) passes: the thief says which two are one vehicle. For each pass at one camera, the thief ranks all passes at another camera by how well they fit.

# %% jupyter={"source_hidden": true}
rates = link_rates(breach)
assert rates.estimate["by appearance and clock"] > 100 * rates.estimate["by chance"]
with_times = rates.estimate["by appearance and clock"]
ask(
    "08 with the times",
    show.bars(
        rates,
        "share of passes whose own vehicle comes first at another camera",
        f"With the times, {show.percent(with_times)} of the links are correct",
    ),
    of=with_times,
    alone=rates.estimate["by appearance"],
)

# %% [markdown]
# > ### ReID data is personal data
# > [Re-identification](glossary.md#re-identification), or ReID, means to recognise one vehicle or person at many cameras. A vector that is made for it holds what
# > one frame showed, and it finds the same vehicle again. Deleting the pictures does not change that.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Let the room name defences first: blur, noise, encryption, delete after a day. Then ask for the prediction, and open the figure. The empty column is the point." slide="## Who could protect a driver?\n\n- **Pixels**: blur, mask or cloak the crop\n- **Vectors**: add noise, drop numbers, turn them by a key\n- **Database**: delete soon, keep coarse times, store no vectors"
# ## 2 · Who could protect a driver?
#
# Vectors give so much away that people have invented many defences. A defence can change the **pixels** that a camera sends, the **vectors**
# that are computed from them, or what the **database** keeps. Before we test a defence, we ask who could switch it on.
#
# | defence | what it does |
# |---|---|
# | pixelate, blur, JPEG, mask | make each crop coarser, or cover a part of it |
# | [**cloak**](glossary.md#cloak) | changes pixels too little to see, so that the network takes the vehicle for another one; a **universal cloak** is one pattern for all crops |
# | [**noise**](glossary.md#noise) | adds random numbers to each vector |
# | **quantise, drop** | keep fewer digits, or fewer numbers, of each vector |
# | **no vectors** | stores the camera and the time of a pass, and nothing else |
# | [**key**](glossary.md#key) | turns the vectors of each camera by a secret rotation |
# | [**retention**](glossary.md#retention) | deletes each pass after some seconds |
# | **coarse time** | stores the time to ten seconds, a minute or five minutes |
# | [**k-same**](glossary.md#k-same) | gives groups of similar passes one average vector |

# %% jupyter={"source_hidden": true}
people = ("driver", "camera's owner", "database's owner", "law")
hands = {who: ["yes" if who in one.who else "–" for one in DEFENCES.values()] for who in people}
ask(
    "08 drivers",
    pd.DataFrame(hands, index=[f"{one.name} ({one.where})" for one in DEFENCES.values()]),
)

# %% [markdown]
# Two words are easily mixed up. A cloak on the road is [evasion](glossary.md#evasion): the network has learned already, and the cloak deceives it during a search.
# The cloaks for faces that you may have heard of, such as Fawkes, are [poisoning](glossary.md#poisoning): they change the photos from which a network
# *will learn*. We measure evasion. Our numbers say nothing about poisoning.
#
# Noise comes with a mathematical guarantee, called [differential privacy](glossary.md#differential-privacy): what is released is almost as likely for one
# vehicle as for any other. A number called [epsilon](glossary.md#epsilon) says how much "almost" allows, and it grows with every look at a vehicle:

# %% jupyter={"source_hidden": true}
ONE, LOOKS = 100, 18
print(
    f"If one look spends an epsilon of {ONE}, six cameras with three looks each spend"
    f" {ONE * LOOKS:,} a day\n(the looks added up); computed exactly, it is"
    f" {spent_epsilon(noise_deviation(ONE), LOOKS):,.0f}. Above about {PRIVATE:.0f} the guarantee"
    " promises nothing that helps."
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Ask for the prediction about blur. Then let the room choose a defence and a strength, and ask: would you feel safe? Only then change the thief. Do blur, the key, then retention. Usual wrong belief: a crop that I cannot recognise, a network cannot recognise." slide="## Does a defence work? Four thieves answer\n\n- **Off the shelf** takes the network as it is\n- **Retrained** learned from defended crops\n- **Adaptive** knows the defence\n- **Another network** is one that the defence was not made for"
# ## 3 · Does a defence work? Four thieves answer
#
# The answer depends on the [thief](glossary.md#thief), so we measure each defence against four. All of them want to link passes.
#
# - **Off the shelf**: uses the network as it is, and one crop of each pass.
# - **Retrained**: has learned from other vehicles' data that were defended in the same way.
# - **Adaptive**: knows the defence, uses all crops of a pass, undoes what can be undone, and takes the attack that works best.
# - **Another network**: has the pictures, and a network that the defence was not made for.
#
# The bars show how many [bits](glossary.md#bit) a link between two cameras still gives away: each bit halves the number of passes that it could be.
# If a defence changes pixels, the crops above the bars show what the camera sends. Otherwise they show what the decoder rebuilds from the defended vectors.
# Choose a **defence**, its **strength** and a **thief**. *Kept* says how much the owner can still do: count vehicles and measure speeds at one camera, measure travel times between two cameras, and read types of vehicle off the vectors.

# %% jupyter={"source_hidden": true}
results = stored()
results["bits"] = results.bits.clip(lower=0)  # noise can leave a little less than nothing
thieves = [name for name in TRACKERS if name in set(results.tracker)]


def defend(values):
    """One defence at one strength: what there is to see, and the bits that it leaves."""
    rows = at_strength(results, values["defence"], values["strength"])
    pictures, what = defended_pictures(
        examples, breach, DEFENCES[values["defence"]], rows.strength.iloc[0]
    )
    return figures.defended(rows, pictures, values["thief"], unprotected(results, rows), what)


blur = at_strength(results, "blur", 3).set_index("tracker").bits
Sliders(
    defend,
    [
        Choice("defence", list(DEFENCES), default="blur"),
        Steps("strength", {"weak": 1, "medium": 2, "strong": 3}, default=3),
        Choice("thief", thieves, default="adaptive"),
    ],
    prediction=ask(
        "08 blur",
        of=blur["adaptive"] / unprotected(results),
        shelf=blur["off the shelf"],
        adaptive=blur["adaptive"],
        unprotected=unprotected(results),
    ),
)

# %% [markdown] slide="**A defence looks good against a thief who knows little.** A crop that no person can recognise can be enough for a network that learned from such crops."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# A defence looks good against a thief who knows little. A crop that no person can recognise can be enough for a network that learned from such crops.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Eight minutes, the heart of the lesson. Ask the room who they are: a city that counts, a city that measures travel times, a bridge with tolls by type. Tick what they need, and leave the thief off the shelf. The key looks perfect. Now be the thief, and let the room choose the attack: off the shelf first, then adaptive. Go back, choose the best of these thieves, with the times. Ask what changed. Then tick travel times as well. Open the fold last." slide="## Who needs what?\n\nNow *you* own the database. What do you need it for, and which thief do you fear?"
# ## 4 · Who needs what?
#
# A defence also costs its owner something. So change sides: now you own the database. Tick what you need it for, and choose the thief that you fear.
# Each point is a defence at one strength. High is good for the drivers, left is good for you, and the green part keeps nine
# tenths of what you need. Then change sides again: be the thief, and choose the attack.

# %% jupyter={"source_hidden": true}
who_needs_what(results, stored_draws())

# %% [markdown] slide="## Say what the data are for. Give the rest back\n\nData protection calls this **purpose limitation**. A defence is worth only what it takes from the *best* thief."
# <details><summary><b>When you have played both sides: what we take from it</b></summary>
#
# Owners who say what their data are for can give nearly everything else back. Data protection calls this
# [purpose limitation](glossary.md#purpose-limitation). An owner who needs counts and types deletes every pass after half a minute, and the best thief is left with almost nothing.
# It works less well where the purpose itself is to link. Travel times *are* links, so an owner who needs them can give back only a part. An owner who needs all four can give back hardly anything.
#
# A defence is worth only what it takes from the *best* thief. And a defence of vectors leaves the times,
# so against a thief who ignores the times, noise and "no vectors" look better than they are.
#
# (The best defence was chosen on one half of the vehicles and judged on the other. Otherwise the best of some fifty would look better than it is.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Against the thief off the shelf the key is perfect: no bits are left. Ask: how would you break it? Wait. The thief needs some known vehicles at both cameras: the thief's own car, a bus line, a friend's car. Ask for the prediction, then move the slider to 10, 50, 200." slide="## Break it: the secret key\n\nEach camera's vectors are turned by a secret rotation, the same for all vehicles.\n\n*You know some vehicles that pass both cameras. What do you do?*"
# ## 5 · Break it: the secret key
#
# The key looked perfect against the thief off the shelf, so we attack it properly. Each camera's vectors are turned by a secret rotation.
# Then no two cameras can be compared, and the owner can still count vehicles and tell their types.
#
# But the rotation is the same for all vehicles. A thief who knows *some* vehicles at both cameras can learn from them how one
# camera's vectors turn into the other's. Such vehicles are the thief's own car, a bus of a known line, and a taxi with a receipt. Move the number of **known vehicles**.

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
    return figures.key_broken(found, database.unprotected(), known)


database = databases[256]
fifty = database.found(50)
assert fifty["low"] > database.found(0)["high"], "the key must be broken clearly"
Sliders(
    break_key,
    [
        Int("known_vehicles", 0, 250, default=50, step=10, label="known vehicles"),
        Choice("numbers_kept", list(databases), default=256, label="numbers kept"),
    ],
    prediction=ask("08 key", of=fifty["estimate"] / database.unprotected()["estimate"]),
)

# %% [markdown] slide="**A key buys time and not safety.** A few dozen known vehicles undo much of it for all the others."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# A few dozen known vehicles undo much of the key for all the others. A key buys time and not safety, and it would have to change before any thief has met so many.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Run the cell and read the two numbers. Ask why the second is larger although each pixel moves so little. The usual wrong idea: the network has a bug. It does not have one; there are just very many pixels." slide="## Why do small changes fool a network?\n\nA **cloak** changes each number of a crop too little to see. But there are tens of thousands of them, and **all changes push the same way**."
# ## 6 · Why do small changes fool a network?
#
# A cloak attacks the network itself: no person sees it, and the network sees another vehicle. We build one neuron to find out why. A neuron is the smallest part of a network: it multiplies each number of a crop by a weight of its own, and adds up.

# %%
rng = np.random.default_rng(0)
numbers = 128 * 128 * 3  # in a crop
weights = rng.choice([-1, 1], numbers)  # of the neuron
crop = rng.normal(size=numbers)  # each number scatters by about 1
nudge = 0.02 * weights  # a fiftieth of that, each in the direction of its weight
print(f"the crop: {crop @ weights:+.0f}   the nudge: {nudge @ weights:+.0f}")

# %% [markdown] slide="## Whom does the search blame?\n\nA cloak can have a **target**: another vehicle that the network should see."
# The numbers of the crop mostly cancel one another, because they point in all directions. The nudges are tiny, but all of them push the same way, and there
# are tens of thousands. So a change that nobody sees can outweigh the whole crop. Two papers found this: *Intriguing properties of neural networks*
# ([arXiv 1312.6199](https://arxiv.org/abs/1312.6199), 2013) and *Explaining and Harnessing Adversarial Examples* ([arXiv 1412.6572](https://arxiv.org/abs/1412.6572), 2014). One pattern can
# even fool a network on nearly all pictures ([arXiv 1610.08401](https://arxiv.org/abs/1610.08401), 2016).
#
# A cloak can also have a **target**, which is another vehicle that the network should see. For faces this is called [impersonation](glossary.md#impersonation). We tried it on the
# simulated road: the crops of one camera are cloaked, with full knowledge of our network, and each vehicle is searched for at the next camera. Whom does the search blame?

# %% jupyter={"source_hidden": true}
cloaks = dataset.read_result("cloaks.csv")
shares = cloaks.query("aim == 'target' and levels == 8").set_index(["network", "outcome"]).share
plain = cloaks.query("aim == 'none' and outcome == 'itself'").set_index("network").share
assert shares["the second", "itself"] > 0.5 * plain["the second"], "it is fooled less"
assert shares["the extractor", "itself"] < 0.2 * plain["the extractor"], "it is fooled"
ask(
    "08 framed",
    figures.blamed(cloaks, 8),
    of=shares["the extractor", "the target"],
    own=shares["the extractor", "itself"],
    bare=plain["the extractor"],
    plain=plain["the second"],
    cloaked=shares["the second", "itself"],
)

# %% [markdown]
# Another network is fooled much less: it still names most of the vehicles that it named before, and hardly ever the target. So the cloak hides the driver from one system only. Where it succeeds, the search names a vehicle that somebody chose in
# advance, and people tend to believe the first name. With faces it has succeeded more often (section 7).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes, and the first question of every room: what about the glasses? Go through the table row by row; ask each time: against which model, and does it still hold? Then ask which row you can change after a photo has been copied. None." slide="## What can a face wear?\n\n| | since | does it hold? |\n|---|---|---|\n| Make-up and hair | 2010 | no |\n| Infrared lights | 2013 | before some cameras |\n| Printed glasses | 2016 | against one network |\n| Cloaked photos | 2020 | no |\n---\n## A cloak on a photo cannot be issued again\n\nOnce the photo is copied, its cloak must fool every network that will ever be trained. The collector has to win only once."
# ## 7 · What can a face wear?
#
# Vehicles stood in for faces all along, so what about a face? People have tried four kinds of disguise. Ask three things of each: against which
# model did it work, does it still hold, and can it be changed later?
#
# | what | when | against which model | does it hold? |
# |---|---|---|---|
# | **Make-up and hair** ([CV Dazzle](https://adam.harvey.studio/cvdazzle)) | 2010 | the face *detector* of 2001 (Viola and Jones), on the street | No, as its author says (January 2026) |
# | **Infrared lights** on glasses ([Privacy Visor](https://www.cnet.com/culture/privacy-glasses-screw-with-facial-recognition-systems/)) | 2013 | face detectors that look for dark eyes beside a bright nose | Only before cameras that see infrared. We know of no test against today's networks |
# | **Printed glasses** ([Sharif and others](https://www.newscientist.com/article/2111041-glasses-make-face-recognition-tech-think-youre-milla-jovovich/)) | 2016 | chosen face networks. The glasses hide their wearer or *impersonate* somebody: about 90 % success in the best cases, 16 % in another | They are computed for one network. Another network must be fooled anew |
# | **Cloaked photos** ([Fawkes](https://arxiv.org/abs/2002.08327)), which are poisoning | 2020 | networks that will be trained; over 95 % protection reported | No. Collectors wait for a newer network ([ICLR 2022](https://arxiv.org/abs/2106.14851)). Cleaning took two cloaks from 69.8 % to 7.6 % on average ([2024](https://arxiv.org/abs/2406.02253)) |
#
# Only things that you wear can be changed later. **A cloak on a photo cannot be issued again**: once the photo is copied, its cloak must fool
# every network that will ever be trained. The collector has to win only once.
#
# A face is also not a vehicle, so do not carry our numbers over:
#
# | | a face | a vehicle |
# |---|---|---|
# | **How long it lasts** | for life | until it is sold or painted |
# | **Look-alikes** | few | thousands of the same model and colour |
# | **Who has names** | scraped photos: [over 60 billion](https://pxlnv.com/linklog/cbp-clearview), Clearview AI says (contract of February 2026) | the state's register of plates, under the Driver's Privacy Protection Act ([18 USC 2721](https://www.law.cornell.edu/uscode/text/18/2721)) |
# | **How well it works** | in NIST's test on video, 60 to over 99 % were found ([NISTIR 8173](https://doi.org/10.6028/NIST.IR.8173), 2017) | see [our numbers](numbers.md) |
#
# So nothing that a person can wear holds for long, and the things that hold are decided elsewhere.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. This is the town of notebook 00. Ask for the prediction. Then move the days, and watch the home; move the cameras, and watch the trips. Say once: it is a simulated town, and its assumptions have a page of their own. Wrong answer: deleting early changes nothing, because they see me again tomorrow. They do, but tomorrow they no longer know today." slide="## The town again\n\nA council can decide how many cameras there are, and how long their records are kept. *Which of the two would you change first?*"
# ## 8 · What do shorter memory and fewer cameras buy a town?
#
# The strongest defences of section 4 were dull: keep less, and delete sooner. So we return to the town of notebook 00, where plate readers follow
# thousands of invented drivers, and ask what a council could still decide. ([How far to trust the city](city.md).)

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
town = dataset.read_result("city.csv").query("kind == 'plate readers' and drivers == 'everyone'")
town = town.set_index(["cameras", "days", "figure"]).estimate
homes, trips = (
    town.xs(name, level="figure") for name in ("home found", "trips put together, right")
)
ask(
    "08 one day",
    the_city("times", days=0),
    of=homes[176, 1] / homes[176, 28],
    long=homes[176, 28],
    short=homes[176, 1],
    few=homes[40, 28],
    trips_long=trips[176, 28],
    trips_short=trips[176, 1],
    trips_few=trips[40, 28],
)

# %% [markdown]
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# A home shows itself when a car comes back to it, so forgetting soon hides homes. It does not hide the trips of the day that is kept. Fewer cameras hide both.
#
# </details>
#
# Now decide for the town yourself: move the days, the cameras and the kind. The fourth slider makes the times coarser: if only the day of a pass is kept, nobody can tell a trip from the next.
#
# The town rests on assumptions. Which of them moves the result most? Each bar shows how far another assumption would have moved the share of trips that are put together:

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
figures.tornado(dataset.read_result("city-tornado.csv"))

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Ask which of these covers the table that was stolen at the beginning. The honest answer in the United States: hardly any. We are no lawyers, and the table is dated: check it before you quote it." slide="## Does the law protect a vehicle's vector?\n\n| as of November 2026 | |\n|---|---|\n| GDPR | yes, by analogy, for a holder who can link it |\n| AI Act, BIPA | no: faces |\n| California's reader law | it seems not: plates |\n| US courts | open |"
# ## 9 · What does the law say?
#
# Councils decide within the law, so we need to know it. The table is as of **November 2026**. Cases go on, so look one up before you quote it. This is not legal advice.
#
# | law or case | what it says | and a table of vehicle vectors? |
# |---|---|---|
# | [GDPR](https://eur-lex.europa.eu/eli/reg/2016/679/oj), European Union; [C-319/22](https://curia.europa.eu/juris/liste.jsf?num=C-319/22), 9 November 2023 | a vehicle's VIN is personal data for anyone who can reasonably link it to a person | by analogy, yes for such a holder |
# | [*EDPS v SRB*](https://curia.europa.eu/juris/liste.jsf?num=C-413/23), C-413/23 P, 4 September 2025 | whether data identify a person depends on the holder | it decides for vectors, too: who holds them, with what else? |
# | [Directive 2016/680](https://eur-lex.europa.eu/eli/dir/2016/680/oj), European Union | rules for police, in place of the GDPR | yes, where the vectors are personal data |
# | [AI Act](https://eur-lex.europa.eu/eli/reg/2024/1689/oj), art. 5(1)(e), since 2 February 2025 | bans scraping faces from the internet or cameras to build databases, if untargeted | no: faces only |
# | [BIPA](https://www.ilga.gov/legislation/ilcs/ilcs3.asp?ActID=3004), Illinois | scans of faces and hands; templates made *from* photographs count (*In re Clearview AI*, 585 F. Supp. 3d 1111, 2022) | no: not vehicles |
# | [Civil Code § 1798.90.5](https://leginfo.legislature.ca.gov/faces/codes_displaySection.xhtml?lawCode=CIV&sectionNum=1798.90.5), California | systems that read *plates* | it seems not, as no plate is read (our reading) |
# | CCPA and [DROP](https://privacy.ca.gov/drop/), California; since 1 August 2026 brokers must process requests | people can make businesses and data brokers delete | not cities |
# | [*Carpenter*](https://www.supremecourt.gov/opinions/17pdf/16-402_h315.pdf) (2018) and [*Chatrie v. United States*](https://stateofsurveillance.org/news/chatrie-supreme-court-ruling-geofence-warrant-fourth-amendment-search-2026/), No. 25-112, 29 June 2026 | police who demand location records of phones make a search, even for a short time | open; the closest case so far |
# | [*Commonwealth v. McCarthy*](https://law.justia.com/cases/massachusetts/supreme-court/2020/sjc-12750.html), 484 Mass. 493 (2020) | four fixed plate readers were no search; widespread use could be | open: it asks *how many cameras* |
# | [*Schmidt v. Norfolk*](https://footnote4a.org/news/schmidt-amici), E.D. Va., 27 January 2026 | 176 plate cameras upheld, "not today"; the appeal is pending in the 4th Circuit | open |
# | [POST Act](https://council.nyc.gov/amanda-farias/2025/04/15/city-council-passes-expanded-post-act-legislative-package-to-strengthen-transparency-and-oversight-of-nypd-surveillance-technology), New York City, extended by its council in April 2025 | the police must publish which technology they watch with | the city must tell, and can still do it |
#
# Clearview AI, the company that this course began with, shows how slowly the law works. In the United States a class settlement was [approved](https://www.biometricupdate.com/202503/clearview-facial-recognition-service-web-scraping-preserved-with-court-approval) on 20 March 2025, for a stake in the company estimated at $51.75 million. Objectors
# [appealed](https://www.biometricupdate.com/202504/objectors-appeal-clearviews-biometric-data-privacy-settlement-approval), and we found no decision. European authorities imposed fines of nearly €100 million, which are largely unpaid, and a [criminal complaint](https://particle.news/story/noyb-files-criminal-complaint-in-austria-targeting-clearview-ai-over-eu-data-scraping) followed on 28 October 2025. The United Kingdom's fine of £7.5 million
# was overturned in 2023, and in October 2025 the case was [sent back](https://www.pinsentmasons.com/en-gb/out-law/news/ico-wins-appeal-over-clearview-ai-jurisdiction-ruling): it is not final.
#
# So the law protects faces in some places. We know of no place where it clearly protects the vector of a vehicle.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Six minutes. Let pairs talk for two minutes about each question before you open ours. Expected answers to the first: yes, because it errs; no, because it errs; it depends on the cameras. To the second: nothing. Ask the room who of them has a camera or a database: they can do more than any driver." slide="## So are we safe?\n\nTwo minutes in pairs. Then say yes or no, and why.\n---\n## What can I do?\n\n- **A driver** asks who keeps what, and for how long\n- **A resident** asks before the council buys\n- **An owner** stores only what the purpose needs"
# ## 10 · So are we safe? What can I do?
#
# You have seen attacks, defences and laws, so answer these two questions in your own words first. Then compare.
#
# <details><summary><b>So are we safe?</b></summary>
#
# No, and we are not helpless either. Six still cameras on one road link some vehicles wrongly, and each wrong link is somebody else. That is a danger and no protection. Plate readers, many cameras
# and long storage do follow people home. But nearly all of it rests on things that are *stored*. An owner who needs counts loses nothing by deleting after half a minute, and then
# the best thief that we could build finds almost nothing. So safety is a decision, made by people who can be asked, sued and voted out.
#
# </details>
#
# <details><summary><b>What can I do?</b></summary>
#
# **As a driver**, you can do little by yourself. Nothing that you stick on the car helps. But you can ask who keeps what, and for how long. In the European Union you ask by articles 15 and 17 of the GDPR, and the police by the national law under Directive 2016/680. In California you ask businesses, and data brokers through DROP. Asking works where somebody can tell which data are yours.
#
# **As a resident**, you can do more. Ask your council *before* it buys: what is the system for, how long are passes kept, how exact are the times, who can search, and who counts the wrong links? Cities have passed laws that
# force these questions ([community control over police surveillance](https://www.aclu.org/feature/community-control-over-police-surveillance), ACLU; [the same at EFF](https://www.eff.org/issues/community-control-police-surveillance-ccops)).
#
# **As somebody with a camera or a database**, you can do most. Say what the data are for, and store only what that needs. If you need counts, count at the camera and send the count. If you need types as well, delete each pass after half a minute. If you need travel times you need links, and the defences here give back far less; so ask whether you need them. Test each defence against the best attacker, and against another network.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Read a question, take hands for each option, open a wrong option first and read its reason." slide=""
# ## 11 · Three questions

# %% jupyter={"source_hidden": true} slide=""
Quiz(QUESTIONS["08"])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Five minutes, live. Run the worked example and say each line aloud. Then let the room complete the second cell; type what they say, and read out what the check says. Typical first answers: the key, which is perfect off the shelf only, and the strongest mask, which is useless." slide=""
# ## Your turn
#
# **Worked example.** A city only counts vehicles. Which defence leaves the best thief the fewest bits? `results` has a row for each defence, strength and thief (its column `tracker`).

# %%
strongest = results.loc[results.groupby(["defence", "strength"]).bits.idxmax()]  # best thief
useful = strongest[strongest.counting >= 0.9]
useful.sort_values("bits")[["defence", "strength", "tracker", "bits", "counting"]].head(3).round(2)

# %% [markdown] slide="## Your turn\n\nYou advise the owner of a bridge, who counts vehicles and needs their types for the toll.\n\n*Which defence takes the most bits from the best thief?*"
# **Exercise 1, together.** You advise the owner of a bridge, who counts vehicles and needs their types for the toll. Nine tenths of both must be kept. Which defence, at
# which strength, takes the largest share of the bits from the best thief? Complete the first line, and replace the `...`.

# %% tags=["exercise"]
needed = strongest[["counting"]]  # something is missing here
useful = strongest[needed.min(axis=1) >= 0.9]
choice = ...  # name and strength, such as ("blur", "medium") or ("blur", 2)
check_defence(choice, results, usefulness=0.9, needs=["counting", "types"])

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# Both uses are needed: `strongest[["counting", "types"]]`. Then sort `useful` by `bits`, as above. Its first row has the answer.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# needed = strongest[["counting", "types"]]
# useful = strongest[needed.min(axis=1) >= 0.9]
# choice = tuple(useful.sort_values("bits").iloc[0][["defence", "strength"]])
# check_defence(choice, results, usefulness=0.9, needs=["counting", "types"])
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Break the key yourself. Your function gets the vectors of known vehicles at two cameras: row by row, `a` and `b` are the same
# vehicle. Return the matrix that turns `a` into `b`.


# %% tags=["exercise"]
def matrix_of(a, b):
    return ...


check_key_broken(matrix_of, databases[64])

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `np.linalg.lstsq(a, b)` finds the matrix for which `a @ matrix` is nearest to `b`. It is the first of the things that it
# returns. `fit_map(a, b)` of `cctview.attacks` does the same, more carefully.
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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask for the last prediction, then read the five lines on the next slide. Hand over to 09." slide=""
# ## 12 · What would it have saved?
#
# The meter of the course comes last: it adds up the bits that each step gave away. What has leaked does not come back, but we can ask what the best defence of the *database* would have taken back from the first day.

# %% jupyter={"source_hidden": true}
meter = privacy.LeakageMeter.load_or_default("meter.json").upto("all trips at once")


def taken(needs):
    """Bits that the best useful defence of the database takes back."""
    return -bought_back_step(meter, results, 0.9, needs).bits.estimate


assert taken(["counting", "types"]) > 4 * taken(USES), "nearly all, and hardly any"

ask(
    "08 two owners",
    show.bits_given(meter.after(bought_back_step(meter, results, 0.9, ["counting", "types"]))),
    types=taken(["counting", "types"]),
    all=taken(USES),
)

# %% [markdown] slide="**Protection costs little where nobody needs the links**, and much where somebody does."
# <details><summary><b>After your guess: what we take from it</b></summary>
#
# Protection costs little where nobody needs the links, and much where somebody does. (This is a model: the share that the defence takes of an average link's bits, taken off what
# linking gave here.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## What can be done?
#
# A driver alone can do little. People who decide what is stored can do nearly everything.
#
# - **A table of vectors is personal data.** Without a picture it gives away a colour, a shape and a trip.
# - **Ask what the data are for.** An owner who counts can give nearly everything back, and an owner who needs links far less.
# - **Judge a defence by the best attacker.** Against the weakest one, nearly everything seems to work.
# - **Nothing that you wear or stick on holds for long**, and a cloak on a photo cannot be issued again.
# - **What you can do is ask**: what for, how long, how exact, who searches, who counts the errors. Owners and lawmakers can act on the answers.
#
# Next: [notebook 09](09-summary.ipynb) asks what each step of the course gave away, and which of them gave away most.

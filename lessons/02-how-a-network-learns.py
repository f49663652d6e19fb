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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the question aloud. Ask: when the training is over and the pictures are deleted, is anything of them left? Hands up for yes. Come back to it at the end."
# # 02 · How a network learns
#
# **What does a model keep of the vehicles it was trained on?**
#
# | | |
# |---|---|
# | Time | 30 minutes; the training and its leak alone, 12 |
# | You need | Python you can read; nothing to download, no network |
# | Comes after | 01, where the deep network won. Here you train one |
#
# After this notebook you can
#
# 1. tell how a deep learning project differs from an ordinary application;
# 2. train a small network, and read from its loss curves when to stop;
# 3. say what its first filters look for, and what later layers make of it;
# 4. test whether a vehicle was in a training set, and report the result so that it protects people.
#
# **No vehicle here is real.** The road is simulated, so we know who was taught to the network and who was not, and can count.

# %% slideshow={"slide_type": "skip"} jupyter={"source_hidden": true}
import numpy as np

from cctview import attacks, show
from cctview.attacks import EPOCHS, FILTERS
from cctview.course import (
    ask,
    check_members_found,
    check_stop,
    open_lesson,
    trainings,
)
from cctview.course.figures import lesson_02 as figures
from cctview.privacy import Gauge, LeakageMeter
from cctview.show import Choice, Int, Progress, Sliders

lesson = open_lesson()
pictures = attacks.load_vehicle_images(lesson.dataset, lesson.truth)
print(f"{len(pictures.table):,} pictures of {len(pictures.vehicles):,} vehicles")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read two rows of the table aloud, the first and the last. Wrong answer people give: a model is a program. Nobody wrote its rules, and nobody can read them."
# ## 1 · A project without rules
#
# In an ordinary application people write the rules. In deep learning they give examples, and a program looks for numbers that
# fit them. That changes every step:
#
# | | an ordinary application | a deep learning project |
# |---|---|---|
# | **data** | what it works on, once it is done | what it is made of |
# | **preparation** | a design | collect, clean, label, split |
# | **training** | people write rules | a program adjusts numbers until the examples come out right |
# | **evaluation** | tests: right or wrong | how often it is right on *new* examples, with an interval |
# | **deployment** | the program | a file of numbers, which keeps something of its examples |
# | **a fault** | change the line | change the examples, and train again |
#
# The [network](glossary.md#neural-network) of this notebook is to say what body a vehicle has. This is all it gets: small pictures, 24 pixels a side, each with
# one word.

# %%
figures.examples(pictures.pixels, pictures.table.body)

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Who is taught, and who is not
#
# The vehicles are drawn by lot into three parts. The network is taught the **members**. While it learns, we watch how it does on
# the **validation** vehicles. The **others** it never meets at all; we need them at the end.
#
# The lot is drawn by *vehicle*, not by picture. If one picture of a vehicle were taught and the next one used for the
# test, the test would be a memory test. All three parts passed in the same minutes, so that the light does not give them away.

# %%
split = attacks.split_members(pictures)
for part, vehicles in vars(split).items():
    print(f"{part:<11}{len(vehicles):>4} vehicles, {pictures.of(vehicles).sum():>5,} pictures")

# %% [markdown]
# ### The network
#
# It is built in Keras, on TensorFlow. Each layer takes numbers and gives numbers. A layer of **filters** slides small patterns over the
# picture and says where each one fits; the last layer has one number for each answer. The numbers in the right column are what is to
# be learnt: at first they are random.

# %%
attacks.describe_layers(attacks.build_classifier())

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Run the training live. While the bar moves, say what an epoch is. You can stop it with the button in the toolbar, and go on with what it has learnt by then: do it once if there is time, then run the cell again. If it is slow on the stage computer, give epochs=10."
# ## 2 · Train it
#
# The network sees 32 pictures, answers, and is told the right words. Every one of its numbers is then moved a little in the direction that would have
# made the answers better. When it has seen all pictures once, an [epoch](glossary.md#epoch) is over, and it begins again.
#
# How wrong it is, is measured by its [loss](glossary.md#loss): 0 if it is sure and right, large if it is sure and wrong.
#
# This takes some seconds. To stop it, interrupt the kernel (the button ■ above): what it has learnt by then is kept, and the notebook goes
# on with it.

# %%
training = attacks.train_classifier(pictures, split, "body", watch=Progress())
print("stopped early" if training.interrupted else f"{training.last} epochs")

# %% slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Let them describe the two curves before you do. Blue goes to nearly nothing. Red turns. From there on the network learns its examples by heart."
history = training.history()
ask("02 new vehicles", figures.loss_curves(history))

# %% [markdown]
# At first both fall: the network finds what vehicles of one kind have in common. That helps with new vehicles, too; it
# **generalises**. Then the curves part. It goes on to learn, but what it learns now holds only for the vehicles it was taught: it
# knows them by heart. This is called [overfitting](glossary.md#overfitting).
#
# ### Epochs and capacity
#
# How fast that goes depends on the **capacity**: how many filters the network has. Here are trainings of three sizes, made beforehand.

# %% slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Prediction first. Then the curves of the large network. A small network has no room to learn by heart. Wrong answer people give: small networks are worse. Look at the red curve."
grid = trainings.stored_grid()
everyone = grid[(grid.learns == "body") & (grid.vehicles == len(split.members))]

small, large = (trainings.read_curves(everyone, filters, EPOCHS) for filters in (4, 28))

# %% jupyter={"source_hidden": true}
read = trainings.read_curves(everyone, 28, EPOCHS)
ask(
    "02 few filters",
    figures.loss_curves(read.history, read.epoch, read.words),
    of=large.new - small.new,
    small_new=small.new,
    large_new=large.new,
    small_taught=small.taught,
    large_taught=large.taught,
)

# %% [markdown]
# Look twice. The large network overfits: its *loss* on new vehicles rises. But it is not less often *right*. It has become too sure of itself
# where it is wrong. Whoever counts only right answers has no reason to stop. Remember that when we come to the leak.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Nobody drew these. They are small and muddy: it is a small network. Point at one that is dark on one side and bright on the other: it answers to an edge. One in a single colour answers to paint."
# ## 3 · What has it learnt?
#
# These are the filters of the first layer: small patterns of 5 × 5 pixels, in colour. Nobody drew them.

# %%
figures.learned_filters(training.filters(0), training.filters(training.last))

# %% [markdown]
# And this is what the three layers make of one [crop](glossary.md#crop), a vehicle that the network never met. Each small square is the answer of one filter:
# bright where its pattern is found. From layer to layer the squares have fewer pixels. They say less about *where*, and more about *what*.

# %%
shown = int(np.flatnonzero(pictures.of(split.others) & (pictures.table.family == "yellow"))[0])
figures.layer_activations(
    pictures.pixels[shown],
    attacks.activations(training, pictures.pixels[shown], training.last),
    "From layer to layer: less where, more what",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Name the attacker: somebody who has the model, and a picture that may have been in the training. The question is not what you look like, but whether you were there. Wrong answer people give: who cares whether I was in a training set? If the set is of the patients of a clinic, or of the arrested, being in it is the secret."
# ## 4 · The leak: were you in it?
#
# The training is over. Suppose the pictures are deleted, and only the model is left: a file of numbers. Somebody has the model, and a
# picture of your vehicle. Can they find out whether that picture was among those it was taught? (Whether another picture of you
# is enough is a different question; it comes at the end of this section.)
#
# To have been there can be the secret itself: think of pictures of all who were stopped by the police, or who parked before a clinic. To find it out is
# called [membership inference](glossary.md#membership-inference).
#
# The simplest attack needs one idea only: **what a model knows by heart, it gets right with a small loss** (Yeom et al. 2018,
# arXiv 1709.01604). Here are the losses on vehicles that were taught, and on others from the same minutes.

# %%
losses, member = training.vehicle_losses(training.last)
figures.loss_histograms(losses, member)

# %% [markdown]
# So the attacker sets a threshold, and accuses whoever is below it. All thresholds together are a curve, the
# [ROC](glossary.md#roc): members found, against others accused falsely.
#
# We attack three states of the one training: **before** it learnt anything, which must tell nothing; **well trained**, stopped when the loss on
# new vehicles was lowest; and **over-trained**, at the end.

# %% slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. First the check: before any training the curve is a coin's. Then the areas. Then the black line at 1 %: an attacker who accuses must seldom be wrong, so only the left end counts. Wrong answer people give: AUC 0.7, so 70 % are found. Read off how many are."
before, well, over = 0, training.best, training.last
ask(
    "02 members",
    figures.membership_roc(
        {
            "over-trained": training.attack(over),
            "well trained": training.attack(well),
            "before": training.attack(before),
        }
    ),
)

# %% [markdown]
# Two readings of one curve. The area under it (AUC) says that the over-trained model tells members from others better than a coin, on *average*. But an
# accusation counts only if it is seldom false. So read the left end, at **1 % false alarms**. That is how membership inference should be reported
# (Carlini et al. 2022, arXiv 2112.03570); an average hides who is surely found, and whether anybody is.
#
# At that end this attack does hardly better than a coin. Is that good news?

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. This is the turn. A weak attack is not a strong defence. The clever attacker trains models too. Compare the dots at the black line."
# ### A weak attack is no defence
#
# A small loss may mean two things: it was taught, or it is easy for every model. A better attacker finds out **how hard each vehicle is**, by training
# models of their own: some with that vehicle, some without. Then the question is: does the loss look more like *with*, or more like *without*?
# (A likelihood ratio; Carlini et al.) Such models were made beforehand, sixteen of them, each taught a random half of the vehicles.

# %% tags=["picture"]
shadows = attacks.stored_shadows()
figures.membership_roc(
    {
        "over-trained, better attack": training.strong_attack(over, shadows),
        "well trained, better attack": training.strong_attack(well, shadows),
        "over-trained, plain attack": training.attack(over),
    }
)

# %% [markdown]
# One training is one throw of the dice. So here is the same, as the mean over the sixteen models, each attacked with the help of the
# others: the share of members found at 1 % false alarms.

# %% jupyter={"source_hidden": true}
strong = attacks.stored_attacks()
found = strong[strong.figure == "TPR at 1 % FPR"].set_index("epoch")
read_after = int(everyone[everyone.filters == FILTERS].set_index("epoch").validation_loss.idxmin())
table = found.loc[[read_after, EPOCHS]].set_axis(["well trained", "over-trained"])
show.bars(
    table,
    "members found at 1 % false alarms (share)",
    "The better attack finds {} of the members of a well-trained model, {} of an over-trained one's".format(
        *(show.percent(share) for share in table.estimate)
    ),
    chance=0.01,
    note="Simulated; mean over sixteen models, 95 % intervals over vehicles and models",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Ask first: you know that a dealer's model was trained on vehicles, and you have a picture of yours. Can you find out whether yours was among them? So far the attacker had the very pictures of the training. Nobody has those but the owner of the model. The lowest curve is the case that people mean."
# ### Which picture does the attacker hold?
#
# Until now the attacker held the very crops that were taught. Somebody who wonders whether *their vehicle* was in the training has
# another picture of it. So we taught models one crop of each vehicle, and let the attacker ask with three kinds of picture.
# This attacker is a strong one: they know the taught crops of everyone for their own models.

# %%
held = attacks.stored_membership()
figures.membership_by_picture({kind: models.attack_all(EPOCHS) for kind, models in held.items()})

# %% [markdown]
# The attack finds *that picture*, not *that vehicle*. With a crop of the same pass some of it is left. With a picture from another
# camera the attacker does about as well as a coin. So a small classifier like this one gives away **whether a picture was in the
# training**, and hardly whether you were. Larger models that are trained on many pictures of each person may well differ.
# The bands show how much the sixteen models differ; each curve ends where fewer than ten false alarms are left to read it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Do not rush. The mean is small. Then point at the few on the right, and at their pictures: what makes them special? Let the room guess. Where no rule helps, only knowing by heart does."
# ## 5 · The worst one in a hundred
#
# Even the well-trained model leaks. But evenly? For each vehicle, compare the models that were taught it with those that were not: by how much does the probability of
# the right answer rise because it was there?
#
# We choose the most exposed vehicles on eight of the models, and measure them on the other eight. Chosen and measured on
# the same ones, the worst would look worse than they are.

# %%
half = len(shadows.within) // 2
chosen, measured = (
    shadows.exposure(read_after, models) for models in (slice(half), slice(half, None))
)
worst = np.argsort(-chosen)[: len(chosen) // 100]
some = [
    np.flatnonzero(pictures.table.vehicle == vehicle)[0] for vehicle in shadows.vehicles[worst[:9]]
]
figures.exposure(measured, worst, pictures.pixels[some], pictures.table.body[some])

# %% [markdown]
# For many vehicles it makes little difference whether they were taught: what the model learns from others serves for them, too. For
# the worst one in a hundred it makes several times as much. Look at them: would you have found each one's word?
#
# **An average of "no leak" is not nobody.** Whoever says that a model is safe because the mean is small speaks of the
# ordinary ones.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Prediction first. Move the number of vehicles: more data is more useful, and leaks less of each. Then switch to colour: an easy rule leaves nothing to learn by heart, until the training goes on for very long. Say that both panels move together."
# ## 6 · What helps?
#
# A model that generalises has less reason to learn by heart. Move the number of **vehicles** that it is taught and the **epochs**, and let it
# learn something easier: the family of **colours** instead of the body. Left, how useful it is; right, what it gives away.


# %% jupyter={"source_hidden": true}
def trade(values):
    """What a training of this kind is worth, and what it gives away."""
    return trainings.read_trade(grid, values["learns"], values["vehicles"], values["epochs"])


few, many = (trainings.read_trade(grid, "body", vehicles, EPOCHS) for vehicles in (100, 700))
Sliders(
    trade,
    [
        Int("vehicles", 100, 700, default=300, step=200, label="vehicles taught"),
        Int("epochs", 0, EPOCHS, default=EPOCHS, step=2),
        Choice("learns", {"the body": "body", "the colour": "family"}),
    ],
    draw=lambda read: figures.usefulness_and_leak(read.history, read.epoch, read.words),
    describe=lambda read: read.words,
    prediction=ask("02 few vehicles", of=few.auc - many.auc, few=few.auc, many=many.auc),
)

# %% [markdown]
# More examples, an easier question, an earlier stop: each lets the model give away less of those it was
# taught, and more examples make it more useful as well: for once, usefulness and privacy pull the same way. What none of them does is to promise anything to the worst one in a hundred.
#
# ### And Clearview?
#
# **Clearview's main danger is its gallery, not its weights.** We had to work to learn a single bit, *was in it*, about a few vehicles. The
# [gallery](glossary.md#gallery), the stored pictures with their addresses, needs no attack: it is made for looking people up. A picture can be
# deleted from a gallery. From a model that was trained on it, it cannot simply be deleted: one has to train again without it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: show the curves again, let the room call out numbers, type them in, read out what the check says. The usual answer is the last epoch, where blue is lowest."
# ## Your turn
#
# **Exercise 1, together.** Look at the loss curves of your own training. After which epoch would you have stopped?

# %%
figures.loss_curves(history)

# %% tags=["exercise"]
stop_after = ...
check_stop(stop_after, history)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The curve that counts is that of the new vehicles. The table `history` has it as `validation_loss`; `idxmin()` says at which epoch a column is lowest.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# stop_after = history.validation_loss.idxmin()
# check_stop(stop_after, history)
# ```
#
# </details>

# %% [markdown]
# **Exercise 2, at home.** Write the plain attack yourself. You get the loss on each vehicle, whether it is a `member`, and which share of
# false alarms is `allowed`. Accuse every vehicle whose loss is below a threshold; at most that share of the *others* may be accused. Return the share of the members
# that are found. The check compares with scikit-learn.


# %% tags=["exercise"]
def members_found(losses, member, allowed):
    return ...


check_members_found(members_found, losses, member)


# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The threshold comes from the others alone: `losses[~member]`. Sorted, where does the first hundredth of them end? `np.quantile` knows. Then count among `losses[member]`.
#
# </details>

# %% [markdown] tags=["solution"]
# <details><summary><b>Solution</b></summary>
#
# ```python
# def members_found(losses, member, allowed):
#     threshold = np.quantile(losses[~member], allowed, method="lower")
#     return np.mean(losses[member] < threshold)
#
# check_members_found(members_found, losses, member)
# ```
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the five lines. Ask the first question again: is anything left when the pictures are deleted? Then hand over to 03."
# ## What to take away
#
# - **In deep learning the examples are the program.** Whoever chooses them decides what it does, and a trace of them ships with it.
# - **Stop when new examples get worse**, not when the old ones are perfect. Right answers alone do not tell you when.
# - **Nobody writes the filters.** Early layers answer to patches of light, dark and colour; from layer to layer it is less where, and more what.
# - **A picture is found, not a person**: with another picture of the same vehicle the attack does about as well as a coin here.
# - **Report what is surely found**: true positives at 1 % false alarms, with an interval, by the best attack you know, and for the worst
#   one in a hundred.
#
# Beside the meter of this course there are side gauges: what leaks, but cannot be counted in bits of one vehicle. Here: of the members of an over-trained
# model, how many the better attack finds at 1 % false alarms.

# %%
share = found.loc[EPOCHS]
gauge = Gauge(
    share.estimate,
    share.low,
    share.high,
    "of members",
    "over-trained classifier, by the very pictures, 1 % false alarms",
)
meter = LeakageMeter.load_or_default("meter.json").with_gauge("found in a training set", gauge)
meter.save("meter.json")
show.gauges(LeakageMeter().with_gauge("found in a training set", gauge))

# %% [markdown]
# Next: notebook 03 asks whom you can follow after k days.

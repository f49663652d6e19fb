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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Run all cells before the room comes in. Let somebody call out left or right, and move the weight until the loss goes no lower. Say: you are the training. Ask what happens to the greenish and the golden car."
# # 02 · How a network learns
#
# **What happens when a network learns, and what does it keep of the vehicles that it was shown?** Be the training. The *weight* is the only number in this network, and the *loss* says how wrong its answers are. Move the weight until the loss is as small as possible.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"}
import numpy as np

from cctview import attacks, show
from cctview.attacks import EPOCHS, FILTERS
from cctview.course import (
    QUESTIONS,
    OneWeight,
    ask,
    check_members_found,
    check_stop,
    open_lesson,
    read_trade,
    stored_grid,
)
from cctview.course.figures import lesson_02 as figures
from cctview.privacy import Gauge, LeakageMeter
from cctview.show import Choice, Float, Int, Progress, Quiz, Sliders

lesson = open_lesson()
pictures = attacks.load_vehicle_images(lesson.dataset, lesson.truth)
one = OneWeight.among(pictures)
Sliders(
    lambda values: figures.one_weight(one, pictures.pixels, values["weight"]),
    [Float("weight", -2, 10, default=-1, step=0.5)],
)

# %% [markdown] slideshow={"slide_type": "skip"}
# <details><summary><b>About this notebook: 18 minutes, with the exercises 28</b></summary>
#
# What you need: you can read simple Python. Nothing is downloaded, and it works offline. Before this: notebook 01, where a trained network won.
#
# After this notebook you can
#
# 1. say what a weight is, and what one training step does to it;
# 2. train a small network in Keras, and read from its loss curves when to stop;
# 3. say what an attacker learns from a trained network about one crop, and about one vehicle.
#
# It goes with the first half of part 2 of [the articles by Samuel Brice](https://medium.com/analytics-vidhya/a1c43c7e8713). No vehicle here is real: the road is
# simulated, so we know which vehicles the network was shown.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Point at the curve: this is what you walked on. Each dot is one step. The steps get shorter because the slope gets flatter."
# ## 1 · What did you just do?
#
# You trained a network of one number. It gets one input for each crop, which says how yellow the crop is. It multiplies that input by its **[weight](glossary.md#weight)**, and turns the
# product into an answer between 0 and 1: how sure it is that the vehicle is yellow.
#
# The **[loss](glossary.md#loss)** measures how wrong the answers are. It is near 0 when the network is sure and right, and large when it is sure and wrong. You looked for the
# weight with the smallest loss by trying.
#
# A training program does not try. It computes the **slope** of the loss: does the loss fall if the weight grows, and how fast? Then it moves the weight a little downhill,
# and begins again. With many weights the list of all slopes is called the **[gradient](glossary.md#gradient)**, and such a move is a **gradient step**. Here are twelve such steps, from the weight at which the slider began.

# %%
path = [-1.0]
for _ in range(12):
    path.append(path[-1] - 2 * one.slope(path[-1]))  # downhill, 2 times the slope

figures.descent(one, path)

# %% [markdown]
# That is all that training is: many small steps downhill, on many weights at once.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read two rows of the table aloud, the first and the last. Wrong answer people give: a model is a program. Nobody wrote its rules, and nobody can read them."
# ## 2 · What takes the place of rules?
#
# Nobody told the network what yellow is. In an ordinary application people write the rules. In deep learning they give examples, and a program looks for weights that fit them.
# That changes every step of a project, and the last step leads back to the first.
#
# | | an ordinary application | a deep learning project |
# |---|---|---|
# | **data** | it works on data when it is finished | it is made of data |
# | **preparation** | a design | collect, clean, label, split |
# | **training** | people write rules | a program moves weights until the examples come out right |
# | **evaluation** | tests: right or wrong | how often it is right on *new* examples, with an interval |
# | **deployment** | the program | a file of weights, which keeps something of its examples |
# | **a fault** | change the line | collect other examples, and train again |
#
# Clearview's project has the same steps; its examples are photos of people who were not asked.
#
# The [network](glossary.md#neural-network) of this notebook should say which body a vehicle has, for example that of a sedan. It gets small crops, each with one word.

# %% jupyter={"source_hidden": true}
figures.examples(pictures.pixels, pictures.table.body)

# %% [markdown]
# Before the training we divide the vehicles at random into three groups. The **members** are the vehicles that the network is shown. The **validation** vehicles tell us during the
# training how it does on new ones. The network never sees the **others**. We need them at the end, to test an attack.
#
# We divide *vehicles*, and not crops. Otherwise one crop of a car could be shown and the next one used as a test, and the test would be a memory test.

# %% jupyter={"source_hidden": true}
split = attacks.split_members(pictures)
for part, vehicles in vars(split).items():
    print(f"{part:<11}{len(vehicles):>4} vehicles, {pictures.of(vehicles).sum():>5,} crops")

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Four minutes. Read the ten lines aloud: three layers of filters, two dense layers, a loss, an optimiser. Run the training live. While the bar moves, say what an epoch is. You can stop it with the button in the toolbar, and go on with what it has learned by then. If it is slow on the stage computer, give epochs=10."
# ## 3 · Can ten lines train a network?
#
# Now we train a real network in Keras, which is a part of TensorFlow. Each `add` puts in a layer, which takes numbers and gives numbers. A `Conv2D` layer slides small patterns, its **filters**, over the
# crop, and says where each one fits. The last layer gives one number for each body. All weights of the network are random at first.

# %% slide="code"
keras = attacks.import_keras()
layers = keras.layers
network = keras.Sequential()
network.add(layers.Conv2D(16, 5, strides=2, padding="same", activation="relu", name="filters_1"))
network.add(layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", name="filters_2"))
network.add(layers.Conv2D(32, 3, padding="same", activation="relu", name="filters_3"))
network.add(layers.MaxPool2D())
network.add(layers.Flatten())
network.add(layers.Dense(64, activation="relu"))
network.add(layers.Dense(pictures.table.body.nunique()))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
network.compile(keras.optimizers.Adam(0.002), loss)

# %% [markdown]
# The network sees 32 crops, answers, and is told the correct words. Then one gradient step changes every weight. When the network has seen all crops once, one
# [epoch](glossary.md#epoch) is over. `train_classifier` calls `network.fit(crops, words, batch_size=32, epochs=20)` and notes what the network says after each epoch.
#
# This takes some seconds. To stop it, press ■ in the toolbar: the notebook goes on with what the network has learned by then.

# %%
training = attacks.train_classifier(pictures, split, "body", network=network, watch=Progress())
print("stopped early" if training.interrupted else f"{training.last} epochs")

# %% slideshow={"slide_type": "slide"} jupyter={"source_hidden": true} tags=["speaker-notes"] notes="Two minutes. Take the prediction first. Let them describe the two curves before you do. Blue goes to nearly nothing. Red turns. From there on the network learns its examples by heart."
history = training.history()
ask("02 new vehicles", figures.loss_curves(history))

# %% [markdown]
# A network **generalises** if what it learns from the vehicles that it is shown also helps with new ones. If it learns things that hold only for the vehicles that it is shown, we call this
# [overfitting](glossary.md#overfitting).

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Nobody drew these patterns. From layer to layer there are fewer pixels: less about where, more about what."
# ### What does it look for?
#
# Nobody chose the filters. Here is what the three layers make of one crop of a vehicle that the network never saw. Each small square is the answer of one filter, bright where its pattern
# fits.

# %% jupyter={"source_hidden": true}
shown = int(np.flatnonzero(pictures.of(split.others) & (pictures.table.family == "yellow"))[0])
figures.layer_activations(
    pictures.pixels[shown],
    attacks.activations(training, pictures.pixels[shown], training.last),
    "From layer to layer the answers say less about where, and more about what",
)

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Name the attacker: somebody who has the model, and a picture that may have been in the training. The question is not what you look like, but whether you were there. Wrong answer people give: who cares whether I was in a training set? If the set is of the patients of a clinic, or of the arrested, being in it is the secret."
# ## 4 · Can somebody tell that you were in the training?
#
# The training is over. Suppose that all crops are deleted, and only the file of weights is left. Somebody has this file, and a crop. Can they find out whether the network was shown this crop?
#
# Just having been in the data set can be the secret. Think of pictures of everybody who was stopped by the police, or who parked at a clinic. To find it out is called
# [membership inference](glossary.md#membership-inference).
#
# The simplest attack has one idea: **the loss is small on what a network knows by heart** ([Yeom and others, 2018](https://arxiv.org/abs/1709.01604)).

# %% jupyter={"source_hidden": true}
losses, member = training.vehicle_losses(training.last)
figures.loss_histograms(losses, member)

# %% [markdown]
# So the attacker sets a threshold, and says "member" below it. Some of the others have a loss below it too, so they are accused wrongly. Such an accusation is a *false alarm*. An accusation is worth something only if it is seldom wrong. So we
# ask how many members are found while at most **1 in 100** of the others is accused ([Carlini and others, 2022](https://arxiv.org/abs/2112.03570)).
#
# A better attacker first trains networks of their own, with and without each crop, and learns how hard each crop is. This attacker compares how probable the loss is in both cases, which is a [likelihood ratio](glossary.md#likelihood-ratio). The next figure uses that better attack.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes, the result of the notebook. Ask: a dealer trained a network on vehicles, and you wonder whether yours was among them. Which picture of it do you have? Never the very crop that was used. Take the prediction. Then say it slowly: the network keeps the picture, and hardly the vehicle."
# ### Which picture does the attacker have?
#
# Only the owner of the network has the very crops that it was shown. Somebody who wonders about *their vehicle* has another picture of it. So we trained sixteen networks on one crop
# of each vehicle, and attacked them with three kinds of crop: the very crop, another crop of the same pass, and a crop from another camera.

# %% jupyter={"source_hidden": true} slideshow={"slide_type": "fragment"} tags=["picture"]
held = {
    kind: models.attack_all(EPOCHS).figures((0.01, 0.001))
    for kind, models in attacks.stored_membership().items()
}
at_one = figures.at_false_alarms(held)
very, other = at_one.estimate.iloc[0], at_one.estimate.iloc[-1]
ask(
    "02 whose picture",
    show.bars(
        at_one,
        "members found at 1 % false alarms (share)",
        f"With the very crop {show.percent(very)} of the members are found, with a crop from"
        f" another camera {show.percent(other)}",
        chance=0.01,
        note="Simulated; mean over sixteen networks, 95 % intervals over vehicles and networks",
    ),
    of=(other - 0.01) / (very - 0.01),
    very=very,
    other=other,
)

# %% [markdown]
# This is a small network with one crop of each vehicle. Larger networks that are shown many pictures of each person may keep more.
#
# <details><summary><b>For readers who know ROC curves</b></summary>
#
# `held` has the area under the curve and the members found at 1 % and at 0.1 % false alarms, with intervals. Run `held["the very crop"]` in a cell of your own.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. The average is small. Then point at the few on the right, and at their crops: what makes them special? Let the room guess. Where no rule helps, only knowing by heart does."
# ### Does it keep all of them alike?
#
# An average can hide a few vehicles that are hit hard. So for each vehicle we take the networks that were shown it and those that were not, and ask how much surer the first ones are of the correct answer. We pick
# the most exposed vehicles on one half of the networks, and measure them on the other half.

# %% jupyter={"source_hidden": true}
grid, shadows = stored_grid(), attacks.stored_shadows()
stop = grid[(grid.learns == "body") & (grid.filters == FILTERS)].groupby("epoch")
stop = int(stop.validation_loss.mean().idxmin())
half = len(shadows.within) // 2
chosen, measured = (shadows.exposure(stop, of) for of in (slice(half), slice(half, None)))
worst = np.argsort(-chosen)[: len(chosen) // 100]
rows = [
    np.flatnonzero(pictures.table.vehicle == vehicle)[0] for vehicle in shadows.vehicles[worst[:9]]
]
figures.exposure(measured, worst, pictures.pixels[rows], pictures.table.body[rows])

# %% [markdown]
# For most vehicles it makes little difference whether the network was shown them, because it learns the same from others. For the most exposed one percent the effect is several times larger. Look at their crops: could you
# have named each body?

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Two minutes. Prediction first. Move the number of vehicles: more data is more useful, and gives away less of each. Then switch to colour: an easy question leaves little to learn by heart. Say that both panels move together."
# ## 5 · What helps?
#
# What could the owner of a network do, so that it gives away less? Move the number of **vehicles** that the network is shown, and let it learn the family of
# **colours** instead of the body. The left panel says how useful the network is, and the right panel how well the simple attack works. That is measured by its [AUC](glossary.md#auc), which is 0.5 for the toss of a coin, and 1 if the attack never errs.

# %% jupyter={"source_hidden": true}
few, many = (read_trade(grid, "body", vehicles, EPOCHS) for vehicles in (100, 700))
Sliders(
    lambda values: read_trade(grid, values["learns"], values["vehicles"], EPOCHS),
    [
        Int("vehicles", 100, 700, default=300, step=200, label="vehicles shown"),
        Choice("learns", {"the body": "body", "the colour": "family"}),
    ],
    draw=lambda read: figures.usefulness_and_leak(read.history, read.epoch, read.words),
    describe=lambda read: read.words,
    prediction=ask("02 few vehicles", of=few.auc - many.auc, few=few.auc, many=many.auc),
)

# %% [markdown] slide="## And Clearview?\n\nIts main danger is not a network. It is the **gallery**: the stored pictures with their addresses. It needs no attack, because it is made for looking people up."
# A remedy that helps on average guarantees nothing for the most exposed one percent.
#
# ### And Clearview?
#
# We had to work to learn a single yes or no, *was it in there*, about single pictures. Clearview's main danger is elsewhere. Its [gallery](glossary.md#gallery), which is the
# stored pictures with their addresses, needs no attack, because it is made for looking people up.
#
# A picture can be deleted from a gallery. It cannot simply be deleted from a network that was trained on it: the network has to be trained again without it.

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Three minutes. Three questions, hands up for each option before you click. Read the reasons of the wrong options too." slide=""
# ## Three questions
#
# Each option has a reason, the wrong ones too. Your answers stay on this computer.

# %% jupyter={"source_hidden": true}
Quiz(QUESTIONS["02"])

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="Live, four minutes: let the room call out numbers, type them in, read out what the check says. The usual answer is the last epoch, where blue is lowest." slide=""
# ## Your turn
#
# The table `history` has one row for each epoch of your own training: `training_loss` on the vehicles that the network was shown, and `validation_loss` on new ones.
#
# **Worked example.** After which epoch is the loss lowest on the vehicles that it was shown?

# %%
history.training_loss.idxmin()

# %% [markdown]
# **Exercise 1, together.** After which epoch would you have stopped?

# %% tags=["exercise"]
stop_after = ...
check_stop(stop_after, history)

# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# The network should be good on new vehicles. `idxmin()` says at which epoch a column is lowest.
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
# **Exercise 2, at home.** Write the simple attack yourself. You get the loss on each vehicle, whether it is a `member`, and which share of false alarms is `allowed`. Say "member" below a threshold that accuses at most
# that share of the *others*. Return the share of the members that you find. The check compares with scikit-learn. Half of the work is done.


# %% tags=["exercise"]
def members_found(losses, member, allowed):
    threshold = np.quantile(losses[~member], allowed, method="lower")
    return ...


check_members_found(members_found, losses, member)


# %% [markdown]
# <details><summary><b>Hint</b></summary>
#
# `losses[member]` are the losses of the members. Which share of them lies below the threshold? The mean of True and False is a share.
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

# %% [markdown] slideshow={"slide_type": "slide"} tags=["speaker-notes"] notes="One minute. Read the four lines. Ask the first question again: is anything left when the pictures are deleted? Then hand over to 03." slide="## What does a network keep?\n\nA trace of the very crops that it was shown, and hardly anything of the vehicles in them.\n---\n## What to take away\n\n- The examples are the program\n- Stop when *new* examples get worse\n- The danger is the gallery, more than the weights\n- **Ask for two deletions: from the gallery, and from the next training**"
# ## What to take away
#
# **What happens when a network learns?** A program moves its weights downhill, step by step, until the examples come out right. **What does it keep?** It keeps a trace of the very
# crops that it was shown, and hardly anything of the vehicles in them.
#
# - **The examples are the program.** People who choose the examples decide what it does.
# - **Stop when new examples get worse**, not when the old ones are perfect.
# - **The danger is the gallery**, more than the weights. A stored picture or vector finds you without any attack.
# - **Report an attack at few false alarms**, and also for the people who are hit hardest.
#
# **What you can do:** if somebody trained a network on your pictures, ask for two deletions: from the gallery, and from the next training.
#
# What does this step give away? One number says it: the share of members that the better attack finds with the very crops. (It is another number than in section 4: these networks were shown all crops of their vehicles, and those of section 4 one crop of each.) It goes on to notebook 09, where it stands beside those of the other notebooks.

# %% jupyter={"source_hidden": true} slide=""
strong = attacks.stored_attacks()
share = strong[strong.figure == "TPR at 1 % FPR"].set_index("epoch").loc[EPOCHS]
note = "a network trained too long, attacked with the very crops, 1 % false alarms"
gauge = Gauge(share.estimate, share.low, share.high, "of members", note)
meter = LeakageMeter.load_or_default("meter.json").with_gauge("found in a training set", gauge)
meter.save("meter.json")
show.gauges(LeakageMeter().with_gauge("found in a training set", gauge))

# %% [markdown]
# Next: [notebook 03](03-collecting.ipynb) asks how a gallery is filled, and after how many days of collecting you can follow somebody.

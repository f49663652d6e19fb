"""The ten questions at the end of the course, in notebook 09, with a reason for every answer."""

from cctview.show.widgets.quiz import Option, Question

QUESTIONS = (
    Question(
        "The meter says: 18 bits claimed, 15 delivered. What has happened?",
        (
            Option(
                "It knows 3 bits more than it tells",
                "The other way round: what it tells is more than what it is right about.",
            ),
            Option(
                "It is surer than it may be, by a factor of 8",
                "3 bits are three halvings. It believes the vehicle to be hidden among 8 times"
                " fewer than it really is.",
                True,
            ),
            Option(
                "3 of its 18 answers are wrong",
                "Bits are no answers. A single sure and wrong answer can cost many of them.",
            ),
            Option(
                "It measured in two different cities",
                "Both numbers are of the same searches: what it believed before, and what the truth"
                " said after.",
            ),
        ),
        "notebook 00",
    ),
    Question(
        "You have seen the yellow taxi followed from camera to camera. How well does it work for"
        " others?",
        (
            Option(
                "As well: the machine treats all alike",
                "It does, but the vehicles are not alike, and this one was chosen to be shown.",
            ),
            Option(
                "One cannot know",
                "One can, where the truth is known: draw vehicles at random, and count.",
            ),
            Option(
                "The demonstration does not say; draw twenty at random and count",
                "A demonstration shows what its maker chose. Counting random ones also counts the"
                " wrong links.",
                True,
            ),
            Option(
                "Better: taxis are the hardest of all",
                "They are easy to find and hard to tell apart. That says nothing of the others.",
            ),
        ),
        "notebook 00",
    ),
    Question(
        "Recognition was tried in the 1960s. What made it work fifty years later?",
        (
            Option(
                "What to look at is learned from examples, not chosen by hand",
                "Hand-picked distances, then eigenfaces, then learned vectors: each step took a"
                " choice from people and gave it to data.",
                True,
            ),
            Option(
                "Sharper cameras",
                "They help. But all eras of notebook 01 get the same pictures, and small ones do"
                " not put the network behind.",
            ),
            Option(
                "Somebody at last found the formula that tells two faces apart",
                "Nobody has one. A network's formula is millions of numbers that no person chose.",
            ),
            Option(
                "Computers can store every face by now",
                "Storing was never the trouble. The same face never looks the same twice.",
            ),
        ),
        "notebook 01",
    ),
    Question(
        "A network is surer of the vehicles that it was trained on. What does that give away?",
        (
            Option(
                "Nothing: weights are only numbers",
                "So are plates. What counts is what one can tell from them.",
            ),
            Option(
                "All the pictures that it was trained on, one by one",
                "That would be more. Here a stranger learns one thing: you were in it, or you were"
                " not.",
            ),
            Option(
                "That it is a bad network",
                "On new vehicles it may do well. Learning by heart and learning go together for a"
                " while.",
            ),
            Option(
                "Whether somebody was in the training set",
                "Membership inference. And an average of “hardly any leak” can hide the few who are"
                " fully exposed.",
                True,
            ),
        ),
        "notebook 02",
    ),
    Question(
        "A database holds sightings without any name or plate, for six weeks. Whom does it expose?",
        (
            Option(
                "Whoever is singled out by a few points that somebody else knows",
                "Unicity. Singled out is not yet named, but one outside fact is enough for the"
                " rest.",
                True,
            ),
            Option(
                "Nobody: it is anonymous",
                "Without names, yes. But a few known points can fit a single trace, and then all of"
                " it is yours.",
            ),
            Option(
                "Only those who pass the cameras often, such as commuters and taxis",
                "They leave more points, so they are easier. But rare hours single out, too.",
            ),
            Option(
                "Only those who did something",
                "The trace is of everyone who passed. Nobody is asked what for.",
            ),
        ),
        "notebook 03",
    ),
    Question(
        "The detector misses some kinds of vehicle more often. Why does that matter?",
        (
            Option(
                "It does not: a miss protects",
                "It protects one, and blames the others: the search names the best of those who are"
                " left.",
            ),
            Option(
                "It makes the search slower",
                "It makes it faster, and wrong: there is less to look through.",
            ),
            Option(
                "Who is missed never enters the database, and nobody sees that",
                "Every figure that follows is about those who were found. The gap shows only where"
                " the truth is known.",
                True,
            ),
            Option(
                "The threshold can be lowered until none is missed",
                "Then other things are reported as vehicles. One kind of error is traded for the"
                " other.",
            ),
        ),
        "notebook 04",
    ),
    Question(
        "Two crops are at a cosine distance of 0.1. Is it the same vehicle?",
        (
            Option(
                "Yes: 0.1 is close",
                "Close compared with what? Two cabs of one model are close, too.",
            ),
            Option(
                "Yes, with 90 % probability",
                "A distance is no probability. It becomes one only by counting how often such a"
                " pair is the same.",
            ),
            Option(
                "No: the same vehicle has 0",
                "Two pictures of one vehicle are never equal: other light, other angle, other"
                " size.",
            ),
            Option(
                "It depends on how many strangers were compared",
                "The threshold tells how many strangers pass per thousand. How many thousands there"
                " were is the base rate.",
                True,
            ),
        ),
        "notebook 05",
    ),
    Question(
        "A search is wrong about 1 stranger in 1,000. It looks through a million vehicles for one."
        " How many does it flag in error?",
        (
            Option(
                "About one",
                "That would be 1 in a million. The rate counts for every stranger in the gallery.",
            ),
            Option(
                "About a thousand",
                "A million strangers, one in a thousand of them. The right one, if it is there at"
                " all, is one among these.",
                True,
            ),
            Option(
                "None: it is 99.9 % right",
                "Of the strangers, yes. But there are a million of them.",
            ),
            Option(
                "It depends on whether the vehicle is there",
                "The right one does. The strangers are flagged in either case.",
            ),
        ),
        "notebook 06",
    ),
    Question(
        "A dossier says only “vehicle 1”. How many outside facts does it take to give it a name?",
        (
            Option(
                "It cannot be done: there is no name in it",
                "The name need not be in it. It is enough that it is in something else that shares"
                " a place and a time.",
            ),
            Option(
                "The whole register of vehicles",
                "A register helps. One line of it is enough, if it says where somebody was.",
            ),
            Option(
                "One, if it shares a place and a time with it",
                "A permit, a garage, a plate read once. In 2014 the hashes of New York's taxi rides"
                " were reversed, and the rides joined to press photographs of their passengers.",
                True,
            ),
            Option(
                "As many as there are cameras",
                "More cameras make the dossier longer. The name comes from outside, once.",
            ),
        ),
        "notebook 07",
    ),
    Question(
        "“We delete the pictures and keep only the vectors.” What does that protect?",
        (
            Option(
                "Everything: a vector cannot be looked at",
                "Notebook 08 rebuilds a picture from it, reads off its colour, and links it to a"
                " trip.",
            ),
            Option(
                "Little: a vector is made to find somebody again",
                "It holds no more than its picture, but exactly what a search needs. And whoever"
                " has scraped it keeps it.",
                True,
            ),
            Option(
                "Everything, if noise is added",
                "Noise that a tracker can average out buys little. Ask: against which tracker, and"
                " at what use left?",
            ),
            Option(
                "Nothing is left to protect, so it does not matter",
                "There is: how long it is kept, how coarse its times are, who may search. Somebody"
                " decides on each.",
            ),
        ),
        "notebook 08",
    ),
)

"""cctview: how a Clearview-like search engine is built from free parts, shown on vehicles.

The packages, from the bottom up. Each imports only from those above it in this table, and each
says in its own first lines what others may use. Start with the one whose subject you look for.

==================  ============================================================================
`dataset`           frames, ids, boxes, tables, the road and its cameras; where the data lie
`weights`           weight files, read without trust
`tensorflow_setup`  TensorFlow beside PyTorch
`truth`             what the simulation knows: which vehicle a box shows
`stats`             bootstrap, samples split by vehicle, identification bits
`collect`           a client for public cameras, the simulated server of cameras, the archive
`detect`            the detector, its history, how its boxes are judged
`extract`           the network that makes vectors, and the recognisers before it
`match`             distances, ranking, re-ranking, and how matches are judged
`track`             tracks inside one camera, one tracklet for each pass
`search`            nearest vectors among millions, on many computers, and what that costs
`pipeline`          detect, extract and match a folder of frames
`link`              which passes are one vehicle's, and its trip
`privacy`           what it gives away, in bits: the leakage meter
`attacks`           linkage, inference, membership, inversion
`defences`          what protects, and what each defence costs
`show`              the look of figures, pictures, widgets
`investigate`       the operator's search, the dossier, the page
`course`            what only the lessons need: figures, checks, stored results, slides
`doctor`            is this computer ready?
`fetch`             get what others publish
`cli`               the command line
==================  ============================================================================

Nothing here imports `studio`, which made the data and the weights. PyTorch, TensorFlow, FAISS and
Dask are imported by what needs them, when it is called.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("cctview")
except PackageNotFoundError:  # imported from a folder beside it, without an installation
    __version__ = "unknown"

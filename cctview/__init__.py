"""cctview: how a Clearview-like search engine is built from free parts, shown on vehicles.

The table lists the packages from the bottom up. Each imports only from those above it, and its
first lines say what others can use. Start with the package whose subject interests you.

==================  ============================================================================
`dataset`           frames, ids, boxes, tables, the road and its cameras; where the data are
`weights`           weight files, none of which is trusted
`tensorflow_setup`  imports TensorFlow beside PyTorch
`truth`             what we know about the simulation: which vehicle a box shows
`stats`             bootstrap, samples split by vehicle, identification bits
`collect`           a client for public cameras, the simulated server of cameras, the archive
`detect`            the detector, its history, and how its boxes are judged
`extract`           the network that makes vectors, and the recognisers that came before it
`match`             distances, ranking, re-ranking, and how matches are judged
`track`             tracks within one camera, one tracklet per pass
`search`            nearest vectors among millions, on many computers, and what that costs
`pipeline`          detect, extract and match a folder of frames
`link`              which passes belong to one vehicle, and its trip
`privacy`           what a search gives away, in bits: the leakage meter
`attacks`           linkage, inference, membership, inversion
`defences`          ways to protect people, and what each defence costs
`show`              the look of figures, pictures and widgets
`investigate`       the operator's search, the dossier and the page
`course`            what only the lessons need: figures, checks, stored results
`pages`             the lessons as slides and as a site
`doctor`            whether this computer is ready
`fetch`             gets weights and frames that others publish
`cli`               the command line
==================  ============================================================================

Nothing here imports `studio`, which made the data and the weights. PyTorch, TensorFlow, FAISS and
Dask are imported only when something that needs them is called.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("cctview")
except PackageNotFoundError:  # imported from its folder, not installed
    __version__ = "unknown"

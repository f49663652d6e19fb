"""cctview: how a Clearview-like search engine is built from free parts, shown on vehicles.

A map, in the order in which a frame becomes a trip, and a trip a leak. Start with the first module
of a line.

===============  ======================================================================================================
frames           `frames`, `ids`, `drive`, `lesson_data`, `truth`; read and written by `files`, `tables`, `parquet`
collecting       `collect`, a package: the client, the simulated city, the archive
detecting        `detect`, `retinanet_h5`; `seen`, `evaluate_boxes`; compared: `detectors`, `boosted`
embedding        `extract`, `student`, `densenet`, `second`, `weights`; its history: `eras`, `trials`
learning         `learn`, `trainings`, `shadows`, `tensorflow_setup`; `triplet`, the toy
matching         `match`, `distances`, `rank`, `matches`, `methods`; judged by `evaluate`, `comparisons`, `weak_spots`
tracking         `track`, `scene`, `travel`, `passages`, `filters`
finding a trip   `trip`, `linking`, `evidence`, `learnt`; the operator's: `desk`, `dossier`, `app`, `serve`
at scale         `search`, `vector_database`, `scale`, `parallel`; what it costs: `planet`
what leaks       `privacy`, `bits`, `meter`, `unicity`, `search_odds`, `impostors`; stored by `results`
attacks          `attack`, `invert`, `looks`, `breach`, `showcase`
defences         `defend`, `cloak`, `protection`, `trackers`, `purify`, `usefulness`
showing it       `plots`, `widgets`, `exercises`, `slides`, four packages
running it       `cli`, `pipeline`, `fetch`, `doctor`
===============  ======================================================================================================

Imports go one way: what is shown imports what leaks, which imports what matches, and so on up to
`ids`. Nothing here imports `studio`, which made the data and the weights. What needs PyTorch,
TensorFlow, FAISS or Dask imports it when it is called.
"""

__version__ = "0.1.0"

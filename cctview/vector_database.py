"""A gallery in a vector database, by the same interface as `cctview.search`: a file on a laptop, or
a cluster.

The database is Milvus (pymilvus 3, Milvus Lite 3.2). ``MilvusIndex("gallery.db", 256)`` keeps the
gallery in files beside the notebook, ``MilvusIndex("http://host:19530", 256)`` in a Milvus server
or cluster. Nothing else changes for the caller, for the client is the same. Why Milvus, of the
three looked at (their packages all under Apache 2.0):

- Milvus Lite is 0.3 MB of Python over FAISS, Arrow and gRPC, which are here already. It has real
  indexes, and brings a server of one process, so that the switch can be tried. Milvus is
  distributed by design.
- Qdrant's client has an embedded mode, which compares with every vector in numpy; its server is no
  Python package.
- LanceDB is 75 MB; it works on files, and what serves them from a cluster is a product of its own.

Embedded, Milvus Lite listens on a port of loopback while the index is open, without a password:
other users of the same computer could ask it. ``milvus-lite server`` listens on every address
unless ``--host 127.0.0.1`` is said.
"""

import numpy as np

from cctview.search import Index

_INSERTED_AT_ONCE, _SEARCHED_AT_ONCE = 2000, 500
_INDEXES = {
    "flat": ("FLAT", {}),
    "ivfflat": ("IVF_FLAT", {"nlist": 1024}),
    "hnsw": ("HNSW", {"M": 32, "efConstruction": 80}),
}
_METRICS = {"med": "L2", "mcd": "COSINE"}
_EFFORTS = {"flat": None, "ivfflat": "nprobe", "hnsw": "ef"}
KINDS = tuple(_INDEXES)


class MilvusIndex(Index):
    """A collection of Milvus: opened if it is there, made if not. Use it in a `with` block, or
    `close` it.

    Parameters
    ----------
    where : str or Path
        A file, its name ending in ``.db``; or a server's address, as ``http://127.0.0.1:19530``.
    dimensions : int
        Length of a vector.
    distance : {"med", "mcd"}
    kind : {"flat", "ivfflat", "hnsw"}
        What a new collection is searched by.
    name : str
        The collection's; letters, digits and '_'.
    token : str
        "user:password" or a key, where the server asks for one.

    Attributes
    ----------
    effort : int
        How many cells or candidates a search looks at, unless it says otherwise.

    Raises
    ------
    ImportError
        If pymilvus is not installed.
    OSError
        If the server does not answer.
    ValueError
        If the collection is there with another length, distance or kind.
    """

    def __init__(
        self,
        where,
        dimensions: int,
        distance: str = "med",
        kind: str = "hnsw",
        name: str = "gallery",
        token: str = "",
    ):
        try:
            from pymilvus import MilvusClient
            from pymilvus.exceptions import MilvusException
        except ImportError as error:
            raise ImportError(f"{error}; run: pip install cctview[database]") from None
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}; choose one of {', '.join(KINDS)}")
        if distance not in ("med", "mcd"):
            raise ValueError(f"unknown distance {distance!r}; choose one of med, mcd")
        self.dimensions, self.distance, self.kind, self.name, self.effort = (
            dimensions,
            distance,
            kind,
            name,
            64,
        )
        try:
            self._client = MilvusClient(str(where), token=token)
            self._open(where)
        except MilvusException as error:
            raise OSError(
                f"{where}: Milvus does not answer as it should ({error.message}); is it running"
                " there?"
            ) from None

    def _open(self, where) -> None:
        if not self._client.has_collection(self.name):
            self._create()
        index = self._client.describe_index(self.name, "vector")
        fields = self._client.describe_collection(self.name)["fields"]
        length = next(
            (field["params"].get("dim") for field in fields if field["name"] == "vector"), None
        )
        found = [length, index["metric_type"], index["index_type"]]
        wanted = [self.dimensions, _METRICS[self.distance], _INDEXES[self.kind][0]]
        if found != wanted:
            raise ValueError(
                f"{where}: collection {self.name!r} is {found}, not {wanted}; choose another name"
            )
        self._client.load_collection(self.name)

    def _create(self) -> None:
        from pymilvus import DataType

        schema = self._client.create_schema(auto_id=False)
        schema.add_field("row", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dimensions)
        indexes, (kind, parameters) = self._client.prepare_index_params(), _INDEXES[self.kind]
        indexes.add_index(
            "vector", index_type=kind, metric_type=_METRICS[self.distance], params=parameters
        )
        self._client.create_collection(
            self.name, schema=schema, index_params=indexes, consistency_level="Strong"
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        """Let go of the file or the server; the gallery stays."""
        self._client.close()

    def __len__(self):
        return int(self._client.query(self.name, output_fields=["count(*)"])[0]["count(*)"])

    def _add(self, vectors):
        first = len(self)
        for start in range(0, len(vectors), _INSERTED_AT_ONCE):
            part = vectors[start : start + _INSERTED_AT_ONCE]
            rows = [
                {"row": row, "vector": vector} for row, vector in enumerate(part, first + start)
            ]
            self._client.insert(self.name, rows)
        self._client.flush(self.name)

    def _search(self, queries, k, effort):
        parameter = _EFFORTS[self.kind]
        options = {
            "search_params": {
                "params": {parameter: max(effort or self.effort, k)} if parameter else {}
            }
        }
        indices, values = np.full((len(queries), k), -1), np.full((len(queries), k), np.inf)
        for start in range(0, len(queries), _SEARCHED_AT_ONCE):
            part = list(queries[start : start + _SEARCHED_AT_ONCE])
            answers = self._client.search(
                self.name, data=part, anns_field="vector", limit=k, **options
            )
            for row, answer in enumerate(answers, start):
                indices[row, : len(answer)] = [hit["row"] for hit in answer]
                values[row, : len(answer)] = [hit["distance"] for hit in answer]
        return indices, (
            2 - 2 * values if self.distance == "mcd" else values
        )  # cosines, or squared distances already

"""Search in large galleries: exact and approximate, on one computer or several, and its cost.

=============== ==================================================================================
``index``       `build_index`: flat, IVF-PQ or HNSW, with FAISS; recall against exact search
``distributed`` the same on several computers, with Dask
``costs``       the bill of a city, a nation, and a scraped web; each number with its source
=============== ==================================================================================
"""

from cctview.search.costs import (
    CITY,
    COSTS,
    NATION,
    PLANET,
    Bill,
    Costs,
    Quantity,
    Workload,
    bill,
    compare_bills,
    request_cost,
)
from cctview.search.distributed import connect, dask_executor, nearest
from cctview.search.index import (
    KINDS,
    Index,
    Recall,
    build_index,
    measure_kinds,
    principal_coordinates,
    recall,
)

__all__ = [
    "CITY",
    "COSTS",
    "KINDS",
    "NATION",
    "PLANET",
    "Bill",
    "Costs",
    "Index",
    "Quantity",
    "Recall",
    "Workload",
    "bill",
    "build_index",
    "compare_bills",
    "connect",
    "dask_executor",
    "measure_kinds",
    "nearest",
    "principal_coordinates",
    "recall",
    "request_cost",
]

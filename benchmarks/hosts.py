"""A cluster of separate hosts, one of which is lost: `python -m benchmarks.hosts [FOLDER]`, on
Linux, as root.

Each host is a network namespace with an address of its own on a bridge: a scheduler, and two
workers that reach it by that network alone. One worker is killed for good once the first part is
written. The files must be those of one worker here. What this does not show is separate disks: all
see the same folder, as on a cluster with shared storage.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.scaling import digests
from cctview.pipeline import part_files, process_parts
from cctview.search import connect, dask_executor

BRIDGE, NETWORK, PORT = "cctview0", "10.213.77", 8786
SAMPLE = Path(__file__).resolve().parents[1] / "sample"


def ip(*words):
    """Run the command `ip`."""
    subprocess.run(["ip", *words], check=True)


@contextmanager
def network(hosts):
    """Namespaces cctview1, cctview2, … with addresses on a bridge; gone afterwards."""
    with ExitStack() as undo:
        ip("link", "add", BRIDGE, "type", "bridge")
        undo.callback(ip, "link", "del", BRIDGE)
        ip("address", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
        ip("link", "set", BRIDGE, "up")
        for host in range(1, hosts + 1):
            name = f"cctview{host}"
            ip("netns", "add", name)
            undo.callback(ip, "netns", "del", name)
            ip("link", "add", f"cctv{host}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"cctv{host}", "master", BRIDGE, "up")
            ip("-n", name, "address", "add", f"{NETWORK}.{host + 1}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield


@contextmanager
def on_host(host, *words):
    """A process on a host, in a process group of its own; killed afterwards."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(SAMPLE.parent)}
    command = [
        "ip",
        "netns",
        "exec",
        f"cctview{host}",
        sys.executable,
        "-m",
        "distributed.cli." + words[0],
        *words[1:],
    ]
    process = subprocess.Popen(
        command, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        lose(process)


def lose(process):
    """Kill a host's process and its children."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def main(folder=SAMPLE):
    """Run it and compare."""
    from threading import Thread

    address = f"tcp://{NETWORK}.2:{PORT}"
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        process_parts(folder, Path(name, "here"), partial(dask_executor, workers=1), minutes=1)
        stack.enter_context(network(3))
        stack.enter_context(
            on_host(
                1, "dask_scheduler", "--host", f"{NETWORK}.2", "--port", str(PORT), "--no-dashboard"
            )
        )
        options = [address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        workers = [stack.enter_context(on_host(host, "dask_worker", *options)) for host in (2, 3)]
        with connect(address) as client:
            client.wait_for_workers(2, timeout=300)
            hosts = sorted(
                {worker["host"] for worker in client.scheduler_info()["workers"].values()}
            )
        out = Path(name, "hosts")

        def lose_one():
            while not part_files(out):
                time.sleep(0.05)
            lose(workers[0])

        loser = Thread(target=lose_one)
        loser.start()
        done = process_parts(folder, out, partial(dask_executor, scheduler=address), minutes=1)
        loser.join()
        with connect(address) as client:
            left = sorted(
                {worker["host"] for worker in client.scheduler_info()["workers"].values()}
            )
        one, other = digests(Path(name, "here")), digests(out)
    same = "the same" if one == other else "DIFFERENT"
    print(
        f"Workers on {', '.join(hosts)}; at the end on {', '.join(left)}: {len(other)} files, ",
        end="",
    )
    print(f"{same} bytes as by one worker here; problems: {done.problems}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""A wire that takes its time: what comes in at one interface leaves by the other one, in order.

wire.py INTERFACE INTERFACE SECONDS: passes everything on at once; from SIGUSR1 on each frame waits for SECONDS, and from
SIGUSR2 on no longer. For kernels without netem. Offloaded checksums and segments pass as they are (PACKET_VNET_HDR).
"""

import collections
import select
import signal
import socket
import sys
import time

ALL_PROTOCOLS = 3
SOL_PACKET, PACKET_VNET_HDR = 263, 15
LARGEST = 1 << 17


def end_of(name):
    """A raw socket at an interface, frames with the header of the kernel's offloads before them."""
    end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    end.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    end.bind((name, 0))
    end.setblocking(False)
    return end


def main(first, second, seconds):
    wait = 0.0

    def slow(*_):
        nonlocal wait
        wait = seconds

    def quick(*_):
        nonlocal wait
        wait = 0.0

    signal.signal(signal.SIGUSR1, slow)
    signal.signal(signal.SIGUSR2, quick)
    ends = [end_of(first), end_of(second)]
    under_way = collections.deque()
    print("ready", flush=True)
    while True:
        patience = max(0.0, under_way[0][0] - time.monotonic()) if under_way else 0.05
        for end in select.select(ends, [], [], patience)[0]:
            try:
                frame, origin = end.recvfrom(LARGEST)
            except OSError:
                continue  # the interface went down for a moment
            if origin[2] != socket.PACKET_OUTGOING:
                # A wire that grows quick again overtakes nothing.
                due = max(time.monotonic() + wait, under_way[-1][0] if under_way else 0.0)
                under_way.append((due, ends[1 - ends.index(end)], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, frame = under_way.popleft()
            try:
                end.send(frame)
            except OSError:
                pass  # as a wire loses what nobody takes


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))

# SPDX-License-Identifier: BSL-1.0
"""The calls that file_shim.cpp has written down."""
import collections
import struct

RECORD = struct.Struct("<IIIIQq")
KINDS = ("create", "clear", "write", "sync", "sync_names", "resize", "rename", "remove", "mkdir",
         "link", "close")
Call = collections.namedtuple("Call", "kind path other file offset data")


def read(trace):
    """The calls in order; paths as they are."""
    data, at, calls = trace.read_bytes(), 0, []
    while at < len(data):
        kind, path, other, size, file, offset = RECORD.unpack_from(data, at)
        at += RECORD.size
        first, second, end = at + path, at + path + other, at + path + other + size
        calls.append(Call(KINDS[kind], data[at:first].decode(), data[first:second].decode(), file,
                          offset, data[second:end]))
        at = end
    return calls

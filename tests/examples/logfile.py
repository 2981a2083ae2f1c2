# SPDX-License-Identifier: BSL-1.0
"""Reads the records of a file log as include/millrace/log/format.hpp describes its bytes."""
import collections
import struct

SEGMENT_HEADER = 48
FRAME = struct.Struct("<IIBQIqQ")  # length, crc, version and kind, base, count, time, durable
RECORDS, TRANSACTION = 1, 2


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def records_at(data, place, count):
    """(key, data) of the `count` records that begin at `place`."""
    for _ in range(count):
        _, place = varint(data, place)
        key_size, place = varint(data, place)
        size, place = varint(data, place)
        key = data[place:place + key_size].decode()
        place += key_size
        yield key, data[place:place + size]
        place += size


def records(directory):
    """(shard's name, key, data) of every record, shard after shard. A transaction's are there once
    its last part is."""
    begun = collections.defaultdict(list)  # of a shard: the transaction whose last part is to come
    for segment in sorted(directory.rglob("*.seg")):
        shard, data, at = segment.parent.name, segment.read_bytes(), SEGMENT_HEADER
        while at + FRAME.size <= len(data):
            length, _, kind, _, count, _, _ = FRAME.unpack_from(data, at)
            if length == 0 or at + length + 8 > len(data):
                break  # room that is reserved, or a write that was cut off
            place = at + FRAME.size
            if kind & 15 == RECORDS:
                yield from ((shard, *record) for record in records_at(data, place, count))
            elif kind & 15 == TRANSACTION:
                begun[shard] += records_at(data, place + 2 + data[place + 1], count)
                if data[place]:
                    yield from ((shard, *record) for record in begun.pop(shard))
            at += length + 8

# SPDX-License-Identifier: BSL-1.0
"""Reads the records of a file log as include/millrace/log/format.hpp describes its bytes."""
import struct

SEGMENT_HEADER = 48
FRAME = struct.Struct("<IIBQIqQ")  # length, crc, version and kind, base, count, time, durable
RECORDS = 1


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def records(directory):
    """(shard's name, key, data) of every record, shard after shard."""
    for segment in sorted(directory.rglob("*.seg")):
        data = segment.read_bytes()
        at = SEGMENT_HEADER
        while at + FRAME.size <= len(data):
            length, _, kind, _, count, _, _ = FRAME.unpack_from(data, at)
            if length == 0:
                break  # room that is reserved
            if kind & 15 == RECORDS:
                place = at + FRAME.size
                for _ in range(count):
                    _, place = varint(data, place)
                    key_size, place = varint(data, place)
                    size, place = varint(data, place)
                    key = data[place:place + key_size].decode()
                    place += key_size
                    yield segment.parent.name, key, data[place:place + size]
                    place += size
            at += length + 8

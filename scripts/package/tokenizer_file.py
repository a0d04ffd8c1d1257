"""Edits sentencepiece models, which are protobuf messages: takes out the paths of the texts that they were trained on, which a
package has no use for, and adds pieces."""

import struct
from collections.abc import Iterator

TRAINER_SPEC = 2  # field numbers of sentencepiece_model.proto
INPUT, MODEL_PREFIX = 1, 2  # in the trainer spec
PIECES = 1
PIECE, SCORE = 1, 2  # in a piece
LENGTH_DELIMITED = 2  # wire types of protobuf
FIXED_SIZES = {1: 8, 5: 4}
FLOAT = 5


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def write_varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(field number, the field's bytes whole, its contents) of each field of a protobuf message."""
    position = 0
    while position < len(message):
        start = position
        tag, position = read_varint(message, position)
        wire_type = tag & 7
        if wire_type == LENGTH_DELIMITED:
            length, position = read_varint(message, position)
        elif wire_type in FIXED_SIZES:
            length = FIXED_SIZES[wire_type]
        else:
            length = read_varint(message, position)[1] - position
        yield tag >> 3, message[start : position + length], message[position : position + length]
        position += length


def without_paths(model: bytes) -> bytes:
    """The same tokenizer without the names of its training files."""
    out = bytearray()
    for number, whole, contents in fields(model):
        if number == TRAINER_SPEC:
            contents = b"".join(
                part for inner, part, _ in fields(contents) if inner not in (INPUT, MODEL_PREFIX)
            )
            whole = (
                write_varint(TRAINER_SPEC << 3 | LENGTH_DELIMITED) + write_varint(len(contents)) + contents
            )
        out += whole
    return bytes(out)


def with_pieces(model: bytes, pieces: dict[str, float]) -> bytes:
    """The same tokenizer with more pieces and their scores, whose ids follow those that there are."""
    out = bytearray(model)  # messages that follow each other are one, and their repeated fields too
    for text, score in pieces.items():
        name = text.encode()
        piece = write_varint(PIECE << 3 | LENGTH_DELIMITED) + write_varint(len(name)) + name
        piece += write_varint(SCORE << 3 | FLOAT) + struct.pack("<f", score)
        out += write_varint(PIECES << 3 | LENGTH_DELIMITED) + write_varint(len(piece)) + piece
    return bytes(out)

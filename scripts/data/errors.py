"""The one error of the data scripts: says what is wrong with which file, and what to do about it."""


class ArtError(Exception):
    """Raw art or a built bank is missing or unusable; the message names the file and the remedy."""

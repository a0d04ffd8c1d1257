"""The commonest words of a language, from the data of PyPI's wordfreq (Speer 2022; the lists are CC BY-SA 4.0)."""

import gzip
from importlib.metadata import PackageNotFoundError, distribution

from scripts.data.errors import ArtError


def frequent_words(language: str, count: int) -> list[str]:
    """At most `count` words, commonest first; none for a language without a list. Reads the list's file alone: the
    package itself wants tokenizers that nothing here needs."""
    try:
        import msgpack  # with wordfreq a package of training, which tests do without

        path = distribution("wordfreq").locate_file(f"wordfreq/data/small_{language}.msgpack.gz")
    except (ImportError, PackageNotFoundError) as error:
        raise ArtError("wordfreq is not installed; run scripts/setup --training") from error
    if not path.is_file():
        return []
    with gzip.open(path) as file:
        _, *buckets = msgpack.unpackb(file.read(), raw=False)  # words of one frequency each
    return [word for bucket in buckets for word in bucket][:count]

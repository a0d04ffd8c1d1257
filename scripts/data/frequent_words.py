"""How common the words of a language are, from the data of PyPI's wordfreq (Speer 2022; the lists are CC BY-SA 4.0)."""

import gzip
from importlib.metadata import PackageNotFoundError, distribution

from scripts.data.errors import ArtError

SIZES = (
    "small",
    "large",
)  # of the lists: words from Zipf value 3, and from 1; not every language has the large one


def zipf_values(language: str, size: str = "large") -> dict[str, float]:
    """Words, commonest first, with log10 of how often they come up in a billion words; empty for a language without a
    list. Reads the list's file alone: the package itself wants tokenizers that nothing here needs."""
    try:
        import msgpack  # with wordfreq a package of training, which tests do without

        folder = distribution("wordfreq").locate_file("wordfreq/data")
    except (ImportError, PackageNotFoundError) as error:
        raise ArtError("wordfreq is not installed; run scripts/setup --training") from error
    for name in reversed(SIZES[: SIZES.index(size) + 1]):
        path = folder / f"{name}_{language}.msgpack.gz"
        if path.is_file():
            with gzip.open(path) as file:
                _, *buckets = msgpack.unpackb(
                    file.read(), raw=False
                )  # bucket k: a frequency of 10^(-k / 100)
            return {word: 9 - k / 100 for k, bucket in enumerate(buckets) for word in bucket}
    return {}


def frequent_words(language: str, count: int) -> list[str]:
    """At most `count` words, commonest first; none for a language without a list."""
    return list(zipf_values(language, "small"))[:count]

"""The attribution file that the licences of the art ask for, from the packages' own statements."""

from pathlib import Path

from scripts.data.art_sets import EMOJIBASE, ArtSet, Package

HEADER = """# Art this model learned from

Pictures and names come from the works below, drawn at small sizes, recoloured and composed into scenes.
Each licence is the one that the work itself states.

| work | authors | licence | changes |
|---|---|---|---|
"""


def attribution(art: Path, sets: list[ArtSet], with_clipart: bool) -> str:
    rows = [_row(art, item) for item in sets]
    package = Package(art, *EMOJIBASE).json("package.json")
    rows.append(f"| Emojibase (names and tags) | {_author(package)} | {package['license']} | selected |")
    rows.append(
        "| [WordNet](https://wordnet.princeton.edu) (names, meanings) | Princeton University | "
        "[WordNet licence](https://wordnet.princeton.edu/license-and-commercial-use) | selected |"
    )
    if with_clipart:
        rows.append(
            "| [Open Clip Art Library](https://openclipart.org) | its contributors | public domain | rasterised |"
        )
    return HEADER + "\n".join(rows) + "\n"


def _row(art: Path, item: ArtSet) -> str:
    package = Package(art, item.package, item.npm)
    if "info.json" in package.files:
        info = package.json("info.json")
        author, licence = info["author"], info["license"]
        link = f"[{licence['title']}]({licence['url']})" if "url" in licence else licence["title"]
        authors = ", ".join(filter(None, (author["name"], item.credit)))
        return f"| [{info['name']}]({author['url']}) | {authors} | {link} | rasterised |"
    facts = package.json("package.json")
    # The npm package repackages Microsoft's renders; both are named.
    return (
        f"| [Fluent Emoji 3D](https://github.com/microsoft/fluentui-emoji) | Microsoft Corporation; packaged by "
        f"{_author(facts)} | {facts['license']} | rasterised |"
    )


def _author(package: dict) -> str:
    author = package.get("author", "its authors")
    return author["name"] if isinstance(author, dict) else author.split(" <")[0]

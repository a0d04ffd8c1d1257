"""A small world of raw art for the data tests: six emoji in four styles, drawn here, named like the real packages."""

import io
import json
from pathlib import Path

from PIL import Image

EMOJI = {  # hexcode: label, subgroup, SVG body in a 100 x 100 box
    "1F431": ("cat face", 34, '<circle cx="50" cy="50" r="45" fill="#e08a1e"/><path d="M20 5 40 30H10z"/>'),
    "1F34E": (
        "red apple",
        42,
        '<ellipse cx="50" cy="55" rx="40" ry="44" fill="#d22"/><path fill="#282" d="M50 2h20v10z"/>',
    ),
    "1F697": (
        "automobile",
        54,
        '<rect x="2" y="30" width="96" height="44" fill="#d11"/><circle cx="25" cy="80" r="14"/>',
    ),
    "1F340": ("four leaf clover", 41, '<rect x="10" y="10" width="80" height="80" rx="30" fill="#2a3"/>'),
    "1F1F3-1F1F4": (
        "flag: Norway",
        98,
        '<rect y="20" width="100" height="60" fill="#c22"/><path d="M30 20v60" stroke="#00f"/>',
    ),
    "1F44D": ("thumbs up", 19, '<path d="M30 90V40L50 5l15 5-5 30h35v50z" fill="#fc3"/>'),
    "1F3A9": (
        "top hat",
        65,
        '<rect x="25" y="5" width="50" height="70"/><rect x="5" y="75" width="90" height="15"/>',
    ),
}
SUBGROUPS = {19: "hand-fingers-closed", 34: "animal-mammal", 41: "plant-other", 42: "food-fruit",
             54: "transport-ground", 65: "clothing", 98: "country-flag"}  # fmt: skip
GERMAN = {"1F431": "Katzengesicht", "1F34E": "roter Apfel", "1F697": "Auto", "1F340": "Glücksklee",
          "1F1F3-1F1F4": "Flagge: Norwegen", "1F44D": "Daumen hoch", "1F3A9": "Zylinder"}  # fmt: skip
STYLES = {
    "noto": 1.0,
    "twemoji": 0.8,
    "fluent-emoji-flat": 0.6,
}  # each draws the same body, more or less high
SKIPPED = (
    "iconify-json-fluent-emoji,iconify-json-emojione,iconify-json-noto-v1,iconify-json-fxemoji,"
    "iconify-json-streamline-emojis,iconify-json-flat-color-icons,iconify-json-streamline-ultimate-color,"
    "iconify-json-streamline-freehand-color,iconify-json-fluent-color,iconify-json-icon-park,iconify-json-ph,"
    "iconify-json-circle-flags,openclipart"
)  # fmt: skip
SPLIT = {
    "cells": [["1f431", "twemoji"]],
    "concepts": [["1f340", "four leaf clover"]],
    "colours": [["blue", "1f697", "automobile"]],
    "pairs": [["1f34e", "1f697", "red apple + automobile"]],
}


def slug(label: str) -> str:
    return label.lower().replace(": ", "-").replace(" ", "-")


def write_json(path: Path, value) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def write_art(folder: Path) -> Path:
    _write_names(folder / "emojibase-data-1.0.0" / "package")
    for style, height in STYLES.items():
        package = folder / f"iconify-json-{style}-1.0.0" / "package"
        bodies = {
            slug(label): {
                "body": f'<g transform="translate(0 {50 - 50 * height}) scale(1 {height})">{body}</g>'
            }
            for label, _, body in EMOJI.values()
        }
        bodies["copy-of-red-apple"] = bodies["red-apple"]
        write_set(package, style, bodies, {code.lower(): slug(row[0]) for code, row in EMOJI.items()})
    glyphs = {"sword": {"body": '<path d="M45 5h10v60h20v10H25V65h20z" fill="currentColor"/>'}}
    write_set(folder / "iconify-json-game-icons-1.0.0" / "package", "game-icons", glyphs, None)
    assets = folder / "lobehub-fluent-emoji-3d-1.0.0" / "package" / "assets"
    assets.mkdir(parents=True)
    for code, colour in (("1f44d", (255, 204, 50)), ("1f44d-1f3ff", (90, 60, 40)), ("1f34e", (220, 30, 40))):
        picture = Image.new("RGBA", (256, 256), (*colour, 0))
        picture.paste((*colour, 255), (40, 60, 210, 200))
        data = io.BytesIO()
        picture.save(data, "WEBP", lossless=True)
        (assets / f"{code}.webp").write_bytes(data.getvalue())
    write_json(assets.parent / "package.json", {"author": "Packager <p@x>", "license": "MIT"})
    return folder


def write_set(package: Path, name: str, icons: dict, chars: dict | None) -> None:
    write_json(package / "icons.json", {"icons": icons, "width": 100, "height": 100})
    if chars is not None:
        write_json(package / "chars.json", chars)
    licence = {"title": "CC BY 4.0", "url": "https://example.org/by"}
    author = {"name": f"Painter of {name}", "url": "https://example.org"}
    write_json(package / "info.json", {"name": name, "author": author, "license": licence})


def _write_names(package: Path) -> None:
    rows = [{"label": label, "hexcode": code, "group": 9 if subgroup == 98 else 3, "subgroup": subgroup, "tags": ["tag", label]}
            for code, (label, subgroup, _) in EMOJI.items()]  # fmt: skip
    write_json(package / "en" / "data.json", rows)
    write_json(package / "de" / "data.json", [{**row, "label": GERMAN[row["hexcode"]]} for row in rows])
    write_json(package / "meta" / "groups.json", {"subgroups": {str(k): v for k, v in SUBGROUPS.items()}})
    write_json(package / "meta" / "unicode-names.json", {})
    for kind in ("emojibase", "joypixels", "github", "iamcal"):
        write_json(package / "en" / "shortcodes" / f"{kind}.json", {"1F697": ["red_car", "motorcar"]})
    write_json(package / "package.json", {"author": "Namer", "license": "MIT"})

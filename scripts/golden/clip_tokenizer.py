"""Writes tests/golden/clip_bpe: a small CLIP vocabulary, and the ids that transformers gives with it.

CLIP's own vocabulary has 49,408 tokens; this one is trained on the sentences below, so that every byte and a few
common merges of many scripts are in it. `cases.jsonl` has a text and its ids, cut to 77, on each line.

Run: python -m scripts.golden.clip_tokenizer
"""

import argparse
import json
import random
import unicodedata
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import CLIPTokenizer

VOCABULARY = 1200
LENGTH = 77
SEED = 1
SPECIALS = ["<|startoftext|>", "<|endoftext|>"]

# "A red fox sits in the snow under the stars", or near it.
SENTENCES = [
    "A red fox sits in the snow under the stars, oil painting, highly detailed, 4k",
    "Un renard roux est assis dans la neige sous les étoiles, peinture à l'huile",
    "Ein roter Fuchs sitzt im Schnee unter den Sternen, Ölgemälde, größer",
    "Un zorro rojo se sienta en la nieve bajo las estrellas, mañana ¿sí?",
    "Una volpe rossa siede nella neve sotto le stelle, perché così è",
    "Uma raposa vermelha está sentada na neve sob as estrelas, coração",
    "Een rode vos zit in de sneeuw onder de sterren",
    "Czerwony lis siedzi w śniegu pod gwiazdami, zażółć gęślą jaźń",
    "Červená liška sedí ve sněhu pod hvězdami, příliš žluťoučký kůň",
    "Kırmızı bir tilki karda yıldızların altında oturuyor, İstanbul IŞIK",
    "Punainen kettu istuu lumessa tähtien alla",
    "En röd räv sitter i snön under stjärnorna, blåbär",
    "Rauður refur situr í snjónum undir stjörnunum, þæði",
    "Vörös róka ül a hóban a csillagok alatt, árvíztűrő",
    "O vulpe roșie stă în zăpadă sub stele, țară",
    "Một con cáo đỏ ngồi trong tuyết dưới những vì sao, nghệ thuật",
    "Рыжая лиса сидит в снегу под звёздами, ЁЖИК",
    "Червона лисиця сидить у снігу під зорями, їжак ґанок",
    "Црвена лисица седи у снегу под звездама, ђак љубав",
    "Μια κόκκινη αλεπού κάθεται στο χιόνι, ΟΔΟΣ ΣΟΦΟΣ",
    "שועל אדום יושב בשלג מתחת לכוכבים, שָׁלוֹם",
    "ثعلب أحمر يجلس في الثلج تحت النجوم، مَرْحَبًا ١٢٣",
    "روباه قرمز در برف زیر ستاره‌ها می‌نشیند ۴۵۶",
    "एक लाल लोमड़ी तारों के नीचे बर्फ में बैठी है, क़िला १२३",
    "একটি লাল শিয়াল তারার নিচে বরফে বসে আছে",
    "ஒரு சிவப்பு நரி நட்சத்திரங்களின் கீழ் பனியில் அமர்ந்திருக்கிறது",
    "หมาจิ้งจอกแดงนั่งอยู่ในหิมะใต้ดวงดาว",
    "წითელი მელა ზის თოვლში ვარსკვლავების ქვეშ, ᲗᲑᲘᲚᲘᲡᲘ",
    "Կարմիր աղվեսը նստում է ձյան մեջ աստղերի տակ և",
    "ቀይ ቀበሮ በበረዶ ውስጥ ከከዋክብት በታች ተቀምጧል",
    "一只红色的狐狸坐在星空下的雪地里，油画风格。",
    "一隻紅色的狐狸坐在星空下的雪地裡",
    "赤いキツネが星空の下で雪の中に座っている、ガギグゲゴ ﾊﾝｶｸ",
    "붉은 여우가 별빛 아래 눈 속에 앉아 있다",
    "🦊❄️ a cute fox sticker 👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪🇫🇷 1️⃣ ☺",
    "it's we're they've I'm he'll she'd don't CAN'T IT'S 'tis rock'n'roll 'sd''ll",
]

WRITTEN = [
    "",
    " ",
    "\n\t \u3000 \u00a0",
    "a",
    "  leading and   inner\tand\r\ntrailing spaces  ",
    "zero\u200bwidth \ufeffbom soft\u00adhyphen line\u2028separator para\u2029graph next\u0085line",
    "information\x1cseparators\x1dare\x1enot\x1fspace",
    "\x00null\x01control\x7f",
    "1234567890 3.14159 1,000,000 ½ ² Ⅷ ① ٣ ೯",
    "!!!??? ... --- ((nested [brackets] {here})) <tag> a_b a-b a/b a\\b #hash @at $5 50% ^ & * + = ~ `",
    "it's''s '''t ’s ‘quoted’ “double” «guillemets» „low“",
    "I'M HE'LL WE'VE THEY'RE CAN'T SHE'D IT'S",
    "ǅ ǈ ǋ ǲ ß ẞ ſ ı İ Ⱥ K Å Ω ﬁ ﬀ ŉ ᾳ ᾼ",
    "e\u0301 \u00e9 a\u0323\u0302 \u1ead o\u0302\u0323 \u1112\u1161\u11ab \ud55c \u0915\u093c \u0958 \u212b \u2126",
    "a\u0301\u0300\u0327\u0323 " + "z" + "\u0301\u0323" * 20,
    "<|startoftext|>",
    "a<|endoftext|>b",
    "<|ENDOFTEXT|>!! x<|StartOfText|>.y",
    "<|endoftext|><|endoftext|> '<|startoftext|>'s",
    "<|start oftext|> <|endoftext| |endoftext|> <|x|>",
    "word" * 300,
    "a photo of " * 30,
    "no spaces at all" + "，这是一个没有空格的很长的句子" * 20,
    "x " * 74,
    "x " * 75,
    "x " * 76,
]


def assigned(first: int, last: int) -> list[str]:
    """Characters of a range that Unicode had given a meaning by Python's own tables (older than the tokenizers')."""
    return [c for c in map(chr, range(first, last)) if unicodedata.category(c) not in ("Cn", "Cs", "Co")]


def random_texts(random_source: random.Random, count: int) -> list[str]:
    """Mixed scripts, marks, cases, spaces and emoji, a few dozen characters each."""
    everything = assigned(1, 0x20000)
    emoji = assigned(0x1F300, 0x1FAFF) + ["\u200d", "\ufe0f", "\U0001f3fd"]
    marks = [c for c in everything if unicodedata.combining(c)]
    spaces = [c for c in everything if c.isspace()]
    words = [word for sentence in SENTENCES for word in sentence.split()]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(random_source.randint(1, 10)):
            kind = random_source.randrange(7)
            if kind == 0:
                parts.append(random_source.choice(words).swapcase())
            elif kind == 1:
                parts.append(random_source.choice(words) + random_source.choice(marks))
            elif kind == 2:
                parts.append(random_source.choice(spaces))
            elif kind == 3:
                parts.extend(random_source.choices(emoji, k=3))
            elif kind == 4:
                parts.append(unicodedata.normalize("NFD", random_source.choice(words)))
            elif kind == 5:
                parts.extend(random_source.choices(everything, k=4))
            else:
                parts.append(
                    random_source.choice(["'s", "'ll", "'", "!", "12", "-", " ", "<|endoftext|>", "<|"])
                )
        texts.append("".join(parts))
    return texts


def cases() -> list[str]:
    random_source = random.Random(SEED)
    texts = WRITTEN + SENTENCES
    texts += [sentence.upper() for sentence in SENTENCES]
    texts += [unicodedata.normalize("NFD", sentence) for sentence in SENTENCES]
    texts += [word for sentence in SENTENCES for word in sentence.split()]
    texts += random_texts(random_source, 700)
    return list(dict.fromkeys(texts))


def train(folder: Path) -> None:
    """Byte pairs by CLIP's rules; its two special tokens are the last ids, as in CLIP's own files."""
    blank = CLIPTokenizer().backend_tokenizer
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.normalizer = blank.normalizer
    trained.pre_tokenizer = blank.pre_tokenizer
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        min_frequency=2,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    trained.train_from_iterator(SENTENCES * 2, trainer)
    merges = [tuple(merge) for merge in json.loads(trained.to_str())["model"]["merges"]]
    tokens = (
        alphabet + [byte + "</w>" for byte in alphabet] + [left + right for left, right in merges] + SPECIALS
    )
    tokens = list(dict.fromkeys(tokens))
    vocab = {token: i for i, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(
        json.dumps(vocab, ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )
    lines = ["#version: 0.2", *(f"{left} {right}" for left, right in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("tests/golden/clip_bpe"), help="folder to write")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    train(folder)
    vocab = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    merges = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()[1:]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=[tuple(merge.split(" ")) for merge in merges])
    texts = cases()
    ids = tokenizer(texts, truncation=True, max_length=LENGTH)["input_ids"]
    with (folder / "cases.jsonl").open("w", encoding="ascii") as file:
        for text, row in zip(texts, ids, strict=True):
            file.write(json.dumps({"text": text, "ids": row}, separators=(",", ":")) + "\n")
    print(f"{len(texts)} texts, {len(vocab)} tokens, {len(merges)} merges -> {folder}")


if __name__ == "__main__":
    main()

"""Writes fixtures/tokenizers: small tokenizer.json files of three kinds, and what `tokenizers` makes of texts with them.

usage: python scripts/golden/make_tokenizers.py   (needs tokenizers 0.23.3)

bloom.json, gpt2.json and llama3.json are trained on fixtures/corpus and have the parts that the published files of those
models have. expected.json holds for each a list of texts with their ids, and for texts of all characters the SHA-256 of
the ids as 32-bit little-endian numbers. bloom-merges.json is what its trainer learns, for ours to learn as well.
"""

import hashlib
import json
import pathlib
import struct
import sys

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from tokenizer_texts import SPACES, WORDS  # noqa: E402

BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+")
CHARACTER_PATTERNS = ["{0}", "a{0}1 ", " {0}\n"]
# Beyond are only ideographs, marks that select variants and private characters.
CHARACTERS = [code for code in range(0x20000) if not 0xD800 <= code < 0xE000]


def split_and_bytes(pattern):
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def train(kind, texts, vocabulary, least_frequency=0):
    """A tokenizer with the parts of BLOOM's, GPT-2's or Llama 3's."""
    special = {"bloom": ["<unk>", "<s>", "</s>", "<pad>"], "gpt2": ["<|endoftext|>"], "llama3": []}[kind]
    if kind == "gpt2":
        tokenizer = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix=""))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer = Tokenizer(models.BPE(ignore_merges=kind == "llama3"))
        tokenizer.pre_tokenizer = split_and_bytes(BLOOM if kind == "bloom" else LLAMA3)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=least_frequency, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    if kind == "llama3":
        first = "<|begin_of_text|>"
        tokenizer.add_special_tokens([first, "<|end_of_text|>", "<|reserved_special_token_0|>"])
        tokenizer.post_processor = processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single=f"{first} $A", pair=f"{first} $A {first}:1 $B:1",
                special_tokens=[(first, tokenizer.token_to_id(first))])])
    return tokenizer


def characters_in(pattern):
    """Texts of 4,096 characters each, every one in the pattern."""
    for start in range(0, len(CHARACTERS), 4096):
        yield "".join(pattern.format(chr(code)) for code in CHARACTERS[start : start + 4096])


def main():
    folder = ROOT / "fixtures/tokenizers"
    folder.mkdir(exist_ok=True)
    files = sorted((ROOT / "fixtures/corpus").rglob("*.txt"))
    corpus = [file.read_text(encoding="utf-8") for file in files]
    texts = corpus[::9] + [a + s + b for s in SPACES for a in WORDS[::3] for b in WORDS[::11]]
    texts += [a + b for a in WORDS for b in WORDS[::5]] + ["ab" * 200, "中" * 100, "a" * 300, " " * 200]
    expected = {"texts": texts, "patterns": CHARACTER_PATTERNS, "kinds": {}}
    for kind in ["bloom", "gpt2", "llama3"]:
        tokenizer = train(kind, corpus, 700)
        tokenizer.save(str(folder / f"{kind}.json"))
        digests = []
        for pattern in CHARACTER_PATTERNS:
            encoded = tokenizer.encode_batch_fast(list(characters_in(pattern)), add_special_tokens=False)
            ids = [number for text in encoded for number in text.ids]
            digests.append(hashlib.sha256(struct.pack(f"<{len(ids)}i", *ids)).hexdigest())
        expected["kinds"][kind] = {
            "ids": [tokenizer.encode(text, add_special_tokens=False).ids for text in texts],
            "template": tokenizer.encode("a").ids,
            "characters": digests,
        }
    with open(folder / "expected.json", "w", encoding="utf-8") as out:
        json.dump(expected, out, ensure_ascii=True, separators=(",", ":"))
        out.write("\n")


if __name__ == "__main__":
    main()

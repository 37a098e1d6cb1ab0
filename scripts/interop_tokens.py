"""Compare Serre's token files with Megatron-LM's, and with a reader and sampler of this script's own: see scripts/interop-tokens.

    python interop_tokens.py SERRE FOLDER

The reader is written from the documented layout, with numpy alone; where megatron-core is installed, its IndexedDataset and
IndexedDatasetBuilder are asked too, in both directions. Prints a line per comparison; exits 1 when one fails.
"""

import hashlib
import json
import math
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy

TYPES = {1: "<u1", 2: "<i1", 3: "<i2", 4: "<i4", 5: "<i8", 8: "<u2"}
WORD = 0xFFFFFFFF


# ---------------------------------------------------------------------------------------------------------------- reader


def read(prefix: Path) -> tuple[str, list[numpy.ndarray]]:
    """The type and the documents of PREFIX.bin and PREFIX.idx."""
    index = Path(f"{prefix}.idx").read_bytes()
    magic, version, code, sequences, marks = struct.unpack_from("<9sQBQQ", index)
    assert magic == b"MMIDIDX\0\0" and version == 1, (magic, version)
    lengths = numpy.frombuffer(index, "<i4", sequences, 34)
    offsets = numpy.frombuffer(index, "<i8", sequences, 34 + 4 * sequences)
    ends = numpy.frombuffer(index, "<i8", marks, 34 + 12 * sequences)
    assert len(index) == 34 + 12 * sequences + 8 * marks
    kind = numpy.dtype(TYPES[code])
    tokens = numpy.fromfile(f"{prefix}.bin", kind)
    assert (offsets == numpy.concatenate([[0], numpy.cumsum(lengths.astype("i8"))[:-1]]) * kind.itemsize).all()
    assert ends[0] == 0 and ends[-1] == sequences and lengths.sum() == len(tokens)
    starts = numpy.concatenate([[0], numpy.cumsum(lengths.astype("i8"))])
    return kind.name, [tokens[starts[a] : starts[b]] for a, b in zip(ends, ends[1:])]


# --------------------------------------------------------------------------------------------------------------- sampler


def philox(counter: list[int], key: list[int]) -> list[int]:
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        first, second = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (second >> 32) ^ b ^ k0, second & WORD, (first >> 32) ^ d ^ k1, first & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return [a, b, c, d]


def permuted(position: int, epoch: int, windows: int, seed: int) -> int:
    """The Feistel network that walks on until the value is an index."""
    half = max(1, ((windows - 1).bit_length() + 1) // 2)
    mask, value = (1 << half) - 1, position
    while True:
        left, right = value >> half, value & mask
        for r in range(6):
            word = philox([right & WORD, 0x534F5254 + r, epoch & WORD, epoch >> 32], [seed & WORD, seed >> 32])[0]
            left, right = right, left ^ (word & mask)
        value = left << half | right
        if value < windows:
            return value


def seed_of(use: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"serre {seed} {use}".encode()).digest()[:8], "big")


def place(sample: int, parts: list[tuple[str, int, int]], seed: int) -> tuple[int, int]:
    """The part and window of a sample; parts are (language, windows, share)."""
    block = sample // 1024
    index = block * 1024 + permuted(sample % 1024, block, 1024, seed_of("blend", seed))
    low, high = 0, len(parts)
    while high - low > 1:
        middle = (low + high) // 2
        share, whole = sum(p[2] for p in parts[low:middle]), sum(p[2] for p in parts[low:high])
        before, after = ((n * share + whole // 2) // whole for n in (index, index + 1))
        low, high, index = (low, middle, before) if after > before else (middle, high, index - before)
    language, windows, _ = parts[low]
    return low, permuted(index % windows, index // windows, windows, seed_of(f"windows {language}", seed))


def power(x: float, y: float) -> float:
    """x to the y by the sums that Serre defines."""
    mantissa, exponent = math.frexp(x)
    mantissa, exponent = 2 * mantissa, float(exponent - 1)
    if mantissa > 1.4142135623730951:
        mantissa, exponent = mantissa * 0.5, exponent + 1
    z = (mantissa - 1) / (mantissa + 1)
    total = 0.0
    for odd in range(23, 0, -2):
        total = total * (z * z) + 1 / odd
    p = y * (2 * z * total + exponent * 0.6931471805599453)
    k = math.floor(p / 0.6931471805599453 + 0.5)
    rest, total = p - k * 0.6931471805599453, 1.0
    for term in range(16, 0, -1):
        total = 1 + rest / term * total
    return math.ldexp(total, k)


# ------------------------------------------------------------------------------------------------------------ comparison


class Comparison:
    def __init__(self, serre: str, folder: Path):
        self.serre, self.folder, self.failed = serre, folder, False
        self.texts = {
            "en": ["One bed of lettuce.", "Two rows\nof beans", "x"],
            "fr": ["Une serre, été comme hiver.", "œuf"] + [f"rang {n}" for n in range(50)],
            "ja": ["温室でトマトを育てる。"],
        }

    def run(self, *arguments) -> str:
        command = [self.serre, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def say(self, what: str, agrees: bool) -> None:
        self.failed |= not agrees
        print(f"{'agrees  ' if agrees else 'DIFFERS '} {what}")

    def build(self) -> dict:
        for language, texts in self.texts.items():
            (self.folder / "texts" / language).mkdir(parents=True)
            for number, text in enumerate(texts):
                (self.folder / "texts" / language / f"{number:03}.txt").write_text(text, encoding="utf-8")
        self.run("corpus", "build", self.folder / "texts", "-o", self.folder / "corpus")
        self.run("tokens", "build", self.folder / "corpus", "--tokenizer", "bytes", "-o", self.folder / "made")
        return json.loads((self.folder / "made.json").read_text())

    def expected(self, prefix: Path) -> list[list[int]]:
        """The documents of the corpus's own table that are of this file's language and split, as bytes and an end."""
        language, split = prefix.name.split("-")[1:]
        texts = {hashlib.sha256(t.encode()).hexdigest(): t for t in self.texts[language]}
        table = (self.folder / "corpus" / f"documents-{language}.jsonl").read_text().splitlines()
        rows = [row for row in map(json.loads, table) if row["split"] == split]
        return [list(texts[row["id"].removeprefix("sha256:")].encode()) + [256] for row in rows]

    def compare(self) -> None:
        manifest = self.build()
        prefixes = [
            self.folder / language[split]["file"]
            for language in manifest["languages"] for split in ("train", "validation") if split in language
        ]
        for prefix in prefixes:
            kind, documents = read(prefix)
            same = [d.tolist() for d in documents] == self.expected(prefix)
            self.say(f"numpy reads {prefix.name}: {len(documents)} documents of {kind}", same and kind == "uint16")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import megatron.core
                import torch
                from megatron.core.datasets.indexed_dataset import IndexedDataset, IndexedDatasetBuilder
        except ImportError as error:
            print(f"skipped  megatron-core: {error}")
            return
        for prefix in prefixes:
            dataset = IndexedDataset(str(prefix), multimodal=False, mmap=True)
            same = [dataset[i].tolist() for i in range(len(dataset))] == self.expected(prefix)
            marks = dataset.document_indices.tolist() == list(range(len(dataset) + 1))
            self.say(f"megatron-core {megatron.core.__version__} reads {prefix.name}", same and marks)
            theirs = self.folder / "theirs"
            builder = IndexedDatasetBuilder(f"{theirs}.bin", dtype=numpy.uint16)
            for document in self.expected(prefix):
                builder.add_item(torch.tensor(document))
                builder.end_document()
            builder.finalize(f"{theirs}.idx")
            equal = all(Path(f"{theirs}{s}").read_bytes() == Path(f"{prefix}{s}").read_bytes() for s in (".bin", ".idx"))
            self.say(f"megatron-core writes the bytes of {prefix.name}", equal)
        self.read_theirs(IndexedDatasetBuilder, torch)

    def read_theirs(self, builder_class, torch) -> None:
        random = numpy.random.RandomState(3)
        for kind in (numpy.uint8, numpy.uint16, numpy.int32, numpy.int64):
            limit = min(250_680, int(numpy.iinfo(kind).max) + 1)
            documents = [random.randint(0, limit, random.randint(1, 400)).tolist() for _ in range(20)]
            prefix = self.folder / f"theirs-{numpy.dtype(kind).name}"
            builder = builder_class(f"{prefix}.bin", dtype=kind)
            for document in documents:
                for piece in (document[:7], document[7:]):
                    if piece:
                        builder.add_item(torch.tensor(piece, dtype=torch.int64))
                builder.end_document()
            builder.finalize(f"{prefix}.idx")
            shown = [json.loads(self.run("tokens", "show", f"{prefix}.idx", "--document", n, "--json")) for n in range(20)]
            self.say(f"serre reads megatron-core's {prefix.name}", [s["ids"] for s in shown] == documents)


def golden() -> None:
    """The values that the tests of the sampler record."""
    parts = [("en", 500, 6), ("fr", 97, 3), ("sw", 1, 1)]
    print([list(place(n, parts, 42)) for n in (0, 1, 2, 3, 1023, 1024, 5000, 1_000_000)])
    print([struct.unpack("<Q", struct.pack("<d", power(x, y)))[0] for x, y in ((1e9, 0.3), (12345.0, 0.7), (3e12, 0.5))])


if __name__ == "__main__":
    if sys.argv[1:] == ["--golden"]:
        golden()
        sys.exit()
    comparison = Comparison(sys.argv[1], Path(sys.argv[2]))
    comparison.compare()
    sys.exit(1 if comparison.failed else 0)

"""Compares tokens and merges of serre and tokenizers; called by scripts/interop-tokenizers.

usage: python scripts/interop_tokenizers.py SERRE FOLDER   (FOLDER holds compare.jsonl and learn.jsonl)
"""

import json
import pathlib
import subprocess
import sys

from tokenizers import Tokenizer

sys.path.insert(0, str(pathlib.Path(__file__).parent / "golden"))
from make_tokenizers import train  # noqa: E402

VOCABULARY = 8000


def texts_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def compare_tokens(serre, tokenizer_path, texts_path, texts):
    """How many texts have other tokens."""
    peer = Tokenizer.from_file(tokenizer_path)
    command = [serre, "tokenizer", "encode", "--tokenizer", tokenizer_path, texts_path, "--workers", "2"]
    own = subprocess.Popen(command, stdout=subprocess.PIPE)
    different = tokens = 0
    for start in range(0, len(texts), 100):
        for encoding in peer.encode_batch_fast(texts[start : start + 100], add_special_tokens=False):
            ids = [int(word) for word in own.stdout.readline().split()]
            tokens += len(ids)
            different += ids != encoding.ids
    assert own.stdout.read() == b"" and own.wait() == 0
    print(f"{pathlib.Path(tokenizer_path).name}: {len(texts)} texts, {tokens:,} tokens, {different} texts differ")
    return different


def compare_merges(serre, peer_path, folder):
    """Whether serre learns other merges than tokenizers did."""
    own_path = str(folder / "serre-bloom.json")
    subprocess.run([serre, "tokenizer", "train", str(folder / "learn.jsonl"), "--vocab", str(VOCABULARY), "-o", own_path,
                    "--min-frequency", "2", "--replace"], check=True, stdout=subprocess.DEVNULL)
    own, peer = (json.loads(pathlib.Path(path).read_text())["model"] for path in (own_path, peer_path))
    # The peer may write a merge twice when its token came about in another way in between.
    merges = list(dict.fromkeys(map(tuple, peer["merges"])))
    same = own["vocab"] == peer["vocab"] and list(map(tuple, own["merges"])) == merges
    print(f"learning: {len(merges)} merges, {'the same' if same else 'others'}")
    return own_path, int(not same)


def main():
    serre, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    learn = texts_of(folder / "learn.jsonl")
    texts_path = str(folder / "compare.jsonl")
    texts = texts_of(texts_path)
    failures = 0
    for kind in ["bloom", "gpt2", "llama3"]:
        path = str(folder / f"{kind}.json")
        train(kind, learn, VOCABULARY, least_frequency=2).save(path)
        failures += compare_tokens(serre, path, texts_path, texts)
    own_path, different = compare_merges(serre, str(folder / "bloom.json"), folder)
    failures += different + compare_tokens(serre, own_path, texts_path, texts)
    sys.exit(1 if failures else 0)


main()

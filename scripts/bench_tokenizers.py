"""Times serre beside tokenizers and tiktoken; called by scripts/bench-tokenizers.

usage: python scripts/bench_tokenizers.py encode|train SERRE FOLDER [--turns N]
       python scripts/bench_tokenizers.py peer NAME KIND WORKERS FOLDER      (one turn of a peer, in a process of its own)
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SCRIPTS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SCRIPTS / "golden"))
KINDS = ["bloom", "gpt2", "llama3"]
VOCABULARY = 32_768


def texts_of(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def tiktoken_encoding(path, kind):
    """A tiktoken encoding with the same merges and the same pattern."""
    import tiktoken
    from make_tokenizers import BLOOM, LLAMA3

    model = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["model"]
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(b): b for b in printable} | {chr(0x100 + i): b for i, b in enumerate(others)}
    ranks = {bytes([byte]): byte for byte in range(256)}
    for left, right in model["merges"]:
        ranks.setdefault(bytes(byte_of[c] for c in left + right), len(ranks))
    gpt2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    pattern = {"bloom": BLOOM, "gpt2": gpt2, "llama3": LLAMA3}[kind]
    return tiktoken.Encoding(kind, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})


def peer_turn(name, kind, workers, folder):
    """Prints the seconds of one turn, and the tokens."""
    texts = texts_of(f"{folder}/encode.jsonl")
    if name == "tokenizers":
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(f"{folder}/bench-{kind}.json")
        start = time.perf_counter()
        encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        seconds = time.perf_counter() - start
        tokens = sum(len(encoding.ids) for encoding in encoded)
    else:
        encoding = tiktoken_encoding(f"{folder}/bench-{kind}.json", kind)
        start = time.perf_counter()
        if workers == 1:
            encoded = [encoding.encode_ordinary(text) for text in texts]
        else:
            encoded = encoding.encode_ordinary_batch(texts, num_threads=workers)
        seconds = time.perf_counter() - start
        tokens = sum(map(len, encoded))
    print(json.dumps({"seconds": seconds, "tokens": tokens}))


def run_peer(name, kind, workers, folder):
    environment = dict(os.environ, RAYON_NUM_THREADS=str(workers), TOKENIZERS_PARALLELISM=str(workers > 1).lower())
    command = [sys.executable, __file__, "peer", name, kind, str(workers), str(folder)]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)


def run_serre(serre, kind, workers, folder):
    command = [serre, "tokenizer", "encode", "--tokenizer", f"{folder}/bench-{kind}.json", f"{folder}/encode.jsonl",
               "--workers", str(workers), "--count", "--json"]
    totals = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return {"seconds": totals["seconds"][0], "tokens": totals["tokens"]}


def bench_encode(serre, folder, turns):
    from make_tokenizers import train

    size = sum(len(text.encode()) for text in texts_of(folder / "encode.jsonl"))
    are_equal = True
    for kind in KINDS:
        if not (folder / f"bench-{kind}.json").exists():
            train(kind, texts_of(folder / "encode.jsonl"), VOCABULARY, 2).save(str(folder / f"bench-{kind}.json"))
        for workers in (1, 2):
            seconds = {name: [] for name in ("serre", "tokenizers", "tiktoken")}
            tokens = {}
            for _ in range(turns):
                for name in seconds:
                    turn = run_serre(serre, kind, workers, folder) if name == "serre" else \
                        run_peer(name, kind, workers, folder)
                    seconds[name].append(turn["seconds"])
                    tokens[name] = turn["tokens"]
            medians = {name: statistics.median(values) for name, values in seconds.items()}
            speeds = ", ".join(f"{name} {size / median / 1e6:.1f} MB/s" for name, median in medians.items())
            print(f"{kind}, {workers} thread{'s' * (workers > 1)}: {speeds}; "
                  f"{medians['tokenizers'] / medians['serre']:.1f} times tokenizers, "
                  f"{medians['tiktoken'] / medians['serre']:.1f} times tiktoken"
                  + ("" if tokens["serre"] == tokens["tokenizers"] else "; THE TOKENS DIFFER"), flush=True)
            are_equal = are_equal and tokens["serre"] == tokens["tokenizers"]
    return are_equal


def bench_train(serre, folder, turns):
    texts_path = str(folder / "train.jsonl")
    size = sum(len(text.encode()) for text in texts_of(texts_path))
    code = ("import sys; sys.path[:0] = [sys.argv[1], sys.argv[1] + '/golden']; from bench_tokenizers import texts_of; "
            "from make_tokenizers import train; train('bloom', texts_of(sys.argv[2]), 32768, 2).save(sys.argv[3])")
    commands = {
        "serre": [serre, "tokenizer", "train", texts_path, "--vocab", str(VOCABULARY), "--workers", "2", "--replace",
                  "-o", str(folder / "train-serre.json")],
        "tokenizers": [sys.executable, "-c", code, str(SCRIPTS), texts_path, str(folder / "train-tokenizers.json")],
    }
    seconds = {name: [] for name in commands}
    for _ in range(turns):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, env=dict(os.environ, RAYON_NUM_THREADS="2"), check=True, capture_output=True)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"learning {VOCABULARY} tokens from {size / 1e6:.0f} MB, 2 threads: serre {medians['serre']:.1f} s, tokenizers "
          f"{medians['tokenizers']:.1f} s; {medians['tokenizers'] / medians['serre']:.1f} times as fast")
    return True


def main():
    """Gives the exit status: 1 where the tokens differ, which no speed makes up for."""
    if sys.argv[1] == "peer":
        peer_turn(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
        return 0
    section, serre, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    turns = int(sys.argv[sys.argv.index("--turns") + 1]) if "--turns" in sys.argv else 5
    return 0 if {"encode": bench_encode, "train": bench_train}[section](serre, folder, turns) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Compares Serre's near-duplicates with datasketch's on texts whose true likeness is known: see scripts/near-duplicates.

    python near_duplicates.py plant ORIGINALS WORDS SEED FILE    texts separated by NUL bytes
    python near_duplicates.py peer FILE                          speaks the lines of `serre bench --peer`
    python near_duplicates.py judge FILE OURS LENGTH BANDS ROWS THRESHOLD    prints a table; OURS: lines of JSON

`peer` signs all texts of a file each time it is asked, with numpy's vector instructions, on one thread: words of five
(`Shingling.words`), 128 permutations, the package's own defaults otherwise.
"""

import json
import sys
import time

from datasketch import MinHash, MinHashLSH

EDIT_RATES = [0.01, 0.05, 0.1, 0.2, 0.5]
PERMUTATIONS = 128
MASK = (1 << 64) - 1


class Random:
    """SplitMix64, as in Tests/DeduplicationTests/Random.swift."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
        return (x ^ x >> 31) % bound


def planted(originals, words, seed):
    """As in Tests/DeduplicationTests/PlantedTexts.swift: each original is followed by one copy for each edit rate."""
    random = Random(seed)

    def word():
        a, b = random.below(5000), random.below(5000)
        return f"w{a * b // 5000}"

    for _ in range(originals):
        original = [word() for _ in range(words)]
        yield " ".join(original)
        for rate in EDIT_RATES:
            yield " ".join(word() if random.below(1000) < int(rate * 1000) else old for old in original)


def read(path):
    with open(path, "rb") as file:
        return file.read().decode().split("\0")


def shingles(text, length):
    words = text.lower().split()
    return [" ".join(words[i : i + length]).encode() for i in range(max(1, len(words) - length + 1))]


def signed(text, length):
    signature = MinHash(num_perm=PERMUTATIONS)
    signature.update_batch(shingles(text, length))
    return signature


def peer(path):
    texts = read(path)
    print("ready datasketch", flush=True)
    for line in sys.stdin:
        if line.strip() == "step":
            begin = time.thread_time()
            for text in texts:
                signed(text, 5)
            print("step", time.thread_time() - begin, flush=True)


class Clusters:
    def __init__(self, count):
        self.parents = list(range(count))

    def smallest(self, member):
        while self.parents[member] != member:
            member = self.parents[member]
        return member

    def join(self, a, b):
        a, b = self.smallest(a), self.smallest(b)
        self.parents[max(a, b)] = min(a, b)

    def duplicates(self):
        return {member for member in range(len(self.parents)) if self.smallest(member) != member}


def true_duplicates(texts, length, threshold):
    """By exact similarities within families: texts of different originals share next to nothing."""
    clusters, family = Clusters(len(texts)), 1 + len(EDIT_RATES)
    features = [set(shingles(text, length)) for text in texts]
    for start in range(0, len(texts), family):
        for a in range(start, start + family):
            for b in range(a + 1, start + family):
                if len(features[a] & features[b]) >= threshold * len(features[a] | features[b]):
                    clusters.join(a, b)
    return clusters.duplicates()


def their_duplicates(texts, length, bands, rows, threshold):
    clusters = Clusters(len(texts))
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, params=(bands, rows))
    signatures = [signed(text, length) for text in texts]
    for number, signature in enumerate(signatures):
        for other in index.query(signature):
            if signature.jaccard(signatures[other]) >= threshold:
                clusters.join(number, other)
        index.insert(number, signature)
    return clusters.duplicates()


def judge(path, ours_path, length, bands, rows, threshold):
    texts, family = read(path), 1 + len(EDIT_RATES)
    truth = true_duplicates(texts, length, threshold)
    with open(ours_path) as lines:
        ours = {row["document"] for row in map(json.loads, lines) if "document" in row}
    theirs = their_duplicates(texts, length, bands, rows, threshold)
    print(f"{len(texts)} texts, features of {length} words, {bands} bands of {rows}, threshold {threshold}: copies found")
    rates = "".join(f"{rate:>8.0%}" for rate in EDIT_RATES)
    print(f"  {'edited':<12}{rates}{'recall':>10}{'precision':>11}")
    quality = {}
    for name, found in (("exact", truth), ("serre", ours), ("datasketch", theirs)):
        counts = "".join(f"{sum(d % family == c for d in found):>8}" for c in range(1, family))
        right = len(found & truth)
        quality[name] = (right / len(truth), right / max(1, len(found)))
        print(f"  {name:<12}{counts}{quality[name][0]:>10.4f}{quality[name][1]:>11.4f}")
    # Both are estimates with the same parameters and other hashes: a point of difference is chance.
    return all(ours + 0.02 >= theirs for ours, theirs in zip(quality["serre"], quality["datasketch"]))


def main():
    command, *arguments = sys.argv[1:]
    if command == "plant":
        originals, words, seed, path = arguments
        with open(path, "w") as file:
            file.write("\0".join(planted(int(originals), int(words), int(seed))))
    elif command == "peer":
        peer(arguments[0])
    else:
        path, ours, length, bands, rows, threshold = arguments
        sys.exit(0 if judge(path, ours, int(length), int(bands), int(rows), float(threshold)) else 1)


main()

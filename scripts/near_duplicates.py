"""Compares Serre's near-duplicates with datasketch's and simhash's on texts whose true likeness is known: see
scripts/near-duplicates.

    python near_duplicates.py plant ORIGINALS WORDS SEED FILE [RATES]    texts separated by NUL bytes
    python near_duplicates.py peer FILE METHOD                           speaks the lines of `serre bench --peer`
    python near_duplicates.py minhash FILE OURS LENGTH BANDS ROWS THRESHOLD     prints a table; OURS: lines of JSON
    python near_duplicates.py simhash FILE OURS UNIT LENGTH BITS RATES          prints a table

`peer` sketches all texts of a file each time it is asked, on one thread: by words of five (`Shingling.words`), 128
permutations and numpy's vector instructions (minhash), or by words of six (simhash), with the package's own defaults
otherwise. RATES are the shares of words that are edited, one copy of each original for each, separated by commas.
"""

import collections
import json
import math
import sys
import time

from datasketch import MinHash, MinHashLSH
from simhash import Simhash, SimhashIndex

EDIT_RATES = [0.01, 0.05, 0.1, 0.2, 0.5]
PERMUTATIONS = 128
MASK = (1 << 64) - 1
# Ours and theirs are estimates with the same parameters and other hashes: by so much one may be better by chance.
CHANCE = 0.02
# A mean distance of a thousand copies may be so many bits off: one standard deviation is about 0.1.
CHANCE_BITS = 0.4


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


def planted(originals, words, seed, rates):
    """As in Tests/DeduplicationTests/PlantedTexts.swift: each original is followed by one copy for each edit rate."""
    random = Random(seed)

    def word():
        a, b = random.below(5000), random.below(5000)
        return f"w{a * b // 5000}"

    for _ in range(originals):
        original = [word() for _ in range(words)]
        yield " ".join(original)
        for rate in rates:
            yield " ".join(word() if random.below(1000) < int(rate * 1000) else old for old in original)


def read(path):
    with open(path, "rb") as file:
        return file.read().decode().split("\0")


def shingles(text, length):
    words = text.lower().split()
    return [" ".join(words[i : i + length]).encode() for i in range(max(1, len(words) - length + 1))]


def features(text, unit, length):
    """What simhash weighs, repeats included: a feature counts as often as it occurs on both sides."""
    units, gap = (text.split(), " ") if unit == "words" else (text, "")
    return [gap.join(units[i : i + length]) for i in range(max(1, len(units) - length + 1))]


def signed(text, length):
    signature = MinHash(num_perm=PERMUTATIONS)
    signature.update_batch(shingles(text, length))
    return signature


def peer(path, method):
    texts = read(path)
    print("ready", {"minhash": "datasketch", "simhash": "simhash"}[method], flush=True)
    for line in sys.stdin:
        if line.strip() == "step":
            begin = time.thread_time()
            for text in texts:
                signed(text, 5) if method == "minhash" else Simhash(features(text, "words", 6))
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


def rows_of(path, key):
    """Our lines that have a key."""
    with open(path) as lines:
        return [row for row in map(json.loads, lines) if key in row]


def show(exact, found, rates):
    """Prints how many copies of each rate were found by whom; whether ours are as good as theirs, the last.

    Recall is of the first exact set, precision against the last.
    """
    family = 1 + len(rates)
    print(f"  {'edited':<12}{''.join(f'{rate:>8.1%}' for rate in rates)}{'recall':>10}{'precision':>11}")
    quality = []
    for name, copies in (*exact, *found):
        counts = "".join(f"{sum(d % family == c for d in copies):>8}" for c in range(1, family))
        near, allowed = exact[0][1], exact[-1][1]
        quality.append((len(copies & near) / len(near), len(copies & allowed) / max(1, len(copies))))
        print(f"  {name:<12}{counts}{quality[-1][0]:>10.4f}{quality[-1][1]:>11.4f}")
    return all(ours + CHANCE >= theirs for ours, theirs in zip(*quality[-2:]))


def judge_minhash(path, ours_path, length, bands, rows, threshold):
    texts = read(path)
    truth = true_duplicates(texts, length, threshold)
    ours = {row["document"] for row in rows_of(ours_path, "original")}
    theirs = their_duplicates(texts, length, bands, rows, threshold)
    print(f"{len(texts)} texts, features of {length} words, {bands} bands of {rows}, threshold {threshold}: copies found")
    return show([("exact", truth)], [("serre", ours), ("datasketch", theirs)], EDIT_RATES)


def angle(a, b):
    """Between two texts' counts of features, in bits: of 64 random planes as many as this separate them on average."""
    product = sum(count * b[feature] for feature, count in a.items())
    lengths = math.sqrt(sum(count**2 for count in a.values()) * sum(count**2 for count in b.values()))
    return 64 / math.pi * math.acos(min(1, product / lengths))


def judge_simhash(path, ours_path, unit, length, bits, rates):
    """Recall is of copies that are truly as near as `bits`, precision against those within twice as many: a distance of 64
    draws has a standard deviation of about two bits here, so that what lies between is found or not by chance."""
    texts, family = read(path), 1 + len(rates)
    counts = [collections.Counter(features(text, unit, length)) for text in texts]
    near, allowed, found = (Clusters(len(texts)) for _ in range(3))
    exact, ours, theirs = ([[] for _ in rates] for _ in range(3))
    prints = {row["document"]: int(row["fingerprint"], 16) for row in rows_of(ours_path, "fingerprint")}
    peers = [Simhash(features(text, unit, length)) for text in texts]
    for start in range(0, len(texts), family):
        for a in range(start, start + family):
            for b in range(a + 1, start + family):
                distance = angle(counts[a], counts[b])
                if distance <= bits:
                    near.join(a, b)
                if distance <= 2 * bits:
                    allowed.join(a, b)
                if a == start:
                    copy = b - start - 1
                    exact[copy].append(distance)
                    ours[copy].append((prints[a] ^ prints[b]).bit_count())
                    theirs[copy].append(peers[a].distance(peers[b]))
    index = SimhashIndex([], k=bits)
    for number, fingerprint in enumerate(peers):
        for other in index.get_near_dups(fingerprint):
            found.join(number, int(other))
        index.add(str(number), fingerprint)
    print(f"{len(texts)} texts, features of {length} {unit}, at most {bits} of 64 bits apart: copies found")
    copies = {row["document"] for row in rows_of(ours_path, "original")}
    truth = [(f"within {bits}", near.duplicates()), (f"within {2 * bits}", allowed.duplicates())]
    is_good = show(truth, [("serre", copies), ("simhash", found.duplicates())], rates)
    print("  bits between an original and its copy, on average")
    means = [[sum(column) / len(column) for column in side] for side in (exact, ours, theirs)]
    for name, side in zip(("exact", "serre", "simhash"), means):
        print(f"  {name:<12}{''.join(f'{mean:>8.2f}' for mean in side)}")
    return is_good and all(abs(ours - exact) <= CHANCE_BITS for exact, ours in zip(means[0], means[1]))


def shares(text):
    return [float(rate) for rate in text.split(",")]


def main():
    command, *arguments = sys.argv[1:]
    if command == "plant":
        originals, words, seed, path, *rates = arguments
        rates = shares(rates[0]) if rates else EDIT_RATES
        with open(path, "w") as file:
            file.write("\0".join(planted(int(originals), int(words), int(seed), rates)))
    elif command == "peer":
        peer(*arguments)
    elif command == "minhash":
        path, ours, length, bands, rows, threshold = arguments
        sys.exit(0 if judge_minhash(path, ours, int(length), int(bands), int(rows), float(threshold)) else 1)
    else:
        path, ours, unit, length, bits, rates = arguments
        sys.exit(0 if judge_simhash(path, ours, unit, int(length), int(bits), shares(rates)) else 1)


main()

"""Labelled samples of languages: cuts them, and compares Serre's model with py3langid on them; see scripts/language-peer.

    python language_peer.py cut TEXTS OUT      makes fixtures/languages of texts/test that scripts/language_texts.py made
    python language_peer.py compare TEXTS      prints a table; reads the one of `serre corpus language-model test TEXTS`

`cut` takes the languages with 100 samples or more in GNOME's help, which the model did not learn from, and 50 samples of
each at even distances.
"""

import pathlib
import re
import sys

# Samples are whole lines of so many characters at least, so many of one document at most: as in LanguageEvaluation.swift.
CHARACTERS = 200
PER_DOCUMENT = 3
PACKAGE = "gnome-user-docs"
SAMPLES_MIN = 100
SAMPLES = 50
# Ours may be worse by so much on average: a sample of each language in a hundred.
MARGIN = 0.01
# Serbian in Latin letters, which Serre's model was not taught; `serre corpus language-model test` leaves it out too.
LEFT_OUT = ["sr-Latn"]


def samples(document):
    found, lines = [], []
    for line in filter(None, document.split("\n")):
        lines.append(line)
        if len("\n".join(lines)) >= CHARACTERS:
            found.append("\n".join(lines))
            lines = []
    return found[:PER_DOCUMENT]


def read(folder):
    """Samples of each language; those of its scripts together."""
    languages = {}
    for path in sorted(folder.glob("*/*.txt")):
        if path.parent.name in LEFT_OUT:
            continue
        text = path.read_text(encoding="utf-8")
        cut = [sample for document in text.split("\f") for sample in samples(document)]
        languages.setdefault(path.parent.name.split("-")[0], []).extend(cut)
    return languages


def cut(texts, out):
    for path in sorted(texts.glob(f"*/{PACKAGE}.txt")):
        text = path.read_text(encoding="utf-8")
        found = [sample for document in text.split("\f") for sample in samples(document)]
        if path.parent.name in LEFT_OUT or len(found) < SAMPLES_MIN:
            continue
        chosen = [found[i * len(found) // SAMPLES] for i in range(SAMPLES)]
        target = out / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n\f\n".join(chosen) + "\n", encoding="utf-8")


def compare(texts):
    import py3langid

    ours = {}
    for line in sys.stdin:
        if match := re.match(r"(\w+) +(\d+) +([\d.]+) %", line):
            ours[match[1]] = (int(match[2]), float(match[3]) / 100)
    same = {"no": "nb"}
    known = {same.get(language, language) for language, _ in py3langid.rank("")}
    print("language  samples   serre  py3langid")
    means = []
    for language, found in sorted(read(texts).items()):
        if language not in ours or language not in known:
            print(f"{language:<10}{len(found):>7}  not known to both")
            continue
        told = [py3langid.classify(sample)[0] for sample in found]
        right = sum(same.get(guess, guess) == language for guess in told) / len(found)
        count, own = ours[language]
        if count != len(found):
            sys.exit(f"{language}: {count} samples of ours, {len(found)} of theirs")
        print(f"{language:<10}{count:>7}{own:>8.1%}{right:>11.1%}")
        means.append((own, right))
    own, theirs = (sum(side) / len(means) for side in zip(*means))
    print(f"{'mean':<10}{len(means):>7}{own:>8.2%}{theirs:>11.2%}")
    return own + MARGIN >= theirs


def main():
    command, texts, *out = sys.argv[1:]
    if command == "cut":
        cut(pathlib.Path(texts), pathlib.Path(out[0]))
    else:
        sys.exit(0 if compare(pathlib.Path(texts)) else 1)


main()

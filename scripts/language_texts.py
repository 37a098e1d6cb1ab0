#!/usr/bin/env python3
"""Turns Debian packages with translated texts into labelled plain text: OUT/<part>/<language>/<package>.txt.

usage: language_texts.py PACKAGES_DIR OUT

Two parts with no package in common: `train` (message catalogues, LibreOffice's help, fortunes) and `test` (manual
pages, the GNOME, GIMP and Debian handbooks). Documents are separated by a line with a form feed. Lines that stand in
several languages alike (untranslated English, names), lines of English words, and lines of Latin letters in a
language of another script are left out: they aren't in the language of their label. The same packages give the same
bytes.
"""

import collections
import gzip
import html
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import zipfile

TRAIN_BYTES = 1_500_000  # per language and package group
TEST_BYTES = 400_000  # per language and package
# Other names of the same language; regions and scripts are dropped otherwise.
SAME = {"in": "id", "iw": "he", "no": "nb", "gug": "gn", "kmr": "ku", "tl": "fil"}
ENGLISH = set("a an and are as at be by can for from has if in is it not of on or that the this to with you".split())
# Read the directories and file names that carry a language.
IN_PATH = [
    re.compile(p)
    for p in (
        r"^\./usr/share/libreoffice/help/([^/]+)/text/.*\.html$",
        r"^\./usr/lib/libreoffice/program/resource/([^/]+)/LC_MESSAGES/.*\.mo$",
        r"^\./usr/share/locale/([^/]+)/LC_MESSAGES/.*\.mo$",
        r"^\./usr/lib/firefox-esr/browser/extensions/langpack-(.+)@.*\.xpi$",
        r"^\./usr/share/help/([^/]+)/.*\.page$",
        r"^\./usr/share/gimp/2\.0/help/([^/]+)/.*\.html$",
        r"^\./usr/share/doc/installation-guide-amd64/([^/]+)/.*\.html$",
        r"^\./usr/share/doc/aptitude/html/([^/]+)/.*\.html$",
        r"^\./usr/share/man/([^/]+)/man\d/.*\.gz$",
        r"^\./usr/share/man/(man)\d/.*\.gz$",
        r"^\./usr/share/debian-reference/.*\.([A-Za-z-]+)\.html$",
        r"^\./usr/share/doc/maint-guide-[^/]+/html/.*\.([A-Za-z-]+)\.html$",
        r"^\./usr/share/games/fortunes/(?:[^/]+/)?()[^./]+(?:\.u8)?$",
    )
]
FORTUNES = {"fortunes": "en", "fortunes-br": "pt"}
TEST = re.compile(r"^(manpages|gnome-user-docs|gimp-help|installation-guide|aptitude-doc|debian-reference|maint-guide)")


def language_of(tag):
    """The language of a folder's name (with the script where a language has two), or None for what is no language."""
    if tag in ("C", "man", "qtz", "en@shaw", "ca@valencia", "ca-valencia", "fr_CA", "sr@ijekavian"):
        return "en" if tag in ("C", "man") else None
    low = tag.lower().replace("_", "-")
    primary = re.split(r"[-.@]", low)[0]
    if not re.fullmatch(r"[a-z]{2,3}", primary):
        return None
    if primary == "zh":
        return "zh-Hant" if low[3:] in ("tw", "hk", "hant") else "zh"
    primary = SAME.get(primary, primary)
    if "latin" in low or "latn" in low:
        return primary + "-Latn"
    return primary + "-Cyrl" if "cyrillic" in low else primary


def plain(markup):
    """Text of HTML or Mallard: paragraphs as lines."""
    markup = re.sub(r"(?is)<(script|style|head|pre|code|screen|info|svg)\b.*?</\1\s*>", " ", markup)
    markup = re.sub(r"(?s)<!--.*?-->", " ", markup)
    markup = re.sub(r"(?is)</?(p|div|li|h\d|td|th|tr|dt|dd|title|item|table|br|section|note|steps|list|page)\b[^>]*>", "\f", markup)
    text = html.unescape(re.sub(r"(?s)<[^>]+>", "", markup))
    return [" ".join(part.split()) for part in text.split("\f")]


def roff(source):
    """Text of a manual page's source: its filled paragraphs."""
    paragraph, out, is_literal = [], [], False
    for line in source.split("\n") + [".PP"]:
        if line.startswith((".", "'")):
            name = line[1:].strip().split(" ")[0]
            is_literal = name in ("nf", "EX", "TS") or (is_literal and name not in ("fi", "EE", "TE"))
            if name in ("B", "I", "BR", "IR", "BI", "RB", "RI", "IB", "\\\"", "sp"):
                if name[0] in "BIR":
                    paragraph.append(line[1:].strip()[len(name) :].replace('"', ""))
                continue
            out.append(" ".join(" ".join(paragraph).split()))
            paragraph = []
        elif not is_literal:
            paragraph.append(line)
    text = "\n".join(out)
    text = re.sub(r"\\f(\[[^\]]*\]|\(..|.)", "", text)
    text = re.sub(r"\\\(([ao]q|[ld]q|rq|cq|en|em|bu|co)", "'", text).replace("\\-", "-").replace("\\&", "")
    return re.sub(r"\\[^ ]?", "", text).split("\n")


def catalogue(data):
    """The translated messages of a GNU .mo file that differ from their originals."""
    if len(data) < 28 or data[:4] != b"\xde\x12\x04\x95":
        return []
    count, originals, translations = struct.unpack_from("<3I", data, 8)
    lines = []
    for i in range(count):
        length, offset = struct.unpack_from("<2I", data, originals + 8 * i)
        original = data[offset : offset + length].split(b"\0")[0].split(b"\x04")[-1]
        length, offset = struct.unpack_from("<2I", data, translations + 8 * i)
        for form in data[offset : offset + length].split(b"\0"):
            if form != original and original:
                lines.append(re.sub(r"<[^>]*>|[_~&](?=\w)", "", form.decode("utf-8", "replace")))
    return [" ".join(line.split()) for line in lines]


def language_pack(data):
    """The messages of a Firefox language pack (Fluent and properties files)."""
    lines = []
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        for name in sorted(pack.namelist()):
            if name.endswith((".ftl", ".properties")):
                for line in pack.read(name).decode("utf-8", "replace").split("\n"):
                    value = line.partition("=")[2] if "=" in line else line if line.startswith("    ") else ""
                    value = re.sub(r"\{[^}]*\}|<[^>]*>|%\S+|\\u\w{4}|&\w+;", " ", value)
                    if not re.search(r"^\s*[\[.}*]", value):
                        lines.append(" ".join(value.split()))
    return lines


def documents(name, data):
    """The documents of one file: lists of lines."""
    if name.endswith(".mo"):
        return [catalogue(data)]
    if name.endswith(".xpi"):
        return [language_pack(data)]
    if name.endswith(".gz"):
        raw = gzip.decompress(data).decode("utf-8", "replace")
        return [] if raw.lstrip().startswith(".so ") else [roff(raw)]
    text = data.decode("utf-8", "replace")
    if "/fortunes/" in name:
        return [] if "\ufffd" in text else [[" ".join(f.split()) for f in text.split("\n%\n")]]
    return [plain(text)]


def is_english(line):
    words = re.findall(r"[a-z]+", line.lower())
    return sum(word in ENGLISH for word in words) >= 0.2 * len(line.split())


def is_latin(line):
    latin = sum(c < "\u0250" and c.isalpha() for c in line)
    return 2 * latin > sum(c.isalpha() for c in line)


def is_prose(line):
    letters = sum(c.isalpha() or c > "\u0300" for c in line)
    return len(line) >= 12 and letters >= 0.6 * len(line) and "\ufffd" not in line


def read_package(path):
    """(language, document) pairs of a package, in the order of the file names."""
    package = os.path.basename(path).split("_")[0]
    sizes = collections.Counter()
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", path], check=True, stdout=subprocess.PIPE).stdout
    found = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in sorted((m for m in tar if m.isfile()), key=lambda m: m.name):
            name = member.name if member.name.startswith("./") else "./" + member.name
            for pattern in IN_PATH:
                match = pattern.match(name)
                if not match:
                    continue
                tag = FORTUNES.get(package, package.split("-")[-1]) if "/fortunes/" in name else match.group(1)
                language = language_of(tag)
                if language and sizes[language] < TRAIN_BYTES:
                    for lines in documents(name, tar.extractfile(member).read()):
                        lines = [line for line in lines if is_prose(line)]
                        if language != "en":
                            lines = [line for line in lines if not is_english(line)]
                        sizes[language] += sum(map(len, lines))
                        found.append((language, lines))
                break
    return package, found


def main():
    folder, out = sys.argv[1:3]
    texts = collections.defaultdict(list)
    languages_of_line = collections.defaultdict(set)
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".deb"):
            continue
        package, found = read_package(os.path.join(folder, file))
        part = "test" if TEST.match(package) else "train"
        group = re.sub(r"-(l10n|help)-.*", r"-\1", package)
        for language, lines in found:
            for line in lines:
                languages_of_line[hash_of(line)].add(language)
            if lines:
                texts[part, language, group].append(lines)
    seen = set()
    latin = collections.Counter()
    for (part, language, group), group_documents in texts.items():
        for line in (line for lines in group_documents for line in lines):
            latin[language] += 1 if is_latin(line) else -1
    for (part, language, group), group_documents in sorted(texts.items()):
        limit = TRAIN_BYTES if part == "train" else TEST_BYTES
        size = 0
        pieces = []
        for lines in group_documents:
            kept = []
            for line in lines:
                key = (language, hash_of(line))
                shared = languages_of_line[key[1]]
                # A line of English (or of several languages) among the others is no translation.
                if key in seen or (language != "en" and ("en" in shared or len(shared) > 2)):
                    continue
                if latin[language] < 0 and is_latin(line):
                    continue
                seen.add(key)
                kept.append(line)
            text = "\n".join(kept)
            if kept and size + len(text.encode()) <= limit:
                size += len(text.encode())
                pieces.append(text)
        if pieces:
            path = os.path.join(out, part, language, group + ".txt")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write("\n\f\n".join(pieces) + "\n")


def hash_of(line):
    # Python's own hash of text differs between runs; only equality within this run matters here.
    return hash(line)


main()

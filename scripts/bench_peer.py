"""The peer of `serre bench`: PyTorch training the same model, one step each time it is asked.

usage: bench_peer.py --layers 4 --hidden 128 --heads 2 --vocabulary 4096 --sequence 128 --batch 8 --threads 1
           [--mode fastest|eager|compile] [--model plain|transformers|fastest]

Speaks lines: first `ready WHAT`; then answers `step` with `step SECONDS` and `memory` with `memory BYTES`, the growth of
this process's peak of resident memory since before the model was made. Ends with its input.

A step is what Serre's is: forward, loss, backward, clipping by the global norm, AdamW with weight decay on matrices
only. `plain` is BLOOM written with PyTorch's fused pieces (one QKV product, scaled_dot_product_attention with ALiBi as
its mask, gelu's tanh form); `transformers` is BloomForCausalLM. Every variant is tried and the fastest is kept.
"""

import argparse
import math
import os
import statistics
import sys
import time


def arguments():
    parser = argparse.ArgumentParser()
    for name in ("layers", "hidden", "heads", "vocabulary", "sequence", "batch", "threads"):
        parser.add_argument("--" + name, type=int, required=True)
    parser.add_argument("--mode", choices=("fastest", "eager", "compile"), default="fastest")
    parser.add_argument("--model", choices=("fastest", "plain", "transformers"), default="fastest")
    return parser.parse_args()


options = arguments()
# Before torch is loaded: its thread pools read these.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(options.threads)

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(options.threads)


def status_bytes(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key + ":"))


def reset_peak():
    """Sets the peak of resident memory to what is resident now; returns that."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass
    return status_bytes("VmRSS")


def alibi_slopes(heads):
    below = 2 ** math.floor(math.log2(heads))
    first = [2 ** (-8 * (i + 1) / below) for i in range(below)]
    return torch.tensor(first + [2 ** (-8 * (2 * i + 1) / (2 * below)) for i in range(heads - below)])


class Block(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.qkv, self.dense = nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.up, self.down = nn.Linear(hidden, 4 * hidden), nn.Linear(4 * hidden, hidden)

    def forward(self, x, mask):
        batch, sequence, hidden = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, sequence, 3, self.heads, hidden // self.heads)
        q, k, v = (part.transpose(1, 2) for part in qkv.unbind(2))
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.dense(attended.transpose(1, 2).reshape(batch, sequence, hidden))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class PlainBloom(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.embedding = nn.Embedding(o.vocabulary, o.hidden)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.first_norm, self.last_norm = nn.LayerNorm(o.hidden), nn.LayerNorm(o.hidden)
        self.blocks = nn.ModuleList(Block(o.hidden, o.heads) for _ in range(o.layers))
        distance = torch.arange(o.sequence)[None, :].float()
        mask = alibi_slopes(o.heads)[:, None, None] * distance
        hidden = torch.ones(o.sequence, o.sequence, dtype=torch.bool).triu(1)
        self.register_buffer("mask", mask.expand(-1, o.sequence, -1).masked_fill(hidden, -math.inf)[None].contiguous())

    def forward(self, tokens, targets):
        x = self.first_norm(self.embedding(tokens))
        for block in self.blocks:
            x = block(x, self.mask)
        logits = F.linear(self.last_norm(x), self.embedding.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


class TransformersBloom(nn.Module):
    def __init__(self, o):
        super().__init__()
        from transformers import BloomConfig, BloomForCausalLM

        self.model = BloomForCausalLM(
            BloomConfig(
                vocab_size=o.vocabulary, hidden_size=o.hidden, n_layer=o.layers, n_head=o.heads, use_cache=False,
                hidden_dropout=0.0, attention_dropout=0.0,
            )
        )

    def forward(self, tokens, targets):
        logits = self.model(input_ids=tokens, use_cache=False).logits
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


class Contender:
    """A model, eager or compiled, with its optimiser."""

    def __init__(self, name, make, compiled):
        self.name = name + (", torch.compile" if compiled else ", eager")
        torch.manual_seed(1)
        model = make(options).train()
        self.parameters = list(model.parameters())
        groups = [
            {"params": [p for p in self.parameters if p.dim() > 1], "weight_decay": 0.1},
            {"params": [p for p in self.parameters if p.dim() <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), eps=1e-8, fused=True)
        self.model = torch.compile(model) if compiled else model
        self.steps = 0

    def step(self):
        generator = torch.Generator().manual_seed(self.steps)
        self.steps += 1
        tokens = torch.randint(options.vocabulary, (options.batch, options.sequence + 1), generator=generator)
        started = time.perf_counter()
        loss = self.model(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        seconds = time.perf_counter() - started
        if not math.isfinite(value):
            sys.exit("the peer's loss is not finite")
        return seconds


    def typical_seconds(self):
        """The median of a few steps, of fewer where they take long."""
        seconds = [self.step()]
        while len(seconds) < 5 and sum(seconds) < 6:
            seconds.append(self.step())
        return statistics.median(seconds)


def fastest():
    models = [("plain", PlainBloom), ("transformers", TransformersBloom)]
    chosen, seconds = None, math.inf
    for name, make in models:
        if options.model not in (name, "fastest"):
            continue
        for compiled in (False, True):
            if options.mode == ("eager" if compiled else "compile"):
                continue
            try:
                contender = Contender(name, make, compiled)
                contender.step()
                median = contender.typical_seconds()
            except ImportError as error:
                print(f"peer: {name} left out: {error}", file=sys.stderr)
                continue
            except Exception as error:  # torch.compile fails in many ways where no C++ compiler works.
                if not compiled:
                    raise
                print(f"peer: {name} with torch.compile left out: {str(error).splitlines()[0]}", file=sys.stderr)
                continue
            print(f"peer: {contender.name}: {1000 * median:.1f} ms", file=sys.stderr)
            if median < seconds:
                chosen, seconds = contender, median
            del contender
    return chosen


def main():
    before = reset_peak()
    contender = fastest()
    if contender is None:
        sys.exit("no variant of the peer ran")
    print(f"ready torch {torch.__version__}, {contender.name}", flush=True)
    for line in sys.stdin:
        if line.strip() == "step":
            print(f"step {contender.step():.9f}", flush=True)
        elif line.strip() == "memory":
            print(f"memory {status_bytes('VmHWM') - before}", flush=True)


main()

"""The model families of the golden values: how transformers builds each, and what Serre calls its tensors.

`transformers` asks for float32 in the middle of some models whatever their own type is (softmax, RMS norm, rotary
angles), which would spoil the float64 run: `keep_precision` undoes that. In the float32 run nothing changes.
"""

import numpy as np
import torch
import torch.nn.functional
from torch import nn
from transformers import BloomConfig, BloomForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
from transformers.models.bloom import modeling_bloom
from transformers.models.llama import modeling_llama


class FunctionalKeepingPrecision:
    """torch.nn.functional, except that softmax stays in its input's type."""

    def __getattr__(self, name):
        return getattr(torch.nn.functional, name)

    @staticmethod
    def softmax(scores, dim, dtype):
        del dtype
        return torch.nn.functional.softmax(scores, dim=dim)


class ModulesKeepingPrecision:
    """torch.nn with that functional."""

    functional = FunctionalKeepingPrecision()

    def __getattr__(self, name):
        return getattr(nn, name)


def rms_norm(self, hidden):
    """LlamaRMSNorm.forward without its detour over float32."""
    return self.weight * (hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


original_angles = modeling_llama.LlamaRotaryEmbedding.forward


def rotary_angles(self, x, position_ids):
    """LlamaRotaryEmbedding.forward with its angles in float64 where the model is."""
    if x.dtype != torch.float64:
        return original_angles(self, x, position_ids)
    size, base = 2 * self.inv_freq.numel(), self.config.rope_theta
    frequencies = base ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = position_ids[:, :, None].to(torch.float64) * frequencies
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def keep_precision() -> None:
    assert modeling_bloom.F is torch.nn.functional, "transformers changed: softmax can't be kept in float64"
    assert modeling_llama.nn is nn, "transformers changed: softmax can't be kept in float64"
    modeling_bloom.F = FunctionalKeepingPrecision()
    modeling_llama.nn = ModulesKeepingPrecision()
    modeling_llama.LlamaRMSNorm.forward = rms_norm
    modeling_llama.LlamaRotaryEmbedding.forward = rotary_angles


class Bloom:
    implementation = "transformers BloomForCausalLM, eager attention; float64 run with float64 softmax"
    # torch.nn.Linear keeps [out, in]; Serre keeps the row-parallel weights as [in, out].
    stored_transposed = ("self_attention.dense.weight", "mlp.dense_4h_to_h.weight")

    @staticmethod
    def make(c):
        """Its GELU backward is the one used in training."""
        model = BloomForCausalLM(
            BloomConfig(
                vocab_size=c.vocabulary, hidden_size=c.hidden, n_layer=c.layers, n_head=c.heads,
                layer_norm_epsilon=c.layer_norm_epsilon, hidden_dropout=0.0, attention_dropout=0.0, use_cache=False,
                attn_implementation="eager",
            )
        )
        assert model.lm_head.weight is model.transformer.word_embeddings.weight, "the head must be tied"
        return model.train()

    @classmethod
    def ours(cls, c, tensors):
        del c
        return {
            name.removeprefix("transformer."): values.T if name.endswith(cls.stored_transposed) else values
            for name, values in tensors.items()
        }


def grouped(queries, keys, values, groups):
    """Rows of queries, keys and values by group: its query heads, its key, its value."""
    parts = [np.split(matrix, groups) for matrix in (queries, keys, values)]
    return np.concatenate([part for group in zip(*parts) for part in group])


class Llama:
    implementation = (
        "transformers LlamaForCausalLM, eager attention; float64 run with float64 softmax, RMS norm and rotary angles"
    )

    @staticmethod
    def make(c):
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=c.vocabulary, hidden_size=c.hidden, intermediate_size=c.ffn, num_hidden_layers=c.layers,
                num_attention_heads=c.heads, num_key_value_heads=c.key_value_heads, rms_norm_eps=c.layer_norm_epsilon,
                rope_theta=c.rotary_base, max_position_embeddings=c.sequence, attention_dropout=0.0, use_cache=False,
                tie_word_embeddings=False, attn_implementation="eager",
            )
        )
        assert model.lm_head.weight is not model.model.embed_tokens.weight, "the head must not be tied"
        return model.train()

    @staticmethod
    def ours(c, tensors):
        """Fused queries, keys and values; gate j and up j as rows 2j and 2j + 1; projections back as [in, out]."""
        result = {}
        for name, values in tensors.items():
            name = name.removeprefix("model.")
            owner = name.rsplit(".", 2)[0]
            if name.endswith("q_proj.weight"):
                parts = (tensors[f"model.{owner}.{part}_proj.weight"] for part in "qkv")
                result[f"{owner}.qkv_proj.weight"] = grouped(*parts, c.key_value_heads)
            elif name.endswith("gate_proj.weight"):
                up = tensors[f"model.{owner}.up_proj.weight"]
                result[f"{owner}.gate_up_proj.weight"] = np.stack((values, up), axis=1).reshape(-1, c.hidden)
            elif not name.endswith(("k_proj.weight", "v_proj.weight", "up_proj.weight")):
                result[name] = values.T if name.endswith(("o_proj.weight", "down_proj.weight")) else values
        return {name: result[name] for name in sorted(result, key=Llama.place)}

    @staticmethod
    def place(name):
        """Place in Serre's model order: a norm stands before what it feeds."""
        parts = name.split(".")
        if parts[0] != "layers":
            return ("embed_tokens", "layers", "norm", "lm_head").index(parts[0]), 0, 0
        halves = ("input_layernorm", "self_attn", "post_attention_layernorm", "mlp")
        return 1, int(parts[1]), halves.index(parts[2])


class GPT2:
    implementation = "transformers GPT2LMHeadModel, eager attention"

    @staticmethod
    def make(c):
        model = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=c.vocabulary, n_positions=c.sequence, n_embd=c.hidden, n_layer=c.layers, n_head=c.heads,
                layer_norm_epsilon=c.layer_norm_epsilon, activation_function="gelu_new", resid_pdrop=0.0,
                embd_pdrop=0.0, attn_pdrop=0.0, use_cache=False, attn_implementation="eager",
            )
        )
        assert model.lm_head.weight is model.transformer.wte.weight, "the head must be tied"
        return model.train()

    @staticmethod
    def ours(c, tensors):
        """Conv1D keeps [in, out], all of queries first; Serre keeps inputs as [out, in], head by head."""
        result = {}
        for name, values in tensors.items():
            if ".c_attn." in name:
                values = grouped(*np.split(values.T if values.ndim == 2 else values, 3), c.heads)
            elif name.endswith("c_fc.weight"):
                values = values.T
            result[name.removeprefix("transformer.")] = values
        return result


FAMILIES = {"bloom": Bloom, "llama": Llama, "gpt2": GPT2}

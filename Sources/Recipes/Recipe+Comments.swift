extension Recipe {
    /// The resolved form with a word on every key, for whoever will change it; it reads back to an equal recipe.
    public var commentedYAML: String {
        var lines = [
            "# Every value that decides the result is here. What follows # explains; leave out what you do not need."
        ]
        var section = ""
        for line in yaml.split(separator: "\n") {
            let isNested = line.hasPrefix(" ")
            guard let key = line.split(separator: ":").first.map({ $0.drop { $0 == " " } }) else { continue }
            if !isNested, line.hasSuffix(":") {
                section = String(key)
                lines += [""] + (Self.comments[section].map { ["# \($0)"] } ?? []) + [String(line)]
                if section == "data", data.corpus == nil {
                    lines.append("  # corpus: FOLDER or TOKENS.json (nothing: the small corpus shipped with Serre)")
                }
                continue
            }
            if !isNested { section = "" }
            let comment = Self.comments[section.isEmpty ? String(key) : "\(section).\(key)"]
            lines.append(String(line) + (comment.map { Self.padding(after: line) + "# \($0)" } ?? ""))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padding(after line: Substring) -> String {
        String(repeating: " ", count: max(2, 36 - line.count))
    }

    /// What each key is for, by section and key.
    static let comments = [
        "name": "what runs of this recipe are called",
        "seed": "of the initial weights and the order of samples",
        "numerics": "exact-1: the same bits on every layout; blas: without that promise",
        "precision": "float32 or bfloat16 (masters, moments and sums stay float32)",
        "segments": "parts of long sums; tensor degrees up to this one keep the bits",
        "lanes": "parts of the batch's sum; data degrees up to this one keep the bits",
        "digest_every": "steps between digests of the whole state",
        "model": "The model.",
        "model.family": "bloom, llama or gpt2",
        "model.layers": "transformer blocks; share them out over pipeline stages",
        "model.hidden": "width of the residual stream",
        "model.heads": "attention heads; share them out over tensor ranks",
        "model.key_value_heads": "fewer than heads: grouped-query attention",
        "model.ffn": "width of the MLP",
        "model.sequence_length": "tokens of a sample",
        "model.vocabulary": "token ids; bytes have 256 and the document end",
        "model.padded_vocabulary": "rows of the embedding, a multiple of segments",
        "model.layer_norm_epsilon": "added to the variance",
        "model.rotary_base": "the longest wavelength of rotary positions",
        "model.rotary_scaling": "for samples longer than those of the first training (Llama 3.1)",
        "model.rotary_scaling.factor": "by how much slow frequencies are slowed down",
        "model.rotary_scaling.low_frequency_factor": "turns within the original length below which one is slow",
        "model.rotary_scaling.high_frequency_factor": "turns within the original length above which one stays",
        "model.rotary_scaling.original_length": "tokens per sample of the first training",
        "model.tied_head": "whether the head is the embedding",
        "model.initial_standard_deviation": "of the initial weights",
        "model.initial_embedding": "normal, or xavier_uniform: within ± sqrt(6 / (rows + columns))",
        "data": "What it learns from: serre corpus build, serre tokens build.",
        "data.corpus": "folder of a corpus of bytes, or the PREFIX.json of token files",
        "data.tokenizer": "bytes, or any name where the corpus is token files",
        "data.sampling_exponent": "languages by their tokens to this power: below 1, small ones count more",
        "batch": "How much goes into one optimiser step.",
        "batch.global": "samples a step, over all ranks",
        "optimizer": "AdamW with a linear warm-up and a cosine; lengths are in samples.",
        "optimizer.learning_rate_peak": "after the warm-up",
        "optimizer.learning_rate_minimum": "at the cosine's end",
        "optimizer.warmup_samples": "until the peak",
        "optimizer.decay_samples": "until the minimum",
        "optimizer.beta1": "of the first moment",
        "optimizer.beta2": "of the second moment",
        "optimizer.epsilon": "added to the second moment's root",
        "optimizer.weight_decay": "a step, times the learning rate",
        "optimizer.weight_decay_on": "matrices: neither biases nor norms; all: every parameter",
        "optimizer.clip": "the largest norm of the gradient",
        "optimizer.train_samples": "when training is complete",
        "optimizer.extended_samples": "when it is complete after all: the run was made longer",
        "layout": "How the ranks share the work. Nothing here changes the result: serre plan finds the fastest.",
        "layout.tensor": "ranks that share each layer",
        "layout.pipeline": "stages of layers",
        "layout.interleave": "chunks of layers that a stage has",
        "layout.data": "replicas that share the batch",
        "layout.micro_batch": "samples that go through the stages together",
        "layout.schedule": "1f1b, gpipe or interleaved",
        "layout.zero": "what replicas share: 1 moments, 2 gradients too, 3 parameters too",
        "layout.sequence_parallel": "whether tensor ranks share what lies between their layers",
        "layout.recompute": "none, selective or full: memory for time",
        "layout.style": "whose programs an estimate plays",
        "checkpoint": "When the state is saved; any layout and any number of hosts can go on from it.",
        "checkpoint.every_steps": "0: only at the end",
        "checkpoint.keep_last": "older ones are removed",
        "checkpoint.asynchronous": "whether training goes on meanwhile",
        "guard": "What happens when the loss leaps or is no number: stop, skip or roll_back.",
        "evaluation": "Held-out loss by language.",
        "evaluation.every_steps": "0: only at the end",
        "evaluation.samples_per_language": "at most",
        "evaluation.languages": "for estimates, which read no corpus",
        "ledger": "What git keeps of a run.",
        "ledger.code": "tracked: your tracked files as they are; all: untracked ones too; none",
        "ledger.segment_steps": "steps between commits",
        "ledger.segment_minutes": "minutes between commits, at most",
        "audit": "How silent corruption is looked for; costs time and changes no bit.",
        "audit.replicas_every": "steps between comparisons of what ranks hold alike; 0: never",
        "audit.repeat_every": "steps between those that are computed twice; 0: never",
    ]
}

/// Whose programs a layout is lowered to: Serre's own, or a model of another engine's.
///
/// Measured runs elsewhere were made by other engines, with other collectives, element types, fusions and shardings. Their
/// programs can be estimated, planned and validated, but only Serre's can be trained.
public enum EngineStyle: String, Sendable, CaseIterable {
    case serre
    /// Megatron-LM (Narayanan et al. 2021; Korthikanti et al. 2022).
    case megatron
    /// Megatron-DeepSpeed, as BLOOM was trained with.
    case deepspeed
    /// PyTorch's fully sharded data parallelism (Zhao et al. 2023), as in llm-foundry and torchtitan.
    case fsdp
}

import Diagnostics
import Recipes

/// What a row was measured on, in terms that can be estimated, with what had to be assumed.
struct MeasuredRun: Equatable {
    var row: MeasuredRow
    var family: String
    /// Name of the cluster profile.
    var profile: String
    var model: Recipe.Model
    var precision: Recipe.Precision
    /// Samples of the step.
    var batch: Int
    /// One layout, or those that may have been meant where the source leaves micro-batch or interleaving open.
    var layouts: [Layout]
    /// What the source does not say and was chosen, as clauses.
    var assumptions: [String]

    /// Reads a row as a run.
    ///
    /// - Parameters:
    ///   - others: rows whose source may say what this one leaves out.
    ///   - style: the engine's style for all rows; `nil` for what the row's framework was.
    init(_ row: MeasuredRow, among others: [MeasuredRow], style: EngineStyle? = nil) throws(RowExclusion) {
        try row.requireUsable()
        var assumptions = Assumptions()
        let engine: EngineStyle
        if let style { engine = style } else { engine = try Self.style(of: row, &assumptions) }
        let profile = try MeasuredCluster.profile(of: row)
        let precision = try Self.precision(of: row, &assumptions)
        let degrees = try Self.degrees(of: row)
        let model = try Self.model(of: row, tensor: degrees.tensor, style: engine, among: others, &assumptions)
        let layouts = try Self.layouts(of: row, degrees, model, style: engine, &assumptions)
        self.row = row
        family = MeasuredFamily.name(of: row)
        self.profile = profile
        self.model = model
        self.precision = precision
        batch = row.globalBatch ?? 0
        self.layouts = layouts
        self.assumptions = assumptions.clauses
    }

    /// The clauses of what was assumed, in order.
    struct Assumptions {
        var clauses: [String] = []
        mutating func note(_ clause: String) { clauses.append(clause) }
    }

    /// The run as a recipe of one step of `samples` samples on `layout`.
    func recipe(_ layout: Layout, samples: Int) -> Recipe {
        Recipe(
            name: row.id, precision: precision, segments: layout.style == .serre ? layout.tensor : 1,
            lanes: layout.style == .serre ? layout.data : 1, model: model,
            data: Recipe.DataSource(tokenizer: "of the measured run"), batch: Recipe.Batch(global: samples),
            optimizer: Recipe.Optimizer(
                learningRatePeak: 1, learningRateMinimum: 0, warmupSamples: 0, decaySamples: samples,
                trainSamples: samples),
            layout: layout)
    }
}

extension MeasuredRun {
    private static func precision(
        of row: MeasuredRow, _ assumptions: inout Assumptions
    ) throws(RowExclusion) -> Recipe.Precision {
        guard let stated = row.precision?.lowercased() else {
            let precision: Recipe.Precision = row.hardware.uppercased().hasPrefix("V100") ? .float16 : .bfloat16
            assumptions.note("precision \(precision.rawValue)")
            return precision
        }
        switch stated {
        case "fp16", "float16", "amp_fp16", "half": return .float16
        case "bf16", "bfloat16", "amp_bf16": return .bfloat16
        case "fp32", "float32", "amp_fp32": return .float32
        default:
            if stated.hasPrefix("fp8") || stated.hasPrefix("float8") || stated.hasPrefix("amp_fp8") { return .float8 }
            throw RowExclusion(
                "no such precision as \"\(stated)\": known are fp16, bf16, fp32 and fp8, also with amp_ before, and "
                    + "float8 with the way it is scaled")
        }
    }

    struct Degrees {
        var tensor: Int
        var pipeline: Int
        var data: Int
    }

    /// The degrees; the one of data follows from the accelerators if it is not stated.
    private static func degrees(of row: MeasuredRow) throws(RowExclusion) -> Degrees {
        guard let tensor = row.tensor, let pipeline = row.pipeline else {
            throw RowExclusion("the degrees of tensor and pipeline parallelism are not stated")
        }
        if let data = row.data {
            guard let accelerators = row.accelerators, accelerators != tensor * pipeline * data else {
                return Degrees(tensor: tensor, pipeline: pipeline, data: data)
            }
            throw RowExclusion(
                "inconsistent: tensor \(tensor) × pipeline \(pipeline) × data \(data) is not \(accelerators) accelerators"
            )
        }
        guard let accelerators = row.accelerators else {
            throw RowExclusion("neither accelerators nor the degree of data parallelism is stated")
        }
        guard accelerators % (tensor * pipeline) == 0 else {
            throw RowExclusion(
                "inconsistent: tensor \(tensor) × pipeline \(pipeline) does not divide \(accelerators) accelerators")
        }
        return Degrees(tensor: tensor, pipeline: pipeline, data: accelerators / (tensor * pipeline))
    }
}

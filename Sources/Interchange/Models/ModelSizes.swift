import Diagnostics

/// The sizes that a configuration may state: generous, but small enough that no product of them overflows.
enum ModelSizes {
    static let layers = 1...4096
    static let heads = 1...1 << 14
    static let hidden = 1...1 << 18
    static let ffn = 1...1 << 20
    static let vocabulary = 1...1 << 24
    static let positions = 1...1 << 24

    static func checkHeads(
        _ heads: Int, _ key: String, divide hidden: Int, _ object: ConfigurationObject
    ) throws(Diagnostic) {
        guard hidden % heads == 0 else {
            throw object.problem(
                key, "the heads do not divide the hidden size", expected: "a divisor of \(hidden)", found: "\(heads)")
        }
    }
}

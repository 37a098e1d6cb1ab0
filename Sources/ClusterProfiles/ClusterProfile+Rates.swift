import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// What the kernels of Serre's own engine were measured to take, each kind by itself; a kind without is charged by
    /// roofline.
    ///
    /// On a processor norms, activations and attention are bound by arithmetic that the roofline does not know. Other
    /// engines' kernels have no such rates.
    public struct Rates: Sendable, Equatable {
        private var rates: [Kind: Rate] = [:]

        public init() {}

        public subscript(kind: Kind) -> Rate? {
            get { rates[kind] }
            set { rates[kind] = newValue }
        }

        public var isEmpty: Bool { rates.isEmpty }

        /// Kernels that are charged alike.
        public enum Kind: String, Sendable, CaseIterable {
            case product
            case segmentedProduct = "segmented_product"
            case weightGradient = "weight_gradient"
            case attention
            case attentionGradient = "attention_gradient"
            case layerNorm = "layer_norm"
            case layerNormGradient = "layer_norm_gradient"
            case rmsNorm = "rms_norm"
            case rmsNormGradient = "rms_norm_gradient"
            case gelu
            case geluGradient = "gelu_gradient"
            case swiglu
            case swigluGradient = "swiglu_gradient"
            case rotation
            case addition
            case embedding
            case embeddingGradient = "embedding_gradient"
            case positionGradient = "position_gradient"
            case biasGradient = "bias_gradient"
            case normGradient = "norm_parameter_gradient"
            case rowMaximum = "row_maximum"
            case exponentials
            case crossEntropy = "cross_entropy"
            case crossEntropyGradient = "cross_entropy_gradient"
            case fold
            case squareSums = "square_sums"
            case adamW = "adamw"
            case rounding
            case tokens
        }

        /// Time is a start, and operations and bytes at their speeds one after the other; what is `nil` costs nothing.
        public struct Rate: Sendable, Equatable {
            public var microseconds: Figure?
            public var gigaflopsPerSecond: Figure?
            public var gigabytesPerSecond: Figure?

            public init(
                microseconds: Figure? = nil, gigaflopsPerSecond: Figure? = nil, gigabytesPerSecond: Figure? = nil
            ) {
                self.microseconds = microseconds
                self.gigaflopsPerSecond = gigaflopsPerSecond
                self.gigabytesPerSecond = gigabytesPerSecond
            }

            /// What a kernel takes that does so many operations in products and moves so many bytes.
            public func seconds(matrixOperations: Double, memoryBytes: Double) -> Double {
                (microseconds?.value ?? 0) * 1e-6
                    + (gigaflopsPerSecond.map { matrixOperations / ($0.value * 1e9) } ?? 0)
                    + (gigabytesPerSecond.map { memoryBytes / ($0.value * 1e9) } ?? 0)
            }

            enum Key: String, CaseIterable {
                case microseconds
                case gigaflops = "gigaflops_per_second"
                case gigabytes = "gigabytes_per_second"
            }

            fileprivate init(reading value: YAMLValue) throws(Diagnostic) {
                let reader = try value.section(Key.self)
                microseconds = try reader.optional(.microseconds)?.figure(.nonNegative)
                gigaflopsPerSecond = try reader.optional(.gigaflops)?.figure(.positive)
                gigabytesPerSecond = try reader.optional(.gigabytes)?.figure(.positive)
                guard microseconds != nil || gigaflopsPerSecond != nil || gigabytesPerSecond != nil else {
                    throw Diagnostic(
                        "profile.no-rate", "the kernel takes no time", at: value.location,
                        expected: "one or more of \(Key.allCases.map(\.rawValue).joined(separator: ", "))")
                }
            }

            fileprivate var entries: [Entry] {
                [
                    microseconds.map { .figure(Key.microseconds, $0, "µs") },
                    gigaflopsPerSecond.map { .figure(Key.gigaflops, $0, "GFLOP/s") },
                    gigabytesPerSecond.map { .figure(Key.gigabytes, $0, "GB/s") },
                ].compactMap { $0 }
            }
        }

        init(reading reader: YAMLReader<Kind>) throws(Diagnostic) {
            for kind in Kind.allCases {
                guard let value = reader.optional(kind) else { continue }
                rates[kind] = try Rate(reading: value)
            }
        }

        var entries: [Entry] {
            Kind.allCases.compactMap { kind in rates[kind].map { .section(kind.rawValue, $0.entries) } }
        }

        /// The kind whose products are said to be faster than the peak, if there is one.
        func kind(fasterThan teraflops: Double) -> (kind: Kind, gigaflops: Double)? {
            for kind in Kind.allCases {
                // Attention's rate counts scores that causality leaves out.
                guard kind != .attention, kind != .attentionGradient,
                    let gigaflops = rates[kind]?.gigaflopsPerSecond?.value, gigaflops > 1000 * teraflops
                else { continue }
                return (kind, gigaflops)
            }
            return nil
        }
    }
}

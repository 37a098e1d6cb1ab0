import CKernels
import Foundation
import Testing

/// Causal attention against its definition, bit for bit.
@Suite struct AttentionTests {
    static let cases = [
        AttentionCase(samples: 1, sequence: 1, heads: 1, size: 1),
        AttentionCase(samples: 2, sequence: 7, heads: 2, size: 5, padding: 3),
        AttentionCase(samples: 2, sequence: 17, heads: 3, size: 20),
        AttentionCase(samples: 1, sequence: 24, heads: 2, size: 8),
        AttentionCase(samples: 1, sequence: 25, heads: 5, size: 24, padding: 1),
        AttentionCase(samples: 1, sequence: 49, heads: 1, size: 16),
        AttentionCase(samples: 1, sequence: 70, heads: 2, size: 33),
        AttentionCase(samples: 1, sequence: 130, heads: 1, size: 9),
        AttentionCase(samples: 1, sequence: 12, heads: 1, size: 128, padding: 5),
        // Scores so far apart that most probabilities underflow to zero.
        AttentionCase(samples: 1, sequence: 33, heads: 2, size: 20, spread: 12),
        // Without a bias, and with grouped queries.
        AttentionCase(samples: 2, sequence: 7, heads: 2, size: 5, padding: 3, hasBias: false),
        AttentionCase(samples: 1, sequence: 49, heads: 1, size: 16, hasBias: false),
        AttentionCase(samples: 2, sequence: 17, heads: 6, groups: 3, size: 20, hasBias: false),
        AttentionCase(samples: 1, sequence: 70, heads: 4, groups: 1, size: 9, padding: 5, hasBias: false),
        AttentionCase(samples: 3, sequence: 25, heads: 6, groups: 2, size: 8, padding: 1),
        AttentionCase(samples: 1, sequence: 1, heads: 3, groups: 1, size: 1, hasBias: false),
    ]

    @Test(arguments: cases)
    func forward(test: AttentionCase) {
        let expected = test.reference()
        expectEverywhere(expected.out + expected.max + expected.sum) { test.forward($0).everything }
    }

    @Test(arguments: cases)
    func backward(test: AttentionCase) {
        let kept = test.reference()
        expectEverywhere(test.referenceGradient(kept)) { test.backward($0, kept) }
    }

    /// Longer sequences, where the slow reference would take too long: scalar and AVX2 against each other.
    @Test(arguments: [
        AttentionCase(samples: 1, sequence: 300, heads: 2, size: 40),
        AttentionCase(samples: 1, sequence: 300, heads: 6, groups: 2, size: 40, hasBias: false),
    ])
    func pathsAgreeOnLongSequences(test: AttentionCase) {
        let (forward, gradient) = Kernel(isa: SERRE_ISA_SCALAR, workers: 1).withContext { context in
            let forward = test.forward(context)
            return (forward, test.backward(context, forward))
        }
        expectEverywhere(forward.everything) { test.forward($0).everything }
        expectEverywhere(gradient) { test.backward($0, forward) }
    }

    /// Whatever stands at later positions, also infinities and NaN, no earlier row changes a bit.
    @Test func laterPositionsAreNeverSeen() {
        var test = AttentionCase(samples: 1, sequence: 40, heads: 1, size: 20)
        let clean = test.reference()
        for seen in [1, 16, 23, 30] {
            let poison: [Float] = [.nan, .infinity, -.infinity]
            for i in seen * test.ld..<test.qkv.count { test.qkv[i] = poison[i % 3] }
            expectEverywhere(Array(clean.out[..<(seen * test.ldOut)]), "\(seen)") { context in
                Array(test.forward(context).out[..<(seen * test.ldOut)])
            }
            test = AttentionCase(samples: 1, sequence: 40, heads: 1, size: 20)
        }
    }

    /// A zero of either sign in V keeps its sign: masked products are left out, not added as zeros.
    @Test func signedZerosAndSubnormalsPass() {
        var test = AttentionCase(samples: 1, sequence: 20, heads: 1, size: 8)
        for i in 0..<20 {
            for d in 0..<8 {
                test.qkv[i * test.ld + 16 + d] = d % 2 == 0 ? -0.0 : Float(bitPattern: UInt32(1000 * i + d))
            }
        }
        let expected = test.reference()
        expectEverywhere(expected.everything) { test.forward($0).everything }
        expectEverywhere(test.referenceGradient(expected)) { test.backward($0, expected) }
    }

    /// The gradient is the derivative of the forward pass (in float64, by central differences).
    @Test(arguments: [
        AttentionCase(samples: 1, sequence: 9, heads: 1, size: 4),
        AttentionCase(samples: 1, sequence: 9, heads: 3, groups: 1, size: 4, hasBias: false),
    ])
    func gradientIsTheDerivative(case: AttentionCase) {
        var test = `case`
        let gradient = Kernel(isa: serre_isa_best(), workers: 1).withContext { test.backward($0, test.forward($0)) }
        for i in stride(from: 0, to: test.qkv.count, by: 5) {
            let old = test.qkv[i]
            let difference = [Float(0.03), -0.03].map { step -> Double in
                test.qkv[i] = old + step
                let sum = zip(test.reference().out, test.dout).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
                return sum / Double(test.qkv[i] - old) / 2
            }.reduce(0, +)
            test.qkv[i] = old
            #expect(abs(difference - Double(gradient[i])) < 1e-3)
        }
    }
}

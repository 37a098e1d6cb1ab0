import Testing

@testable import Ledger

/// The quick reader of metrics lines says what a decoder says, or nothing.
@Suite struct MetricsLineTests {
    private static let line =
        #"{"digest":"sha256:00ff","fingerprint":"40185875ed540000-3ff37b0490e5d752-3ffd09c10c2c6c18","gradient_norm":1.2175336513586967,"#
        + #""guard":"skip","learning_rate":2.5e-05,"loss":6.0864,"rank_seconds":[0.25,1e-06],"samples":16,"seconds":0.125,"step":1,"#
        + #""tokens":512,"tokens_per_second":4096,"virtual_seconds":null}"#

    /// What both make of a line.
    private static func read(_ text: [UInt8]) -> (quick: MetricsLine?, decoded: MetricsLine?) {
        text.withUnsafeBufferPointer { (MetricsLine($0), StepMetrics.decoded($0)) }
    }

    @Test func aLineAsRunsWriteItIsReadWithoutADecoder() throws {
        let (quick, decoded) = Self.read(Array(Self.line.utf8))
        let line = try #require(quick)
        #expect(line == decoded)
        #expect(
            line.step == 1 && line.loss == 6.0864 && line.rankSeconds == [0.25, 1e-6] && line.digest == "sha256:00ff")
    }

    @Test(arguments: [
        #"{}"#, #"{"step":1}"#, #" { "step" : 1 , "loss" : 2 } "#, #"{"step":null}"#, #"{"step":1,"loss":null}"#,
        #"{"step":1,"step":2}"#, #"{"step":1.0}"#, #"{"step":1e3}"#, #"{"step":01}"#, #"{"step":-1}"#, #"{"step":+1}"#,
        #"{"step":9223372036854775807}"#, #"{"step":9223372036854775808}"#, #"{"step":"1"}"#, #"{"step":true}"#,
        #"{"step":1,"loss":1e999}"#, #"{"step":1,"loss":-0}"#, #"{"step":1,"loss":-0.0e0}"#,
        #"{"step":1,"loss":5e-324}"#,
        #"{"step":1,"loss":1e-400}"#, #"{"step":1,"loss":1.}"#, #"{"step":1,"loss":.5}"#, #"{"step":1,"loss":NaN}"#,
        #"{"step":1,"loss":Infinity}"#, #"{"step":1,"loss":0x10}"#, #"{"step":1,"loss":"2"}"#,
        #"{"step":1,"digest":5}"#,
        #"{"step":1,"digest":"a\u0041\"b"}"#, #"{"step":1,"digest":"é"}"#, #"{"step":1,"other":{"loss":3},"loss":4}"#,
        #"{"step":1,"other":[1,2],"loss":4}"#, #"{"step":1,"other":tru}"#, #"{"step":1,"rank_seconds":[]}"#,
        #"{"step":1,"rank_seconds":[1,]}"#, #"{"step":1,"rank_seconds":[null]}"#, #"{"step":1,}"#, #"{"step":1}x"#,
        #"{"step":1"#, #"[{"step":1}]"#, #""#, #"{"bits_per_byte":{"fr":5.5},"step":10}"#, #"{"st\u0065p":3}"#,
    ])
    func whatIsOddIsLeftToTheDecoder(text: String) {
        let (quick, decoded) = Self.read(Array(text.utf8))
        #expect(
            quick == nil || quick == decoded, "\(text): \(String(describing: quick)), \(String(describing: decoded))")
    }

    @Test func noChangeOfALineMakesThemDiffer() {
        let bytes = Array(Self.line.utf8)
        let others = Array("\"\\,:{}[]-+.e09 nz\u{7F}\u{01}".utf8) + [0xFF]
        for place in bytes.indices {
            var changed = bytes
            changed.remove(at: place)
            check(changed)
            for other in [others[place % others.count], others[(7 * place + 3) % others.count]] {
                changed = bytes
                changed[place] = other
                check(changed)
                changed.insert(other, at: place)
                check(changed)
            }
        }
    }

    private func check(_ text: [UInt8]) {
        let (quick, decoded) = Self.read(text)
        if let quick, quick != decoded { Issue.record("\(String(decoding: text, as: UTF8.self))") }
    }

    @Test func numbersHaveTheDecodersBits() {
        var bits: UInt64 = 0x9E37_79B9_7F4A_7C15
        for _ in 0..<2000 {
            bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let value = Double(bitPattern: bits)
            guard value.isFinite else { continue }
            let (quick, decoded) = Self.read(Array("{\"step\":1,\"loss\":\(value)}".utf8))
            #expect(quick == nil || quick?.loss?.bitPattern == decoded?.loss?.bitPattern)
            if value.isNormal { #expect(quick?.loss == value) }
        }
    }

    @Test func aFilesLinesComeInTheirOrder() {
        let file = Array("{\"step\":2}\nnothing\n\n{\"step\":1,\"loss\":3}\n{\"step\":7}".utf8)
        #expect(StepMetrics.all(in: file).map(\.step) == [2, 1, 7])
        #expect(StepMetrics.all(in: [UInt8]()).isEmpty)
        #expect(StepMetrics(line: "{\"step\":4}")?.step == 4)
    }
}

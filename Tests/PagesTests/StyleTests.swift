import Foundation
import Testing

@testable import Pages

/// What the page's colours promise: WCAG 2.2, level AA.
@Suite struct StyleTests {
    /// The colours of a scheme by name, as the style defines them.
    private func colours(dark: Bool) throws -> [String: [Double]] {
        let blocks = RunPage.style.matches(of: /:root[^{]*\{([^}]*)\}/).map { String($0.1) }
        try #require(blocks.count == 2)
        var result: [String: [Double]] = [:]
        for found in blocks[dark ? 1 : 0].matches(of: /--(\w+): #([0-9a-f]{6});/) {
            let number = try #require(Int(found.2, radix: 16))
            result[String(found.1)] = [16, 8, 0].map { Double(number >> $0 & 255) / 255 }
        }
        return result
    }

    private func luminance(_ colour: [Double]) -> Double {
        let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    @Test(arguments: [false, true]) func textAndCurvesStandOut(dark: Bool) throws {
        let colours = try colours(dark: dark)
        for ground in ["ground", "panel"] {
            let names = ["text", "quiet", "good", "warn", "bad", "focus"] + (0..<8).map { "c\($0)" }
            for name in names {
                let pair = [luminance(try #require(colours[name])), luminance(try #require(colours[ground]))].sorted()
                let contrast = (pair[1] + 0.05) / (pair[0] + 0.05)
                // Curves are graphics, for which 3 is enough; but their names are written in no colour of theirs.
                #expect(contrast >= (name.hasPrefix("c") ? 3 : 4.5), "\(name) on \(ground): \(contrast)")
            }
        }
    }
}

import CGit2
import Foundation
import Testing

@testable import Ledger

@Suite struct StrictInflateTests {
    /// Loose objects as git writes them, of contents of all kinds and at all levels of compression.
    @Test(arguments: [0, 1, 6, 9])
    func readsWhatGitWrites(level: Int) throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        var random = SplitMix(seed: UInt64(level))
        let texts: [[UInt8]] = [
            [], [7], random.bytes(100_000), [UInt8](repeating: 65, count: 300_000),
            (0..<70_000).map { UInt8(truncatingIfNeeded: $0 / 97) },
            (0..<60_000).map { _ in UInt8.random(in: 97...100, using: &random) },
        ]
        for text in texts {
            let path = "\(fixture.root)/text"
            try Data(text).write(to: URL(fileURLWithPath: path))
            let id = try fixture.git("-c", "core.compression=\(level)", "hash-object", "-w", path)
            let stream = Array(
                try Data(
                    contentsOf: URL(
                        fileURLWithPath: "\(fixture.root)/repo/.git/objects/\(id.prefix(2))/\(id.dropFirst(2))")))
            let header = Array("blob \(text.count)\0".utf8)
            #expect(try StrictInflate.content(of: stream, limit: header.count + text.count) == header + text)
            #expect(throws: StrictInflate.Fault.self) {
                try StrictInflate.content(of: stream, limit: header.count + text.count - 1)
            }
            #expect(throws: StrictInflate.Fault.self) {
                try StrictInflate.content(of: stream + [0], limit: header.count + text.count)
            }
            for cut in [0, 1, stream.count / 2, stream.count - 1] {
                #expect(throws: StrictInflate.Fault.self) {
                    try StrictInflate.content(of: Array(stream.prefix(cut)), limit: header.count + text.count)
                }
            }
        }
    }

    @Test func checksumsAreThoseOfTheStandards() {
        let digits = Array("123456789".utf8)
        #expect(CRC32.checksum(of: digits) == 0xcbf4_3926)
        #expect(StrictInflate.adler32(digits) == 0x091e_01de)
        #expect(StrictInflate.adler32([UInt8](repeating: 255, count: 100_000)) == 0x149a_302c)
    }
}

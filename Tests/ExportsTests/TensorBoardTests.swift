import Foundation
import Ledger
import Testing

@testable import Exports

@Suite struct TensorBoardTests {
    /// The bytes that `RecordWriter` of tensorboard 2.21.0 wrote of the same two events.
    private static let golden = """
        1800000000000000a37f4b2209000040f72cc1da411a0d627261696e2e4576656e743a3217b945242f000000000000006d5d1d5009000060\
        f72cc1da4110ac022a210a110a0a747261696e2f6c6f737315afc3c2400a0c0a05c3bc6ec3af150000c07f6ff3943a
        """

    @Test func recordsAreThoseOfTensorBoard() {
        var file = EventFile(at: 1_795_470_301)
        file.append([], step: 1, at: 1_795_470_301)
        file.append(
            [("train/loss", 6.086387356044725), ("\u{FC}n\u{EF}", .nan)], step: 300, at: 1_795_470_301.5)
        #expect(file.bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == Self.golden)
    }

    @Test func theChecksumIsCastagnolis() {
        // RFC 3720, B.4: 32 zero bytes; and the check value of the algorithm.
        #expect(crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(crc32c([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    }

    @Test func aRunIsOneFileInItsFolder() throws {
        let recorded = try RecordedRun()
        let folder = recorded.folder + "-tensorboard"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try recorded.exported().writeTensorBoard(to: folder)
        #expect(path == "\(folder)/\(recorded.run.text)/events.out.tfevents.1795470301.serre")
        let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        #expect(try bytes == recorded.exported().eventFile())
        // The file's own first record, then one for each of the three steps; non-finite losses are not left out.
        #expect(String(decoding: bytes, as: UTF8.self).components(separatedBy: "train/loss").count == 4)
    }

    @Test func resultsOfSuitesStandAtTheCheckpointsStep() throws {
        let recorded = try RecordedRun()
        let before = try recorded.exported().eventFile()
        for step in [2, 5] {
            let event = RunEvent(.examination, step: step, files: [RecordedRun.suite(step: step)])
            _ = try recorded.ledger.append(event, to: recorded.run, at: Date(timeIntervalSince1970: 1_795_480_000))
        }
        let run = try recorded.exported()
        let numbers = [("suite/plants/words/acc", 0.5), ("suite/plants/words/acc/de", 0.25)]
        var two = EventFile(at: 0)
        let start = two.bytes.count
        // Steps 1 to 3 share the half minute until the segment's commit; of step 5 there are no metrics.
        two.append(numbers, step: 5, at: run.endTime.timeIntervalSince1970)
        let last = Array(two.bytes[start...])
        let bytes = run.eventFile()
        #expect(Array(bytes.suffix(last.count)) == last)
        #expect(bytes.count == before.count + 2 * last.count)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.components(separatedBy: "suite/plants/words/acc").count == 5 && !text.contains("web"))
    }

    @Test func aRunWithoutStepsIsAFileWithoutNumbers() throws {
        let empty = try RecordedRun(bare: true).exported().eventFile()
        #expect(empty == EventFile(at: 1_795_470_301).bytes)
    }
}

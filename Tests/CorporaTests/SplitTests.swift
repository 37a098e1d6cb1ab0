import Integrity
import Testing

@testable import Corpora

@Suite struct SplitTests {
    private func digest(share: UInt8, tail: UInt8 = 0) throws -> Digest {
        // The first 8 bytes, big end first, are the share itself.
        try #require(Digest(bytes: [0, 0, 0, 0, 0, 0, 0, share] + [UInt8](repeating: tail, count: 24)))
    }

    @Test func `the share is the big-endian first word modulo 100`() throws {
        let digest = try #require(Digest(bytes: [0, 0, 0, 0, 0, 0, 1, 44] + [UInt8](repeating: 9, count: 24)))
        #expect(Split.share(of: digest) == 0)
        #expect(Split.share(of: try self.digest(share: 94)) == 94)
        #expect(Split.share(of: try self.digest(share: 101)) == 1)
    }

    @Test func `the threshold is 95`() throws {
        let digests = try [0, 94, 95, 99].map { try digest(share: $0) }
        #expect(Split.assign(digests) == [.train, .train, .validation, .validation])
    }

    @Test func `both sides are inhabited`() throws {
        #expect(Split.assign([]) == [])
        #expect(Split.assign([try digest(share: 99)]) == [.train])
        let low = try [digest(share: 3), digest(share: 7), digest(share: 5)]
        #expect(Split.assign(low) == [.train, .validation, .train])
        let high = try [digest(share: 98), digest(share: 96)]
        #expect(Split.assign(high) == [.validation, .train])
        let equal = try [digest(share: 50, tail: 2), digest(share: 50, tail: 1)]
        #expect(Split.assign(equal) == [.validation, .train])
    }

    @Test func `about one document in twenty is held out`() {
        let digests = (0..<4000).map { SHA256.digest(of: Array("document \($0)".utf8)) }
        let heldOut = Split.assign(digests).filter { $0 == .validation }.count
        #expect((150...250).contains(heldOut))
    }
}

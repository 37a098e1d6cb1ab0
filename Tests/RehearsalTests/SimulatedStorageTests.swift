import Diagnostics
import Integrity
import Scenarios
import Testing

@testable import Rehearsal

/// The disk keeps what it has promised to keep, and no more.
@Suite struct SimulatedStorageTests {
    private func disk(_ events: [FaultEvent] = [], seed: UInt64 = 0) -> (SimulatedStorage, SimulatedCluster) {
        let cluster = SimulatedCluster(
            Scenario(name: "test", events: events), seed: seed, links: .init(ranksPerNode: 1))
        let storage = SimulatedStorage(
            cluster, speed: .init(writeBytesPerSecond: 1e9, readBytesPerSecond: 1e9, operationSeconds: 1e-3))
        return (storage, cluster)
    }

    @Test("What an atomic write has finished survives the loss of its node, whole", arguments: 0..<20)
    func atomicWrites(seed: UInt64) throws {
        let (storage, _) = disk(seed: seed)
        try storage.makeFolder("/a/b")
        storage.flushFolder(of: "/a/b")
        try AtomicFile.write("one", to: "/a/b/file", on: storage)
        storage.restart(losingMemory: true)
        #expect(storage.contents(of: "/a/b/file") == Array("one".utf8))
        #expect(storage.names(in: "/a/b") == ["file"])
    }

    @Test("What was not flushed may be lost, in part or as a whole, and sometimes is")
    func unflushed() throws {
        var lengths: Set<Int> = []
        for seed in 0..<60 {
            let (storage, _) = disk(seed: UInt64(seed))
            let file = try storage.create("/file")
            _ = try [UInt8](repeating: 7, count: 100).withUnsafeBytes { raw throws(Diagnostic) in try file.append(raw) }
            storage.restart(losingMemory: true)
            lengths.insert(storage.size(of: "/file") ?? -1)
        }
        #expect(lengths.contains(-1) && lengths.contains { (1..<100).contains($0) })
        #expect(lengths.allSatisfy { $0 <= 100 })
    }

    @Test("A process that dies loses nothing that it wrote")
    func processDeath() throws {
        let (storage, _) = disk()
        let file = try storage.create("/file")
        _ = try [UInt8](repeating: 7, count: 100).withUnsafeBytes { raw throws(Diagnostic) in try file.append(raw) }
        storage.restart(losingMemory: false)
        #expect(storage.size(of: "/file") == 100)
    }

    @Test("Names survive in the order in which they changed")
    func orderOfNames() throws {
        for seed in 0..<40 {
            let (storage, _) = disk(seed: UInt64(seed))
            try storage.makeFolder("/one")
            try storage.makeFolder("/two")
            try storage.rename("/one", to: "/three")
            storage.restart(losingMemory: true)
            let names = ["/one", "/two", "/three"].map { storage.exists($0) }
            let possible = [
                [false, false, false], [true, false, false], [true, true, false], [false, true, true],
            ]
            #expect(possible.contains(names))
        }
    }

    @Test("A dead machine does nothing more")
    func death() throws {
        let (storage, cluster) = disk()
        try storage.makeFolder("/a")
        cluster.die("killed", "a test")
        #expect(throws: Diagnostic.self) { try storage.create("/a/file") }
        #expect(throws: Diagnostic.self) { try storage.rename("/a", to: "/b") }
        #expect(!storage.remove("/a"))
        cluster.beginJob()
        storage.restart(losingMemory: false)
        #expect(storage.exists("/a") && !storage.exists("/b") && !storage.exists("/a/file"))
    }

    @Test("A short write takes some bytes and the rest follows; a torn one is the end")
    func brokenWrites() throws {
        var event = FaultEvent(.shortWrite, at: .step(1))
        event.operation = 0
        let (storage, cluster) = disk([event])
        cluster.begin(step: 1, seconds: 1)
        try AtomicFile.write("some bytes", to: "/file", on: storage)
        #expect(storage.contents(of: "/file") == Array("some bytes".utf8))
        #expect(cluster.incidents.count == 1)
        event.kind = .tornWrite
        let (torn, dying) = disk([event])
        dying.begin(step: 1, seconds: 1)
        #expect(throws: Diagnostic.self) { try AtomicFile.write("some bytes", to: "/file", on: torn) }
        torn.restart(losingMemory: true)
        #expect(torn.contents(of: "/file") == nil)
    }
}

import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Storage

@Suite struct ObjectStoreTests {
    @Test func keepsWhatItIsGivenUnderItsDigest() throws {
        let fixture = try StorageFixture()
        let file = try fixture.file("a", bytes: 1000)
        #expect(try fixture.store.add(file))
        #expect(try !fixture.store.add(file))
        let hex = file.digest.hex
        let name = "objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
        #expect(fixture.names() == [name])
        #expect(fileStatus("\(fixture.root)/store/\(name)").map { $0.st_mode & 0o777 } == 0o444)
        let copy = StoredFile(digest: file.digest, bytes: nil, path: fixture.root + "/deep/er/copy", name: "copy")
        #expect(try fixture.store.copy(copy))
        #expect(try !fixture.store.copy(copy))
        #expect(try fixture.content(copy.path) == fixture.content(file.path))
    }

    @Test func takesNoFileThatIsNotWhatItSays() throws {
        let fixture = try StorageFixture()
        let file = try fixture.file("a", bytes: 1000)
        try fixture.flip(bit: 4321, of: file.path)
        let error = #expect(throws: Diagnostic.self) { try fixture.store.add(file) }
        #expect(error?.code == "store.altered" && error?.expected == file.digest.description)
        #expect(fixture.names().isEmpty)
    }

    @Test func namesTheDamagedObjectAndItsChunks() throws {
        let fixture = try StorageFixture()
        let small = try fixture.file("small", bytes: 1000)
        let large = try fixture.file("large", bytes: 9 << 20)
        for file in [small, large] { try fixture.store.add(file) }
        #expect(fixture.names().contains(ObjectStore.chunkListName(large.digest)))
        func damages() throws -> [ObjectDamage] {
            var found: [ObjectDamage] = []
            try fixture.store.verify { if let damage = $1 { found.append(damage) } }
            return found
        }
        #expect(try damages().isEmpty)
        try fixture.flip(bit: 8 * (5 << 20), of: fixture.store.path(of: large.digest))
        #expect(try damages().map(\.digest) == [large.digest])
        #expect(try damages()[0].chunks == [4 << 20..<8 << 20])
        let check = { (range: Range<Int>) in try fixture.store.damage(of: large.digest, bytes: range).map(\.range) }
        #expect(try check(0..<100).isEmpty)
        #expect(try check(0..<5 << 20) == [4 << 20..<8 << 20])
        try fixture.flip(bit: 3, of: fixture.store.path(of: small.digest))
        #expect(Set(try damages().map(\.digest)) == [small.digest, large.digest])
        try AtomicFile.write("x", to: fixture.root + "/store/objects/stray")
        #expect(try damages().contains { $0.name == "objects/stray" && $0.digest == nil })
        let error = #expect(throws: Diagnostic.self) { try fixture.store.copy(small.moved("\(fixture.root)/out")) }
        #expect(error?.code == "store.damaged")
        #expect(!FileManager.default.fileExists(atPath: fixture.root + "/out"))
    }

    @Test func aDamagedListOfChunksIsNoDamageOfTheObject() throws {
        let fixture = try StorageFixture()
        let large = try fixture.file("large", bytes: 9 << 20)
        try fixture.store.add(large)
        let list = fixture.store.chunkListPath(of: large.digest)
        try fixture.flip(bit: 8 * 120, of: list)
        #expect(try fixture.store.damage(of: large.digest)?.name == ObjectStore.chunkListName(large.digest))
        let error = #expect(throws: Diagnostic.self) { try fixture.store.damage(of: large.digest, bytes: 0..<1) }
        #expect(error?.code == "store.no-chunks")
    }

    @Test func partsAreCheckedAgainstTheRecordedRoot() throws {
        let fixture = try StorageFixture()
        let large = try fixture.file("large", bytes: 9 << 20)
        try fixture.store.add(large)
        let root = try FileDigests(of: large.path).chunks.root
        #expect(try fixture.store.damage(of: large.digest, bytes: 0..<1, root: root).isEmpty)
        let error = #expect(throws: Diagnostic.self) {
            try fixture.store.damage(of: large.digest, bytes: 0..<1, root: large.digest)
        }
        #expect(error?.code == "store.no-chunks")
        for range in [-1..<5, 5..<5, 0..<(10 << 20)] {
            #expect(throws: Diagnostic.self) { try fixture.store.damage(of: large.digest, bytes: range) }
        }
    }

    @Test func aSweepDropsWhatNothingNeedsAndIsOld() throws {
        let fixture = try StorageFixture()
        let store = fixture.store
        let files = try (0..<4).map { try fixture.file("f\($0)", bytes: 5 << 20, seed: UInt8($0)) }
        for file in files { try store.add(file) }
        try AtomicFile.write("half", to: store.path(of: files[0].digest) + ".123.partial")
        let old =
            [files[0].digest, files[1].digest].map(store.path) + [store.path(of: files[0].digest) + ".123.partial"]
        var times = [timeval(tv_sec: 1000, tv_usec: 0), timeval(tv_sec: 1000, tv_usec: 0)]
        for path in old { #expect(utimes(path, &times) == 0) }
        let limit = Date(timeIntervalSince1970: 2000)
        let sweep = try store.sweep(keeping: [files[0].digest, files[2].digest], addedBefore: limit)
        #expect(Set(sweep.needed.map(\.digest)) == [files[0].digest, files[2].digest])
        #expect(sweep.unneeded.map(\.digest) == [files[1].digest])
        #expect(sweep.young.map(\.digest) == [files[3].digest])
        #expect(sweep.leftovers.count == 1)
        let before = fixture.names()
        #expect(before.count == 9)
        // Adding it again renews its time: the sweep that is under way must not drop it.
        try store.add(files[1])
        try store.drop(sweep, addedBefore: limit)
        #expect(fixture.names().count == 8)
        for path in old.prefix(2) { utimes(path, &times) }
        try store.drop(store.sweep(keeping: [files[0].digest], addedBefore: limit), addedBefore: limit)
        #expect(store.bytes(of: files[1].digest) == nil && store.bytes(of: files[0].digest) != nil)
        #expect(fixture.names().count == 6)
    }

    @Test func aFolderThatIsNoStoreIsSaidToBeNone() throws {
        let fixture = try StorageFixture()
        let error = #expect(throws: Diagnostic.self) { try fixture.store.contents() }
        #expect(error?.code == "store.none")
    }
}

extension StoredFile {
    /// The same content at another path.
    func moved(_ path: String) -> StoredFile { StoredFile(digest: digest, bytes: bytes, path: path, name: name) }
}

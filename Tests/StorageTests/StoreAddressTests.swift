import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Storage

@Suite struct StoreAddressTests {
    @Test func readsPlaces() throws {
        #expect(try StoreAddress("/data/store") == .folder(ObjectStore("/data/store")))
        #expect(try StoreAddress("./a:b") == .folder(ObjectStore("./a:b")))
        #expect(try StoreAddress("host:dir/x") == .remote(RemoteStore(place: "host:dir/x", shell: nil)))
        #expect(try StoreAddress("ssh://me@host/x") == .remote(RemoteStore(place: "me@host:/x", shell: nil)))
        #expect(try StoreAddress("ssh://host:2222/x") == .remote(RemoteStore(place: "host:/x", shell: "ssh -p 2222")))
        #expect(try StoreAddress("rsync://h/m/x") == .remote(RemoteStore(place: "rsync://h/m/x", shell: nil)))
    }

    @Test(arguments: [
        "", "s3://bucket/x", "host:", ":x", "-oProxyCommand=x:y", "ssh://-x/y", "ssh://host", "ssh://host:99999/x",
        "ssh:///x", "rsync:///x",
    ])
    func refusesWhatIsNone(text: String) {
        let error = #expect(throws: Diagnostic.self) { try StoreAddress(text) }
        #expect(error?.code == "store.address")
    }

    @Test func pushAndPullByFolder() throws {
        let fixture = try StorageFixture()
        let files = try (0..<3).map { try fixture.file("f\($0)", bytes: 3000, seed: UInt8($0)) }
        let address = try StoreAddress(fixture.root + "/store")
        var last: TransferProgress?
        let first = try address.push(Array(files.prefix(2))) { last = $0 }
        #expect(first == TransferSummary(copied: 2, copiedBytes: 6000, present: 0))
        #expect(last == TransferProgress(files: 2, filesWhole: 2, bytes: 6000, bytesWhole: 6000))
        #expect(try address.push(files) == TransferSummary(copied: 1, copiedBytes: 3000, present: 2))
        let back = files.map { $0.moved(fixture.root + "/back/" + $0.name) }
        #expect(try address.pull(back, staging: fixture.root + "/staging").copied == 3)
        #expect(try address.pull(back, staging: fixture.root + "/staging").present == 3)
        let other = StoredFile(digest: SHA256.digest(of: [9]), bytes: 1, path: fixture.root + "/o", name: "o")
        let error = #expect(throws: Diagnostic.self) { try address.pull([other], staging: fixture.root + "/staging") }
        #expect(error?.code == "store.missing")
    }

    @Test(.enabled(if: hasProgram("rsync"), "rsync is not installed"))
    func pushAndPullByRsync() throws {
        let fixture = try StorageFixture()
        let daemon = try RsyncDaemon(fixture.root)
        defer { daemon.stop() }
        var files = try (0..<3).map { try fixture.file("f\($0)", bytes: 5 << 20, seed: UInt8($0)) }
        files.append(files[0])
        let address = try StoreAddress("rsync://localhost:\(daemon.port)/all/store/deep")
        #expect(try address.push(files) == TransferSummary(copied: 3, copiedBytes: 15 << 20, present: 1))
        #expect(try address.push(files) == TransferSummary(copied: 0, copiedBytes: 0, present: 4))
        let there = ObjectStore(fixture.root + "/store/deep")
        #expect(try there.contents().objects.count == 3)
        #expect(fileStatus(there.path(of: files[0].digest)).map { $0.st_mode & 0o777 } == 0o444)
        try there.verify { #expect($1 == nil) }
        #expect(fileStatus(there.chunkListPath(of: files[0].digest)) != nil)

        let back = files.prefix(3).map { $0.moved(fixture.root + "/back/" + $0.name) }
        let staging = fixture.root + "/back/staging"
        #expect(
            try address.pull(back, staging: staging) == TransferSummary(copied: 3, copiedBytes: 15 << 20, present: 0))
        #expect(try address.pull(back, staging: staging).present == 3)
        #expect(!FileManager.default.fileExists(atPath: staging))
        for file in back { #expect(try FileDigests(of: file.path).digest == file.digest) }

        try fixture.flip(bit: 77, of: there.path(of: files[1].digest))
        try FileManager.default.removeItem(atPath: back[1].path)
        let damaged = #expect(throws: Diagnostic.self) { try address.pull(back, staging: staging) }
        #expect(damaged?.code == "store.damaged")
        try FileManager.default.removeItem(atPath: there.path(of: files[1].digest))
        let missing = #expect(throws: Diagnostic.self) { try address.pull(back, staging: staging) }
        #expect(missing?.code == "store.missing" && missing?.message.contains("f1") == true)
        #expect(throws: Diagnostic.self) { try address.local(for: "a sweep") }
    }

    @Test(.enabled(if: hasProgram("rsync"), "rsync is not installed"))
    func aPlaceThatDoesNotAnswerIsSaid() throws {
        let fixture = try StorageFixture()
        let file = try fixture.file("f", bytes: 10)
        let error = #expect(throws: Diagnostic.self) { try StoreAddress("rsync://localhost:1/m/x").push([file]) }
        #expect(error?.code == "store.rsync" && error?.location?.file == "rsync://localhost:1/m/x")
        #expect(error?.kind == .failure)
    }
}

/// rsync's own server for a folder, on a free port.
private final class RsyncDaemon {
    private let process = Process()
    let port: Int

    init(_ folder: String) throws {
        // The process number is not shared by tests that run at once elsewhere.
        port = 20_000 + Int(getpid()) % 20_000
        let configuration = """
            use chroot = no
            pid file = \(folder)/rsyncd.pid
            uid = \(getuid())
            gid = \(getgid())
            [all]
            path = \(folder)
            read only = no
            """
        try AtomicFile.write(configuration, to: folder + "/rsyncd.conf")
        let rsync = try SystemProgram("rsync", package: "rsync")
        process.executableURL = URL(fileURLWithPath: rsync.path)
        process.arguments = [
            "--daemon", "--no-detach", "--address=localhost", "--port=\(port)", "--config=\(folder)/rsyncd.conf",
            "--log-file=\(folder)/rsyncd.log",
        ]
        try process.run()
        for _ in 0..<200 {
            if try rsync.run(["rsync://localhost:\(port)/"]).status == 0 { return }
            usleep(20_000)
        }
        stop()
        Issue.record("rsync's server did not start")
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}

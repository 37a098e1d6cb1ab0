import Foundation
import Testing

@testable import Fabrics

/// What killed processes of Open MPI leave is removed, and nothing else.
@Suite struct LauncherLeftoversTests {
    private final class Machine {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "serre-leftovers-\(UUID().uuidString)")
        var memory: String { folder.appendingPathComponent("shm").path }
        var sessions: String { folder.appendingPathComponent("tmp").path }
        static let user = geteuid()

        init() throws {
            for place in [memory, sessions] {
                try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            }
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        /// A file, or the folder of a launcher, of some age.
        @discardableResult
        func make(_ name: String, in place: String, age: Double = 3600, isFolder: Bool = false) throws -> String {
            let path = "\(place)/\(name)"
            if isFolder {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
                try Data("x".utf8).write(to: URL(fileURLWithPath: path + "/contact.txt"))
            } else {
                try Data(repeating: 1, count: 8192).write(to: URL(fileURLWithPath: path))
            }
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
            return path
        }

        func sweep() -> [String] {
            LauncherLeftovers(memory: memory, sessions: sessions, host: "node-7.cluster").sweep()
        }
    }

    @Test("Shared memory of this user and host goes when nobody has it and it is not new")
    func segments() throws {
        let (machine, user) = (try Machine(), Machine.user)
        let dead = try ["vader_segment.node-7.\(user).a1.0", "sm_segment.node-7.\(user).a1.3"].map {
            try machine.make($0, in: machine.memory)
        }
        let kept = try [
            "vader_segment.node-7.\(user + 1).a1.0", "vader_segment.node-8.\(user).a1.0", "psm2_shm.node-7.\(user)",
        ].map { try machine.make($0, in: machine.memory) }
        let new = try machine.make("vader_segment.node-7.\(user).b2.0", in: machine.memory, age: 5)
        #expect(machine.sweep() == dead.sorted())
        #expect((kept + [new]).allSatisfy { FileManager.default.fileExists(atPath: $0) })
        #expect(machine.sweep().isEmpty)
    }

    @Test("Shared memory that a process has mapped stays, however old its file is")
    func mapped() throws {
        let machine = try Machine()
        let path = try machine.make("vader_segment.node-7.\(Machine.user).a1.0", in: machine.memory)
        let file = open(path, O_RDONLY)
        let place = mmap(nil, 4096, PROT_READ, MAP_SHARED, file, 0)
        close(file)
        #expect(place != MAP_FAILED)
        #expect(machine.sweep().isEmpty && FileManager.default.fileExists(atPath: path))
        munmap(place, 4096)
        #expect(machine.sweep() == [path])
    }

    @Test("Folders of launchers that have ended go, those of living ones stay")
    func sessions() throws {
        let machine = try Machine()
        let user = "ompi.node-7.\(Machine.user)"
        // Linux numbers processes up to 2^22.
        let dead = try machine.make("\(user)/pid.4194999", in: machine.sessions, isFolder: true)
        let alive = try machine.make(
            "\(user)/pid.\(ProcessInfo.processInfo.processIdentifier)", in: machine.sessions, isFolder: true)
        let other = try machine.make("\(user)/jf.12", in: machine.sessions, isFolder: true)
        #expect(machine.sweep() == [dead])
        #expect([alive, other].allSatisfy { FileManager.default.fileExists(atPath: $0) })
    }
}

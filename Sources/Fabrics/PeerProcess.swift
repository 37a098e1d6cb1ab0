import CMPI
import Foundation

/// Another process of the same run on the same machine, watched without its help.
///
/// The descriptors outlive the process, and are never closed: a run's processes are few and end together.
struct PeerProcess: Sendable {
    let host: Int
    let process: Int32
    private let handle: Int32
    private let flag: Int32

    /// What a process says of itself where its peers can read it even when it has ended.
    enum Intent: UInt8, Sendable {
        case running
        /// It is leaving together with the others.
        case leaving
        /// It has failed, says why itself and ends the run.
        case failing
    }

    /// Opens the process that `announcement` describes; `nil` if it is on another machine or cannot be watched.
    init?(host: Int, _ announcement: Announcement) {
        guard announcement.machine == Announcement.thisMachine else { return nil }
        handle = serre_peer_open(announcement.process)
        guard handle >= 0 else { return nil }
        flag = serre_flag_open(announcement.process, announcement.flag)
        self.host = host
        process = announcement.process
    }

    var hasEnded: Bool { serre_peer_has_ended(handle) }
    var intent: Intent { Intent(rawValue: serre_flag_get(flag)) ?? .running }

    /// Whether it stands still because of a signal, such as SIGSTOP's or a debugger's.
    var isStopped: Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return false }
        return text[end...].split(separator: " ").dropFirst().first?.lowercased() == "t"
    }

    /// How it ended: `by signal 9 (SIGKILL)`; `nil` when the system does not tell.
    var end: String? {
        var status: Int32 = 0
        guard serre_peer_status(handle, &status) else { return nil }
        return Self.words(waitStatus: status)
    }

    /// What a status means that wait() returned.
    static func words(waitStatus status: Int32) -> String {
        let signal = status & 0x7F
        guard signal != 0 else { return "with exit status \(status >> 8 & 0xFF)" }
        return "by signal \(signal)" + (names[signal].map { " (\($0))" } ?? "")
    }

    private static let names: [Int32: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
        SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
    ]
}

/// What a process tells the others about itself, so that those beside it can watch it.
struct Announcement: Equatable {
    /// The machine as long as it runs, and the process numbers that hold there.
    var machine: String
    var process: Int32
    /// The number of the descriptor of its intent.
    var flag: Int32
    /// The name of the machine, for people.
    var name: String

    /// This process's own.
    static func own(flag: Int32) -> Announcement {
        Announcement(machine: thisMachine, process: getpid(), flag: flag, name: ProcessInfo.processInfo.hostName)
    }

    /// Containers and network namespaces count as machines: a process cannot look into another one.
    static let thisMachine: String = {
        let boot = (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? ""
        let spaces = ["pid", "net"].map {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\($0)")) ?? ""
        }
        return boot.trimmingCharacters(in: .whitespacesAndNewlines) + spaces.joined()
    }()

    var bytes: [UInt8] { Array("\(machine) \(process) \(flag) \(name)".utf8) }

    init(machine: String, process: Int32, flag: Int32, name: String) {
        (self.machine, self.process, self.flag, self.name) = (machine, process, flag, name)
    }

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, let process = Int32(words[1]), let flag = Int32(words[2]) else { return nil }
        self.init(machine: String(words[0]), process: process, flag: flag, name: String(words[3]))
    }
}

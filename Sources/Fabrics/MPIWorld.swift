import CMPI
import Diagnostics
import Foundation

/// The processes that were started together, as MPI sees them; owner of the C shim's handles.
///
/// Not `Sendable`: the thread that called ``start()`` is the only one that may use it (`MPI_THREAD_FUNNELED`).
final class MPIWorld {
    private let handle: OpaquePointer
    private var isOpen = true
    /// Processes in the world.
    let size: Int
    /// This process's number.
    let rank: Int
    /// The processes of this machine that are watched, and who watches them.
    var peers: [PeerProcess] = []
    var lookout: Lookout?
    /// How long a collective may wait for other processes; `nil` for ever.
    var collectivePatience: Duration?
    /// What the ranks of a process are called in a report.
    var duties: [String] = []
    /// Whether this process waits in a collective.
    private(set) var isMeeting = false
    private var ledRollCall: RollCall?

    private init(handle: OpaquePointer) {
        self.handle = handle
        size = Int(serre_mpi_size(handle))
        rank = Int(serre_mpi_rank(handle))
    }

    /// Initialises MPI.
    static func start() throws(Diagnostic) -> MPIWorld {
        var handle: OpaquePointer?
        try check(serre_mpi_start(&handle), "MPI cannot start")
        guard let handle else { throw Diagnostic("fabric.mpi", "MPI cannot start", kind: .failure) }
        return MPIWorld(handle: handle)
    }

    /// Ends MPI together with the other processes; a second call does nothing.
    func finish() {
        guard isOpen else { return }
        isOpen = false
        lookout?.leave()
        serre_mpi_finish(handle)
    }

    /// Ends the processes of the whole world.
    ///
    /// This process ends even if the launcher cannot be reached, as when a link is down; and so does a launcher that waits for
    /// hosts that cannot be reached, as Open MPI's sometimes does without an end.
    func abort(status: Int32) -> Never {
        lookout?.fail()
        if size > 1, LaunchEnvironment.isLauncher(process: getppid()) {
            serre_end_later(getppid(), Int32(Self.abortSeconds) * 3)
        }
        Thread.detachNewThread {
            sleep(Self.abortSeconds)
            _exit(status)
        }
        if isOpen { serre_mpi_abort(handle, status) }
        exit(status)
    }

    /// How long the launcher has to end the processes of a run that has failed.
    private static let abortSeconds: UInt32 = 5

    /// The roll call of this world.
    var rollCall: RollCall {
        if let ledRollCall { return ledRollCall }
        let made = RollCall(world: self)
        ledRollCall = made
        return made
    }

    /// What all processes say of themselves when this one has waited `waited`, as the sentence that ends the run.
    func hang(after waited: Duration) throws(Diagnostic) -> Diagnostic {
        let answers = try rollCall.ask()
        return HangReport(host: rank, waited: waited, answers: answers) { [duties] host in
            duties.indices.contains(host) ? duties[host] : "no ranks yet"
        } state: { [peers] host in
            guard let peer = peers.first(where: { $0.host == host }) else { return nil }
            if peer.hasEnded { return "it was ended" + (peer.end.map { " \($0)" } ?? "") }
            return peer.isStopped ? "it is stopped (process \(peer.process))" : nil
        }.diagnostic
    }

    /// The name and version of the library, such as `Open MPI v4.1.4`.
    static var library: String {
        var text = [CChar](repeating: 0, count: 256)
        serre_mpi_library(&text, Int32(text.count))
        let line = string(text).prefix { $0 != "," && !$0.isNewline }
        return line.trimmingCharacters(in: .whitespaces)
    }

    /// Starts to send `bytes`, which must stay in place until the request has ended.
    func send(_ bytes: UnsafeRawBufferPointer, to host: Int, tag: Int32) throws(Diagnostic) -> MPIRequest {
        var request: OpaquePointer?
        let error = serre_mpi_send(handle, bytes.baseAddress, Int32(bytes.count), Int32(host), tag, &request)
        try Self.check(error, "cannot send to process \(host)")
        return MPIRequest(handle: request)
    }

    /// Starts to receive exactly `memory.count` bytes.
    func receive(_ memory: UnsafeMutableRawBufferPointer, from host: Int, tag: Int32) throws(Diagnostic) -> MPIRequest {
        var request: OpaquePointer?
        let error = serre_mpi_receive(handle, memory.baseAddress, Int32(memory.count), Int32(host), tag, &request)
        try Self.check(error, "cannot receive from process \(host)")
        return MPIRequest(handle: request)
    }

    /// Receives one message of at most `memory.count` bytes from any process, if one has arrived.
    func receiveFromAny(
        _ memory: UnsafeMutableRawBufferPointer, tag: Int32
    ) throws(Diagnostic) -> (host: Int, count: Int)? {
        var (host, count): (Int32, Int32) = (0, 0)
        var found = false
        let error = serre_mpi_receive_any(
            handle, memory.baseAddress, Int32(memory.count), tag, &found, &host, &count)
        try Self.check(error, "cannot receive")
        return found ? (Int(host), Int(count)) : nil
    }

    /// Host 0's bytes on every host.
    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] {
        let counts = try gatherCounts(bytes.count)
        var result = rank == 0 ? bytes : [UInt8](repeating: 0, count: counts[0])
        var offset = 0
        while offset < result.count {
            let count = min(result.count - offset, MPIWire.largestCount)
            // The array's memory may not move while MPI works on it, so each piece is waited for inside the closure.
            let failure = result.withUnsafeMutableBytes { memory in
                attempt { () throws(Diagnostic) in
                    var request: OpaquePointer?
                    let piece = memory.baseAddress.map { $0 + offset }
                    let error = serre_mpi_broadcast(handle, piece, Int32(count), 0, &request)
                    try wait(error, request, "cannot broadcast")
                }
            }
            if let failure { throw failure }
            offset += count
        }
        return result
    }

    /// Every host's bytes, in host order; at most 1 GiB together.
    func gather(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] {
        let counts = try gatherCounts(bytes.count)
        var offsets = [0]
        for count in counts { offsets.append((offsets.last ?? 0) + count) }
        guard let total = offsets.last, total <= MPIWire.largestCount else {
            throw Diagnostic("fabric.gather-size", "the processes' contributions exceed 1 GiB", kind: .failure)
        }
        let all = try gather(bytes, counts: counts.map(Int32.init), offsets: offsets.dropLast().map(Int32.init), total)
        return (0..<size).map { Array(all[offsets[$0]..<offsets[$0 + 1]]) }
    }

    /// Returns when every host has called it.
    func barrier() throws(Diagnostic) {
        var request: OpaquePointer?
        try wait(serre_mpi_barrier(handle, &request), request, "cannot meet the other processes")
    }

    /// Every host's number, in host order.
    private func gatherCounts(_ count: Int) throws(Diagnostic) -> [Int] {
        let width = MemoryLayout<Int>.size
        let mine = withUnsafeBytes(of: count) { Array($0) }
        let all = try gather(
            mine, counts: [Int32](repeating: Int32(width), count: size), offsets: (0..<size).map { Int32($0 * width) },
            size * width)
        return (0..<size).map { host in
            all.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: host * width, as: Int.self) }
        }
    }

    private func gather(
        _ bytes: [UInt8], counts: [Int32], offsets: [Int32], _ total: Int
    ) throws(Diagnostic) -> [UInt8] {
        var all = [UInt8](repeating: 0, count: total)
        let failure = all.withUnsafeMutableBytes { result in
            bytes.withUnsafeBytes { mine in
                attempt { () throws(Diagnostic) in
                    var request: OpaquePointer?
                    let error = serre_mpi_gather_to_all(
                        handle, mine.baseAddress, Int32(mine.count), result.baseAddress, counts, offsets, &request)
                    try wait(error, request, "cannot gather from the processes")
                }
            }
        }
        if let failure { throw failure }
        return all
    }

    private func wait(_ error: Int32, _ request: OpaquePointer?, _ what: String) throws(Diagnostic) {
        try Self.check(error, what)
        var request = MPIRequest(handle: request)
        var pause = Pause()
        let start = ContinuousClock.now
        let calls = rollCall
        isMeeting = true
        defer { isMeeting = false }
        while try !request.hasEnded() {
            pause.next()
            guard pause.isLong else { continue }
            try calls.tend()
            let waited = ContinuousClock.now - start
            if let collectivePatience, waited > collectivePatience { throw try hang(after: waited) }
        }
    }

    fileprivate static func check(_ error: Int32, _ what: @autoclosure () -> String) throws(Diagnostic) {
        guard error != 0 else { return }
        var text = [CChar](repeating: 0, count: 512)
        serre_mpi_describe_error(error, &text, Int32(text.count))
        throw Diagnostic("fabric.mpi", "\(what()): \(string(text))", kind: .failure)
    }
}

/// A non-blocking MPI operation; without a handle it has already ended.
struct MPIRequest {
    fileprivate var handle: OpaquePointer?

    /// Asks MPI, which also lets it work on other operations.
    mutating func hasEnded() throws(Diagnostic) -> Bool {
        guard handle != nil else { return true }
        try MPIWorld.check(serre_mpi_test(&handle), "a message between processes was lost")
        return handle == nil
    }
}

/// Waiting between polls that leaves the core to others: first the scheduler's turn, then sleeps up to 100 µs.
///
/// Processes are often more than cores, and one that polls hard would slow the one it waits for.
struct Pause {
    private var polls = 0

    /// Whether it has waited for more than a moment.
    var isLong: Bool { polls > 64 }

    mutating func next() {
        polls += 1
        if polls <= 64 {
            sched_yield()
        } else {
            var time = timespec(tv_sec: 0, tv_nsec: min(100_000, 2_000 * (polls - 64)))
            nanosleep(&time, nil)
        }
    }
}

/// Runs `body` and returns its error, for closures of functions that cannot throw a typed error.
private func attempt(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) { try body() } catch { return error }
    return nil
}

private func string(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

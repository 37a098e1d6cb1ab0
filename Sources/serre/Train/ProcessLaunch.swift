import ArgumentParser
import Diagnostics
import Fabrics
import Foundation
import Storage
import Synchronization

/// Starts this very command on several processes of this machine by mpirun, passes signals on, and has the last word.
///
/// mpirun ends its processes a second after SIGTERM, and says of a killed one what helps little. So Ctrl-C and SIGTERM become
/// SIGUSR1, on which a run saves and ends, and mpirun is told to be quiet: what is read last is Serre's sentence. An mpirun
/// that outstays its processes is ended.
struct ProcessLaunch {
    let processes: Int

    /// The option's name, which the processes themselves are not given.
    static let option = "--processes"

    /// mpirun refuses root, and more processes than cores, unless told that both are meant; and where processes share
    /// cores, one that waits should leave its core.
    private static let permissions = [
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "OMPI_MCA_mpi_yield_when_idle": "1",
    ]

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        guard !HostProcess.isLaunched(environment) else {
            throw Diagnostic(
                "train.processes", "\(Self.option) starts mpirun, and this process was started by it or by srun",
                remedy: "leave \(Self.option) out")
        }
        let (process, errors, ears) = (Process(), Pipe(), Ears())
        var command = try command()
        process.executableURL = URL(fileURLWithPath: command.removeFirst())
        process.arguments = command
        process.environment = environment.merging(Self.permissions) { own, _ in own }
        process.standardInput = FileHandle.nullDevice
        process.standardError = errors
        try start(process)
        let signals = passSignals(to: process.processIdentifier)
        let watch = LauncherWatch(of: process.processIdentifier)
        while true {
            let piece = errors.fileHandleForReading.availableData
            if piece.isEmpty { break }
            ears.hear(piece)
            try? FileHandle.standardError.write(contentsOf: piece)
        }
        process.waitUntilExit()
        watch.stop()
        for source in signals { source.cancel() }
        try conclude(process, ears, outstayed: watch.hasEndedIt)
    }

    /// mpirun with everything but the option, ended itself when this process is killed.
    private func command() throws(Diagnostic) -> [String] {
        let mpirun = try SystemProgram("mpirun", package: "openmpi-bin").path
        let keeper = SystemProgram(named: "setpriv").map { [$0.path, "--pdeathsig", "TERM"] } ?? []
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "serre"
        return keeper + [mpirun, "--quiet", "-np", "\(processes)", own]
            + Self.remaining(CommandLine.arguments.dropFirst())
    }

    /// The arguments without the option and its value.
    static func remaining(_ arguments: some Collection<String>) -> [String] {
        var (kept, isValue) = ([String](), false)
        for argument in arguments {
            if isValue {
                isValue = false
            } else if argument == option {
                isValue = true
            } else if !argument.hasPrefix(option + "=") {
                kept.append(argument)
            }
        }
        return kept
    }

    private func start(_ process: Process) throws(Diagnostic) {
        do {
            try process.run()
        } catch {
            throw Diagnostic("train.mpirun", "mpirun cannot be started: \(error.localizedDescription)", kind: .failure)
        }
    }

    /// The first signal asks all processes to save and end; a second Ctrl-C or SIGTERM ends them at once.
    private func passSignals(to launcher: Int32) -> [any DispatchSourceSignal] {
        let heard = SignalCount()
        return [SIGINT, SIGTERM, SIGUSR1].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                let isFirst = heard.increment() == 1
                kill(launcher, isFirst || number == SIGUSR1 ? SIGUSR1 : SIGTERM)
            }
            source.resume()
            return source
        }
    }

    /// Ends with the processes' status, and says why they ended if none of them could.
    private func conclude(_ process: Process, _ ears: Ears, outstayed: Bool) throws {
        let status = process.terminationStatus
        let isKilled = process.terminationReason == .uncaughtSignal
        if status == 0, !isKilled { return }
        if !ears.hasHeardAnError {
            let signal = isKilled ? status : status - 128
            let how = signal > 0 && signal < 65 ? "was ended by signal \(signal)" : "has ended with status \(status)"
            let who = isKilled ? "mpirun" : "one of the \(processes) processes"
            let what =
                outstayed
                ? "the \(processes) processes have gone, and mpirun, which had not, was ended" : "\(who) \(how)"
            Console.error("\(what); if the run has saved, go on with: serre train --resume")
        }
        throw ExitCode(status > 0 && status < 128 && !isKilled ? status : 1)
    }
}

/// Listens whether a process has said why it ends.
private final class Ears {
    private(set) var hasHeardAnError = false
    private var tail = Data()
    private static let sign = Data("serre: error: ".utf8)

    func hear(_ piece: Data) {
        tail.append(piece)
        if tail.range(of: Self.sign) != nil { hasHeardAnError = true }
        tail = Data(tail.suffix(Self.sign.count))
    }
}

/// Counts signals across threads.
private final class SignalCount: Sendable {
    private let value = Mutex(0)

    func increment() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

import ArgumentParser
import Diagnostics
import Fabrics
import Foundation

/// A command that runs on all processes of mpirun at once: they begin together, fail together and end together.
enum EveryProcess {
    /// Begins a session on every process, does its work and ends MPI; one process speaks for all when all fail alike.
    static func run<Session, Outcome>(
        begin: (HostProcess) throws(Diagnostic) -> Session, work: (Session) throws(Diagnostic) -> Outcome
    ) throws -> Outcome {
        let process = try HostProcess.start()
        let session: Session
        do throws(Diagnostic) {
            try process.lookOut { Console.error($0.description) }
            session = try begin(process)
        } catch {
            // All processes have heard of the fault: one says so, and all end.
            if process.host == 0 { Console.error(error.description) }
            process.finish()
            throw ExitCode(error.exitStatus)
        }
        let outcome: Outcome
        do throws(Diagnostic) {
            outcome = try work(session)
        } catch {
            // When all fail alike, the lead speaks for them; a process that fails alone speaks after a moment. Where the
            // lead cannot, the one with the lowest number speaks.
            let turns = error.code == "fabric.hang" ? min(process.host, 10) : min(process.host, 1)
            Thread.sleep(forTimeInterval: 2 * Double(turns))
            Console.error(error.description)
            if process.hosts > 1 { process.abort(status: error.exitStatus) }
            throw ExitCode(error.exitStatus)
        }
        process.finish()
        return outcome
    }
}

extension HostProcess {
    /// The session of every process, or the first fault that any of them found: they all throw it.
    ///
    /// A process that failed alone (a file that one node lacks, another command line) must not leave the others waiting.
    /// `identity` is what all of them must have in common.
    func agreed<Session>(
        on identity: (Session) -> String, _ begin: () throws(Diagnostic) -> Session
    ) throws(Diagnostic) -> Session {
        var session: Session?
        var reply: [UInt8]
        var fault: Diagnostic?
        do throws(Diagnostic) {
            let begun = try begin()
            reply = [0] + Array(identity(begun).utf8)
            session = begun
        } catch {
            fault = error
            reply = [error.kind == .badInput ? 2 : 1] + Array(error.description.utf8)
        }
        let replies = try gather(reply)
        if let bad = replies.firstIndex(where: { $0.first != 0 }) {
            let text = String(decoding: replies[bad].dropFirst(), as: UTF8.self)
            let isShared = replies.allSatisfy { $0 == replies[bad] }
            if isShared, let fault { throw fault }
            throw Diagnostic(
                "train.other-process", "process \(bad): \(text)", kind: replies[bad].first == 2 ? .badInput : .failure)
        }
        guard let session, replies.allSatisfy({ $0 == replies[0] }) else {
            throw Diagnostic(
                "train.disagreement",
                "the processes were given different recipes, options, corpora or versions of Serre",
                remedy: "start all of them with the same command and files")
        }
        return session
    }
}

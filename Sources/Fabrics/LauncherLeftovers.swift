import Foundation

/// What Open MPI's processes leave on a machine when they are killed: shared memory, and folders of their launcher.
///
/// Nothing else removes them, and each rank of each job that was killed leaves 4 MiB of the machine's memory. Only what is
/// certain to be dead goes: files of this user and this host, not touched for a minute, that no process has mapped; and
/// folders whose launcher is no more.
struct LauncherLeftovers {
    /// Where shared memory has its names.
    var memory = "/dev/shm"
    /// Where launchers have their folders.
    var sessions = FileManager.default.temporaryDirectory.path
    var processes = "/proc"
    var host = ProcessInfo.processInfo.hostName
    var now = Date()

    /// Removes them where this is the first process of its machine.
    static func sweepOnce(_ environment: [String: String]) {
        // As mpirun and as srun number the processes of a machine.
        guard environment["OMPI_COMM_WORLD_LOCAL_RANK"] ?? environment["SLURM_LOCALID"] == "0" else { return }
        _ = LauncherLeftovers().sweep()
    }

    /// Removes what is dead and returns its paths, sorted. What cannot be removed stays.
    func sweep() -> [String] {
        (deadSegments() + deadSessions()).sorted().filter {
            (try? FileManager.default.removeItem(atPath: $0)) != nil
        }
    }

    /// `vader_segment.HOST.USER.JOB.RANK` of Open MPI 4, `sm_segment.…` of Open MPI 5.
    private func deadSegments() -> [String] {
        let starts = ["vader_segment", "sm_segment"].map { "\($0).\(Self.short(host)).\(geteuid())." }
        let old = names(in: memory).filter { name in starts.contains { name.hasPrefix($0) } }
            .map { "\(memory)/\($0)" }.filter(isAbandoned)
        guard !old.isEmpty, let mapped = mappedFiles() else { return [] }
        return old.filter { !mapped.contains($0) }
    }

    /// `ompi.HOST.USER/pid.LAUNCHER`.
    private func deadSessions() -> [String] {
        let folder = "\(sessions)/ompi.\(Self.short(host)).\(geteuid())"
        return names(in: folder).compactMap { name in
            guard name.hasPrefix("pid."), let process = Int32(name.dropFirst(4)), process > 0 else { return nil }
            let path = "\(folder)/\(name)"
            return !FileManager.default.fileExists(atPath: "\(processes)/\(process)") && isAbandoned(path) ? path : nil
        }
    }

    /// Open MPI cuts a host's name at its first dot.
    private static func short(_ host: String) -> Substring { host.prefix { $0 != "." } }

    private func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// This user's, and old enough that whoever made it has it mapped by now.
    private func isAbandoned(_ path: String) -> Bool {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let owner = attributes[.ownerAccountID] as? NSNumber, let changed = attributes[.modificationDate] as? Date
        else { return false }
        return owner.uint32Value == geteuid() && now.timeIntervalSince(changed) > 60
    }

    /// The files below ``memory`` that any process of this user has mapped; `nil` where processes cannot be seen.
    private func mappedFiles() -> Set<String>? {
        let numbers = names(in: processes).filter { Int32($0) != nil }
        guard !numbers.isEmpty else { return nil }
        var mapped: Set<String> = []
        for number in numbers {
            let place = "\(processes)/\(number)"
            guard let owner = try? FileManager.default.attributesOfItem(atPath: place)[.ownerAccountID] as? NSNumber,
                owner.uint32Value == geteuid()
            else { continue }
            // Read to its end: such a file has no size. One that may not be read belongs to no process of Open MPI's.
            guard let maps = try? FileHandle(forReadingAtPath: place + "/maps")?.readToEnd() else { continue }
            for line in String(decoding: maps, as: UTF8.self).split(separator: "\n") {
                if let start = line.range(of: memory + "/") { mapped.insert(String(line[start.lowerBound...])) }
            }
        }
        return mapped
    }
}

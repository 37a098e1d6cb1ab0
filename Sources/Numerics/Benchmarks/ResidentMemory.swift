import Foundation

/// The memory that this process has in use, as the operating system counts it.
public enum ResidentMemory {
    /// Forgets the peak so far, so that ``peakBytes`` is that of what comes next; returns the bytes resident now.
    public static func resetPeak() -> Int {
        // Where this is not allowed the peak is that of the whole process so far.
        try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
        return bytes(of: "VmRSS")
    }

    /// The most bytes that were resident at once.
    public static var peakBytes: Int { bytes(of: "VmHWM") }

    /// The bytes of them that are pages of files: the program's own code and that of its libraries, as far as it has run.
    public static var fileBytes: Int { bytes(of: "RssFile") }

    private static func bytes(of key: String) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        for line in status.split(separator: "\n") where line.hasPrefix(key + ":") {
            return 1024
                * (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0)
        }
        return 0
    }
}

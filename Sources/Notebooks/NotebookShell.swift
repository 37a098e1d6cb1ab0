import Diagnostics
import Foundation
import Storage

/// Runs the commands of one notebook, in an empty folder that goes with it.
final class NotebookShell {
    let folder: String
    private let home: String
    private let environment: [String: String?]
    private let bash: SystemProgram

    /// Output beyond this is not kept: a notebook is for people.
    private static let bytesMost = 1 << 20

    init(home: String, programs: String) throws(Diagnostic) {
        self.home = home
        bash = try SystemProgram("bash", package: "bash")
        _ = try SystemProgram("timeout", package: "coreutils")
        _ = try SystemProgram("setsid", package: "util-linux")
        folder = try Self.emptyFolder()
        let known = ProcessInfo.processInfo.environment
        var environment: [String: String?] = [:]
        for name in known.keys { environment[name] = .some(nil) }
        for name in ["SERRE_SHARE", "LD_LIBRARY_PATH"] { environment[name] = .some(known[name]) }
        for (name, value) in [
            "HOME": known["HOME"] ?? "/", "PATH": "\(programs):\(known["PATH"] ?? "/usr/bin:/bin")",
            "SERRE_HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC", "COLUMNS": "100", "NO_COLOR": "1",
        ] { environment[name] = value }
        self.environment = environment
    }

    deinit { try? FileManager.default.removeItem(atPath: place) }

    /// The folder of the folder: what the shell itself writes lies beside the commands' files.
    private var place: String { URL(fileURLWithPath: folder).deletingLastPathComponent().path }

    private static func emptyFolder() throws(Diagnostic) -> String {
        let place = NSTemporaryDirectory() + "serre-notebook-\(UUID().uuidString.prefix(8))"
        do {
            try FileManager.default.createDirectory(
                atPath: place + "/here/figures", withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "notebook.folder", "cannot make a folder to run in", at: .init(file: place),
                remedy: "name another place with TMPDIR", kind: .failure)
        }
        return URL(fileURLWithPath: place).resolvingSymlinksInPath().path + "/here"
    }

    /// $1 the command, $2 its seconds, $3 the folder for output, status and group.
    ///
    /// The command gets a session of its own, and no open file but the three that are its own, so that what it leaves
    /// running can be ended and holds nothing up. Signals that this process ignores end the command as they would in a
    /// terminal (`seq 100000 | head`). What is interrupted cleans up.
    private static let wrapper = """
        end() {
            local group i
            group=$(cat "$1/group" 2>/dev/null) || return 0
            kill -TERM -- "-$group" 2>/dev/null || return 0
            for i in $(seq 50); do kill -0 -- "-$group" 2>/dev/null || return 0; sleep 0.1; done
            kill -KILL -- "-$group" 2>/dev/null
        }
        trap 'end "$3"; rm -rf "$3"; exit 130' INT TERM HUP
        rm -f "$3/group" "$3/status" "$3/output"
        (
            for open in /proc/self/fd/*; do
                number=${open##*/}
                [ "$number" -le 2 ] || eval "exec $number>&-"
            done
            exec env --default-signal=PIPE --default-signal=XFSZ timeout -k 5 "$2" setsid bash -c 'echo $$ >"$2/group"; bash -c "$1"; echo $? >"$2/status"' bash "$1" "$3"
        ) </dev/null >"$3/output" 2>&1 &
        wait $!
        end "$3"
        exit 0
        """

    /// What a command prints on both of its outputs, as lines, with `[status]` where that is not 0.
    func run(_ command: String, seconds: Int) throws(Diagnostic) -> [String] {
        _ = try bash.run(
            ["-c", Self.wrapper, "bash", command, "\(seconds)", place], in: folder, environment: environment)
        let text = FileManager.default.contents(atPath: place + "/status").map { String(decoding: $0, as: UTF8.self) }
        guard let status = text.flatMap({ Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) else {
            return ["[took longer than \(seconds) s]"]
        }
        return try printed() + (status == 0 ? [] : ["[\(status)]"])
    }

    private func printed() throws(Diagnostic) -> [String] {
        guard let handle = FileHandle(forReadingAtPath: place + "/output") else { return [] }
        defer { try? handle.close() }
        let size = (try? handle.seekToEnd()) ?? 0
        guard size <= Self.bytesMost else {
            return ["[printed \(size) bytes: more than the \(Self.bytesMost) that a notebook keeps]"]
        }
        try? handle.seek(toOffset: 0)
        let bytes = (try? handle.readToEnd()) ?? Data()
        var lines = cutAtLineFeeds(withoutPlaces(String(decoding: bytes, as: UTF8.self))).map(Self.shown)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines
    }

    /// No path of this machine gets into a notebook.
    private func withoutPlaces(_ text: String) -> String {
        var text = text
        for (path, name) in [(folder, "."), (home, "$SERRE_HOME")] where path != "/" {
            // The whole name of a folder, not the begin of another one's.
            let pattern = NSRegularExpression.escapedPattern(for: path) + "(?![A-Za-z0-9._-])"
            guard let expression = try? NSRegularExpression(pattern: pattern) else { continue }
            text = expression.stringByReplacingMatches(
                in: text, range: NSRange(text.startIndex..., in: text),
                withTemplate: NSRegularExpression.escapedTemplate(for: name))
        }
        return text
    }

    /// The line without space at its end, its control characters as pictures of them.
    private static func shown(_ line: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            let isControl = scalar.value < 32 && scalar != "\t" && scalar != "\r"
            scalars.append(isControl ? Unicode.Scalar(0x2400 + scalar.value) ?? scalar : scalar)
        }
        while let last = scalars.last, last == " " || last == "\t" || last == "\r" { scalars.removeLast() }
        return String(scalars)
    }
}

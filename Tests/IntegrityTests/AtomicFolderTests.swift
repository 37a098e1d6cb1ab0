import Diagnostics
import Foundation
import Synchronization
import Testing

@testable import Integrity

/// A folder appears whole, and takes the place of another one only when it may.
@Suite struct AtomicFolderTests {
    private final class Place {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("serre-folder-\(UUID().uuidString)")
        var output: String { folder.appendingPathComponent("out").path }

        deinit { try? FileManager.default.removeItem(at: folder) }

        func write(_ text: String) throws {
            let folder = try AtomicFolder(output, parts: ["a.txt"], replace: true)
            try folder.fill { (staging) throws(Diagnostic) in
                try AtomicFile.write(Array(text.utf8), to: staging + "/a.txt")
            }
        }

        var text: String? { try? String(contentsOfFile: output + "/a.txt", encoding: .utf8) }
        var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }
    }

    @Test("A full folder is replaced, and nothing else is left beside it")
    func replaced() throws {
        let place = Place()
        for text in ["one", "two", "three"] {
            try place.write(text)
            #expect(place.text == text && place.names == ["out"])
        }
    }

    @Test("Whoever looks while a folder is replaced finds the old one or the new one, never none")
    func neverNone() throws {
        let place = Place()
        try place.write("0")
        let (path, isDone) = (place.output + "/a.txt", Done())
        let looker = Thread {
            while !isDone.isOver.load(ordering: .acquiring) {
                // Opened and not only asked for: a name that is exchanged while it is looked up counts as there.
                let file = open(path, O_RDONLY)
                if file < 0 { isDone.misses += 1 } else { close(file) }
                isDone.looks += 1
            }
            isDone.end.signal()
        }
        looker.start()
        for number in 1...300 { try place.write("\(number)") }
        isDone.isOver.store(true, ordering: .releasing)
        isDone.end.wait()
        #expect(place.text == "300" && isDone.looks > 300)
        #expect(isDone.misses == 0)
    }

    /// Shared with one thread, which is waited for before the counts are read.
    private final class Done: @unchecked Sendable {
        let isOver = Atomic(false)
        var (misses, looks) = (0, 0)
        let end = DispatchSemaphore(value: 0)
    }

    @Test("A folder that holds something else is refused before any work")
    func foreign() throws {
        let place = Place()
        try place.write("one")
        try "mine".write(toFile: place.output + "/notes.txt", atomically: true, encoding: .utf8)
        let refused = #expect(throws: Diagnostic.self) { try place.write("two") }
        #expect(refused?.code == "folder.exists" && refused?.found == "notes.txt")
        #expect(place.text == "one")
    }
}

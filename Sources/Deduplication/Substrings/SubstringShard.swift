/// The text and tables of one shard.
struct SubstringShard: Sendable {
    private let bytesMin: Int
    /// Bytes in the runs among which anchors are chosen.
    private let runBytes: Int
    /// Runs in a window.
    private let runsPerWindow: Int
    /// All texts, each followed by a byte that is in no UTF-8 text, so that no window reaches across two.
    private var bytes = [UInt8]()
    private var anchors = AnchorTable()
    private var met = [MetAnchor]()
    private var lists = StretchLists()
    private var windows: WindowTable
    private var windowCount = WindowCount()
    /// What the stretch at hand repeats.
    private var repeated = [Repeat]()
    /// What reading the anchors' places gave, kept so that they are read.
    private var touched: UInt32 = 0

    init(bytesMin: Int, runBytes: Int) {
        self.bytesMin = bytesMin
        self.runBytes = runBytes
        runsPerWindow = bytesMin - runBytes + 1
        windows = WindowTable(windowBytes: bytesMin)
    }

    var isEmpty: Bool { bytes.isEmpty }
    var textBytes: Int { bytes.count }
    var memoryBytes: Int { bytes.count + anchors.memoryBytes + windowCount.memoryBytes }

    /// Remembers a text of at least `bytesMin` bytes; gives what repeats earlier text, ascending and apart.
    mutating func insert(_ text: [UInt8]) -> [Range<Int>] {
        let start = bytes.count
        bytes.append(contentsOf: text)
        bytes.append(0xFF)
        var found = Repeats(textStart: start, windowBytes: bytesMin)
        var walk = AnchorWalk(runBytes: runBytes, runsPerWindow: runsPerWindow)
        bytes.withUnsafeBufferPointer { bytes in
            walk.forEachAnchor(bytes, start..<start + text.count) { hash, stretch in
                met.append(MetAnchor(hash: hash, stretch: stretch))
                if met.count == Self.anchorsAtOnce { examineAnchors(bytes, &found) }
            }
            examineAnchors(bytes, &found)
        }
        return found.ranges
    }

    /// An anchor, and the windows that have it.
    private struct MetAnchor {
        var hash: UInt64
        var stretch: Stretch
    }

    /// The starts of windows that are the same as those `distance` before them.
    private struct Repeat {
        var starts: Range<Int>
        var distance: Int
    }

    /// Enough that reading their places costs the time of one, few enough to stay in the nearest cache.
    private static let anchorsAtOnce = 64
    /// Longer lists take longer to compare with than a table takes to search.
    private static let listMax = 8

    private mutating func examineAnchors(_ bytes: UnsafeBufferPointer<UInt8>, _ found: inout Repeats) {
        touched = anchors.touch(met.lazy.map(\.hash))
        for anchor in met {
            switch anchors.meet(anchor.hash, anchor.stretch) {
            case .new: break
            case .again(let first):
                for _ in first.starts {
                    windowCount.willSearch()
                    windowCount.add()
                }
                let list = lists.begin(with: first)
                anchors.keep(.list(list, count: 1))
                examine(bytes, anchor.stretch, .list(list, count: 1), &found)
            case .often(let kept): examine(bytes, anchor.stretch, kept, &found)
            }
        }
        met.removeAll(keepingCapacity: true)
    }

    /// The windows of a stretch whose anchor was met before.
    private mutating func examine(
        _ bytes: UnsafeBufferPointer<UInt8>, _ stretch: Stretch, _ kept: AnchorTable.Kept,
        _ found: inout Repeats
    ) {
        let start = found.goOn(bytes, stretch.starts)
        let starts = start..<stretch.starts.upperBound
        guard !starts.isEmpty else { return }
        switch kept {
        case .table:
            windows.lookUp(bytes, starts) { start, first in
                windowCount.willSearch()
                if first == start { windowCount.add() }
                guard first + bytesMin <= start else { return start + 1 }
                found.add(start..<start + 1, earlier: first)
                return found.goOn(bytes, start + 1..<starts.upperBound)
            }
        case .list(let list, let count):
            guard compare(bytes, stretch, starts, list, &found) else { return }
            if count < Self.listMax {
                lists.append(stretch, to: list)
                anchors.keep(.list(list, count: count + 1))
            } else {
                lists.forEach(in: list) { windows.lookUp(bytes, $0.starts) { start, _ in start + 1 } }
                windows.lookUp(bytes, stretch.starts) { start, _ in start + 1 }
                anchors.keep(.table)
            }
        }
    }

    /// Compares windows of a stretch with those of a list; gives whether some are new.
    private mutating func compare(
        _ bytes: UnsafeBufferPointer<UInt8>, _ stretch: Stretch, _ starts: Range<Int>, _ list: UInt32,
        _ found: inout Repeats
    ) -> Bool {
        repeated.removeAll(keepingCapacity: true)
        lists.forEach(in: list) { earlier in
            let (same, distance) = stretch.repeats(earlier, bytes, windowBytes: bytesMin)
            if !same.isEmpty { repeated.append(Repeat(starts: same, distance: distance)) }
        }
        var start = starts.lowerBound
        var isNew = false
        while start < starts.upperBound {
            windowCount.willSearch()
            // The first that has it in the list is the first in the text.
            guard let same = repeated.first(where: { $0.starts.contains(start) }) else {
                windowCount.add()
                isNew = true
                start += 1
                continue
            }
            guard same.distance >= bytesMin else {
                start += 1
                continue
            }
            found.add(start..<start + 1, earlier: start - same.distance)
            start = found.goOn(bytes, start + 1..<starts.upperBound)
        }
        return isNew
    }
}

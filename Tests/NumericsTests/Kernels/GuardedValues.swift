import Glibc

/// Floats that end where a page begins that may be neither read nor written.
final class GuardedValues {
    let values: UnsafeMutablePointer<Float>
    private let count: Int
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int

    struct MappingRefused: Error {}

    init(_ content: [Float]) throws {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let bytes = content.count * MemoryLayout<Float>.stride
        let readable = (bytes + page - 1) / page * page
        mappedBytes = readable + page
        guard let mapping = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapping != MAP_FAILED, mprotect(mapping + readable, page, PROT_NONE) == 0
        else { throw MappingRefused() }
        self.mapping = mapping
        count = content.count
        values = (mapping + readable - bytes).bindMemory(to: Float.self, capacity: content.count)
        values.initialize(from: content, count: content.count)
    }

    deinit { munmap(mapping, mappedBytes) }

    func copy() -> [Float] { Array(UnsafeBufferPointer(start: values, count: count)) }
}

import Foundation

/// Why the system does not let a path be read, such as `Too many levels of symbolic links`.
///
/// For messages: it tries again, and so says of a path that can be read by now that nothing is known.
package func reasonUnreadable(_ path: String) -> String {
    let handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard handle >= 0 else { return String(cString: strerror(errno)) }
    defer { close(handle) }
    var status = stat()
    guard fstat(handle, &status) == 0 else { return String(cString: strerror(errno)) }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return String(cString: strerror(EISDIR))
    case S_IFREG: return "the system gives no reason"
    default: return "it is not a regular file"
    }
}

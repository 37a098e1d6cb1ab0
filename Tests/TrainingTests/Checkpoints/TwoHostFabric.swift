import Diagnostics
import Fabrics

/// Host 0 of two, of which the other holds no rank, and says that it failed when the test asks for it.
final class TwoHostFabric: Fabric {
    private let local: LocalFabric
    var otherHostFails = false

    init() throws(Diagnostic) { local = try LocalFabric(ranks: 1) }

    var placement: Placement { local.placement }
    var host: Int { local.host }
    var bytesHeld: Int { local.bytesHeld }
    var bytesHeldMost: Int { local.bytesHeldMost }
    var messagesHeld: Int { local.messagesHeld }

    func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) { local.send(payload, from: from, to: to, tag: tag) }
    func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        try local.take(from: from, to: to, tag: tag)
    }
    func idle() throws(Diagnostic) { try local.idle() }
    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] { bytes }

    /// A reply of the exchange that saving makes begins with 0 when all is well and with 1 when not, then comes the list of
    /// files, after its length where a thread has written it; the other host has nothing to add to other exchanges.
    func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] {
        otherHostFails && bytes.first == 0 && [1, 9].contains { bytes.count > $0 && bytes[$0] == UInt8(ascii: "[") }
            ? [bytes, [1] + Array("no space".utf8)] : [bytes]
    }

    func barrier() throws(Diagnostic) {}
    func finish() {}
    func abort(status: Int32) -> Never { local.abort(status: status) }
}

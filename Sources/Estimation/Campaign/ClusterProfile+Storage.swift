import ClusterProfiles

extension ClusterProfile {
    /// What a job of so many nodes writes to the storage at most: the storage's own rate, or all that its nodes can send.
    func writeBytesPerSecond(nodes: Int) -> Double {
        min(storage.writeBytesPerSecond, Double(nodes) * interNode.bytesPerSecondPerNode)
    }

    /// The same of reading.
    func readBytesPerSecond(nodes: Int) -> Double {
        min(storage.readBytesPerSecond, Double(nodes) * interNode.bytesPerSecondPerNode)
    }
}

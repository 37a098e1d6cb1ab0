import ClusterProfiles

/// How fast a disk is.
struct StorageSpeed: Sendable {
    var writeBytesPerSecond: Double
    var readBytesPerSecond: Double
    var operationSeconds: Double

    init(writeBytesPerSecond: Double, readBytesPerSecond: Double, operationSeconds: Double) {
        self.writeBytesPerSecond = writeBytesPerSecond
        self.readBytesPerSecond = readBytesPerSecond
        self.operationSeconds = operationSeconds
    }

    /// That of a cluster.
    init(_ profile: ClusterProfile) {
        self.init(
            writeBytesPerSecond: 1e9 * profile.storage.writeGigabytesPerSecond.value,
            readBytesPerSecond: 1e9 * profile.storage.readGigabytesPerSecond.value,
            operationSeconds: 1e-3 * profile.storage.latencyMilliseconds.value)
    }
}

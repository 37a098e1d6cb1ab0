extension Program {
    /// The buffers of another engine's loss: what it keeps for the backward, and works with in forward and backward.
    static let logitsName = "logits"
    static let storedLogitsName = "logits as stored"
    static let logitGradientName = "logits' gradient"

    /// The program as it holds memory when a compiler fuses the loss, which then works on the logits as they are stored.
    ///
    /// - Parameter share: of what a loss in float32 holds more than that, how much is saved.
    public func fusingLoss(_ share: Double) -> Program {
        guard let kept = buffers.first(where: { $0.name == Self.logitsName }),
            let stored = buffers.first(where: { $0.name == Self.storedLogitsName }),
            // Kept in 4 bytes each, and declared in units of 2.
            stored.count > kept.count
        else { return self }
        let logits = kept.count / 2
        var fused = self
        for index in fused.buffers.indices
        where [Self.logitsName, Self.storedLogitsName, Self.logitGradientName].contains(fused.buffers[index].name) {
            let more = Double(fused.buffers[index].count - logits)
            fused.buffers[index].count = logits + Int((1 - share) * more)
        }
        return fused
    }
}

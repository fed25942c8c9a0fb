/// How long things last, in seconds.
struct RotationLifetimes: Sendable, Equatable {
    /// A leaf's whole life.
    var leaf: Int
    /// How long every caBundle has to hold a CA before it signs: API servers learn of a change by their watches.
    var settle: Int
    /// How far the clocks of two replicas may differ, and what a write to the API server may take.
    var slack = 300
}

extension AuthorityRecord {
    /// How many CAs are kept that signed before; a rotation beyond them waits, so that no caBundle grows without end.
    static let maximumPrevious = 8

    /// When two thirds of the signing CA's life are over, as cert-manager has it.
    var successorDueAt: Int {
        let certificate = current.certificate
        return certificate.notBefore + (certificate.notAfter - certificate.notBefore) / 3 * 2
    }

    /// When no leaf of an earlier CA can be valid any more.
    ///
    /// A leaf never outlives the last reading of the Secret that named its CA by more than a leaf's life. Where nobody
    /// knows when that CA was replaced, it is trusted to its end.
    func previousDroppableAt(_ lifetimes: RotationLifetimes) -> Int {
        let lastEnd = previous.map(\.notAfter).max() ?? 0
        guard let promotedAt else { return lastEnd + 1 }
        return min(promotedAt + lifetimes.leaf + lifetimes.slack, lastEnd + 1)
    }
}

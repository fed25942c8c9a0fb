import Basics
import Testing

@Suite("How often something may happen")
struct TokenBucketTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let why: String
        /// Attempts at these seconds.
        let at: [Int]
        let taken: [Bool]
        var testDescription: String { why }
    }

    @Test(
        "Three at once, then one in ten seconds",
        arguments: [
            Row(why: "a burst", at: [0, 0, 0, 0], taken: [true, true, true, false]),
            Row(
                why: "one comes back after an interval",
                at: [0, 0, 0, 9, 10, 10],
                taken: [true, true, true, false, true, false]
            ),
            Row(
                why: "a refusal costs nothing",
                at: [0, 0, 0, 5, 5, 10],
                taken: [true, true, true, false, false, true]
            ),
            Row(
                why: "no more than the burst is saved up",
                at: [0, 9999, 9999, 9999, 9999],
                taken: [true, true, true, true, false]
            ),
            Row(why: "slowly there is always one", at: [0, 10, 20, 30, 40], taken: [true, true, true, true, true]),
        ]
    )
    func attempts(row: Row) {
        let start = ContinuousClock.now
        var bucket = TokenBucket(burst: 3, interval: .seconds(10))
        let taken = row.at.map { bucket.take(at: start + .seconds($0)) }
        #expect(taken == row.taken)
    }

    @Test("The wait is exact")
    func waits() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(burst: 2, interval: .seconds(10))
        #expect(bucket.wait(at: start) == .zero)
        for _ in 0..<2 { #expect(bucket.take(at: start) == true) }
        #expect(bucket.wait(at: start + .seconds(3)) == .seconds(7))
        #expect(bucket.take(at: start + .seconds(10)) == true)
    }
}

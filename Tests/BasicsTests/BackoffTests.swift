import Basics
import Testing

@Suite("Back-off")
struct BackoffTests {
    @Test(arguments: [
        (0, 0.5, 1.0), (1, 1, 2), (2, 2, 4), (3, 4, 8), (4, 8, 16), (5, 15, 30), (60, 15, 30), (200, 15, 30),
    ])
    func pausesGrow(failures: Int, shortest: Double, longest: Double) {
        for (chance, expected) in [(0, shortest), (1, longest)] {
            var backoff = Backoff()
            for _ in 0..<failures { _ = backoff.next(chance: 0.5) }
            #expect(backoff.next(chance: Double(chance)) == .seconds(expected))
            backoff.reset()
            #expect(backoff.next(chance: 0) == .seconds(0.5))
        }
    }
}

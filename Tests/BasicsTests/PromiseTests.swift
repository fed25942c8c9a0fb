import Basics
import Testing

@Suite struct PromiseTests {
    @Test func firstValueCounts() async {
        let shot = Promise<Int>()
        async let waiting = shot.value()
        shot.fulfill(1)
        shot.fulfill(2)
        #expect(await waiting == 1)
        #expect(await shot.value() == 1)
    }

    @Test func cancelledWaiterGoesOnAlone() async {
        let shot = Promise<Int>()
        await withTaskGroup(of: Int?.self) { group in
            group.addTask { await shot.value() }
            group.cancelAll()
            #expect(await group.next() == .some(nil))
        }
        shot.fulfill(7)
        #expect(await shot.value() == 7)
    }
}

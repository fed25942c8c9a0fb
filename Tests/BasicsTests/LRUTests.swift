import Basics
import Testing

@Suite struct LRUTests {
    @Test func oldestGoesFirst() {
        var cache = LRU<Int, String>(entries: 3)
        for key in 0..<3 { cache.insert("\(key)", for: key) }
        #expect(cache.value(for: 0) == "0")
        cache.insert("3", for: 3)
        #expect(cache.value(for: 1) == nil, "used longest ago")
        #expect([0, 2, 3].allSatisfy { cache.value(for: $0) == "\($0)" })
        cache.insert("new", for: 0)
        #expect(cache.count == 3 && cache.value(for: 0) == "new")
    }

    @Test func costIsBounded() {
        var cache = LRU<Int, Int>(entries: 100, cost: 10)
        for key in 0..<5 { cache.insert(key, for: key, cost: 4) }
        #expect(cache.count == 2 && cache.cost == 8)
        cache.insert(9, for: 9, cost: 11)
        #expect(cache.value(for: 9) == nil && cache.count == 2, "larger than all of it")
    }

    /// The same operations on a slow and obvious model.
    @Test func againstAModel() {
        var random = SystemRandomNumberGenerator()
        var cache = LRU<Int, Int>(entries: 8)
        var model: [(key: Int, value: Int)] = []
        for step in 0..<5000 {
            let key = Int.random(in: 0..<16, using: &random)
            let index = model.firstIndex { $0.key == key }
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                #expect(cache.value(for: key) == index.map { model[$0].value })
                if let index { model.append(model.remove(at: index)) }
            case 1:
                cache.insert(step, for: key)
                if let index { model.remove(at: index) }
                model.append((key, step))
                if model.count > 8 { model.removeFirst() }
            default:
                cache.remove(key)
                if let index { model.remove(at: index) }
            }
            #expect(cache.count == model.count)
        }
    }
}

@Suite("A map that forgets")
struct ForgettingMapTests {
    @Test("It never holds more than its limit, and keeps what is used")
    func bounds() {
        var map = LRU<Int, Int>(entries: 10)
        for number in 0..<1000 {
            map.insert(number, for: number)
            #expect(map.value(for: 0) == 0)
            #expect(map.count <= 10)
        }
        #expect(map.value(for: 999) == 999)
        #expect(map.value(for: 900) == nil)
    }

    @Test("At least the newest half is there")
    func newestHalf() {
        var map = LRU<Int, Int>(entries: 10)
        for number in 0..<100 {
            map.insert(number, for: number)
            for recent in max(0, number - 4)...number { #expect(map.value(for: recent) == recent) }
        }
    }

    @Test("An entry set again is one entry, and one removed is none")
    func oneEach() {
        var map = LRU<Int, Int>(entries: 4)
        for number in 0..<4 { map.insert(number, for: number) }
        map.insert(9, for: 0)
        #expect(map.value(for: 0) == 9)
        map.remove(0)
        #expect(map.value(for: 0) == nil)
    }
}

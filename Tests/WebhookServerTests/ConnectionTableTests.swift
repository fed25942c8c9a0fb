import NIOCore
import Synchronization
import Testing

@testable import WebhookServer

@Suite("Which connection makes room")
struct ConnectionTableTests {
    /// The steps of a connection before the next one needs room.
    enum Step: Sendable {
        case nothing, handshake, header, responding, review
    }

    private static func time(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000_000) + .seconds(seconds)
    }

    private static func table(connections: Int, bytes: Int = 100) -> ConnectionTable {
        var limits = ServerLimits()
        limits.connections = connections
        limits.bufferedBytes = bytes
        return ConnectionTable(limits: limits)
    }

    private static func apply(
        _ step: Step,
        to id: ConnectionTable.ID,
        of table: inout ConnectionTable,
        at now: NIODeadline
    ) {
        switch step {
        case .nothing: break
        case .handshake: table.step(id, to: .waiting, now: now)
        case .header: table.step(id, to: .reading, now: now)
        case .responding: table.step(id, to: .responding, now: now)
        case .review:
            table.step(id, to: .waiting, now: now)
            table.broughtReview(id)
        }
    }

    @Test(
        arguments: [
            ([.nothing, .nothing, .nothing], 0, "the oldest"),
            ([.handshake, .nothing, .nothing], 1, "a handshake is a step"),
            ([.header, .handshake, .nothing], 2, "a connection that sends nothing"),
            ([.review, .header, .handshake], 1, "one without a review before one with"),
            ([.review, .responding, .responding], 0, "a review does not keep it forever"),
            ([.review, .review, .responding], 0, "of those with a review, the one that has been silent longest"),
            ([.responding, .responding, .responding], nil, "the server works on all of them"),
        ] as [([Step], Int?, String)]
    )
    func connections(steps: [Step], evicted: Int?, why: String) {
        var table = Self.table(connections: steps.count)
        let gone = Mutex<[Int]>([])
        var ids: [ConnectionTable.ID] = []
        for index in steps.indices {
            let (id, room) = table.open(now: Self.time(Int64(index))) { gone.withLock { $0.append(index) } }
            #expect(room.isGranted)
            ids.append(id)
        }
        for (index, step) in steps.enumerated() {
            Self.apply(step, to: ids[index], of: &table, at: Self.time(Int64(10 + index)))
        }
        let (_, room) = table.open(now: Self.time(20)) {}
        for evict in room.evictions { evict() }
        #expect(gone.withLock { $0 } == (evicted.map { [$0] } ?? []), "\(why)")
        #expect(room.isGranted == (evicted != nil))
        #expect(
            table.count == steps.count + (evicted == nil ? 1 : 0),
            "a surplus connection counts, because it is open"
        )
    }

    @Test("A body displaces the bodies of connections that have been silent longer, and no others")
    func bodies() {
        var table = Self.table(connections: 10, bytes: 100)
        let gone = Mutex<[String]>([])
        func open(_ name: String, at seconds: Int64) -> ConnectionTable.ID {
            let (id, _) = table.open(now: Self.time(seconds)) { gone.withLock { $0.append(name) } }
            table.step(id, to: .reading, now: Self.time(seconds))
            return id
        }
        func reserve(_ bytes: Int, _ id: ConnectionTable.ID) -> Bool {
            let room = table.reserve(bytes, for: id)
            for evict in room.evictions { evict() }
            return room.isGranted
        }
        let first = open("first", at: 1)
        let second = open("second", at: 2)
        let working = open("working", at: 0)
        #expect(reserve(30, first) && reserve(30, second) && reserve(30, working))
        table.step(working, to: .responding, now: Self.time(3))
        let third = open("third", at: 4)
        #expect(reserve(50, third))
        #expect(gone.withLock { $0 } == ["first", "second"])
        #expect(!reserve(1, first), "an evicted connection reserves nothing")
        #expect(!reserve(50, third), "nobody else has been silent longer")
        table.releaseBody(working)
        #expect(reserve(50, third))
        table.close(third)
        let fourth = open("fourth", at: 5)
        #expect(reserve(100, fourth), "the end of a connection gives its memory back")
        let old = table.open(now: Self.time(1)) {}
        #expect(!reserve(1, old.id), "an older one does not displace a newer one")
        #expect(gone.withLock { $0 } == ["first", "second"])
    }
}

import PodAdmission
import Testing

@testable import ImageRegistry

@Suite("The bodies of all responses together", .timeLimit(.minutes(1)))
struct BodyBudgetTests {
    @Test func firstPartIsFree() {
        let budget = BodyBudget(limit: 100)
        var large: BodyBudget.Reservation? = BodyBudget.Reservation(budget)
        let small = BodyBudget.Reservation(budget)
        #expect(large?.grow(to: BodyBudget.free + 60) == true)
        #expect(large?.grow(to: BodyBudget.free + 100) == true, "only the growth counts")
        #expect(large?.grow(to: BodyBudget.free + 101) == false)
        #expect(small.grow(to: BodyBudget.free))
        #expect(!small.grow(to: BodyBudget.free + 1))
        large = nil
        #expect(small.grow(to: BodyBudget.free + 100), "the end of a response gives its room back")
    }

    @Test func largeBodiesDoNotStopSmallOnes() async throws {
        try await FakeRegistry.run { registry in
            let small = Fixture.image(Fixture.config())
            registry.put("small", tag: "v1", small, Fixture.config())
            let padding = String(repeating: "x", count: 100 << 10)
            registry.put("large", tag: "v1", Fixture.image(Fixture.config(), annotations: #"{"a":"\#(padding)"}"#))
            var configuration = try registry.configuration()
            configuration.bodyBytes = 50 << 10
            try await ImageInspector.withInspector(configuration) { inspector in
                for _ in 0..<2 {
                    let reason = await inspector.answer("\(registry.host)/large:v1")?.reason
                    #expect(reason?.code == .overloaded, "it says nothing about the image, so it is asked again")
                }
                let answer = await inspector.answer("\(registry.host)/small:v1")
                #expect(answer?.reason == nil)
            }
            configuration.bodyBytes = 200 << 10
            registry.put("large", Fixture.config())
            try await ImageInspector.withInspector(configuration) { inspector in
                for _ in 0..<5 {
                    let answer = await inspector.answer("\(registry.host)/large:v1")
                    #expect(answer?.reason == nil)
                }
            }
        }
    }
}

import Testing

@testable import PodAdmission

@Suite("Variables in command and args")
struct VariableExpansionTests {
    private func container(_ environment: [EnvironmentVariable], from elsewhere: Bool = false) -> Container {
        Container(name: "app", image: nil, environment: environment, hasEnvironmentFrom: elsewhere)
    }

    @Test(
        arguments: [
            ("$(A)/$(B)", "/x/$(C)", "the value of B, which stays as it was written before C is set"),
            ("$(D)", "/x/y", "a variable through another one"),
            ("$$(A)", "$(A)", "an escaped reference"),
            ("$$$(A)", "$/x", "an escaped dollar before a reference"),
            ("$(A", "$(A", "a reference without its end"),
            ("$A", "$A", "a shell's reference is none"),
            ("a$", "a$", "a dollar at the end"),
            ("$(S)", "$(S)", "a variable that refers to itself is not defined yet there"),
            ("$(NONE)", "$(NONE)", "a variable that is not defined"),
            ("$(T)", "2", "the last of two entries with one name"),
            ("$()", "$()", "a reference without a name"),
        ]
    )
    func expandsAsTheKubelet(word: String, expected: String, why: String) {
        let container = container([
            EnvironmentVariable(name: "A", value: "/x"),
            EnvironmentVariable(name: "B", value: "$(C)"),
            EnvironmentVariable(name: "C", value: "y"),
            EnvironmentVariable(name: "D", value: "$(A)/$(C)"),
            EnvironmentVariable(name: "S", value: "$(S)"),
            EnvironmentVariable(name: "T", value: "1"),
            EnvironmentVariable(name: "T", value: "2"),
        ])
        let result = VariableExpansion.expand(word, in: container)
        #expect(result == .text(expected), "\(why)")
    }

    @Test(
        arguments: [
            ("$(SECRET)", true, "the whole word"),
            ("/bin/$(SECRET)", true, "its end"),
            ("/$(SECRET)/app.wasm", false, "the end is known"),
            ("$(SECRET)wasm", true, "the end may be .wasm"),
            ("$$(SECRET)", false, "an escaped reference"),
            ("$(BEHIND)", true, "a variable that depends on it"),
        ]
    )
    func knowsWhenAValueIsElsewhere(word: String, isUnknown: Bool, why: String) {
        let container = container([
            EnvironmentVariable(name: "SECRET"),
            EnvironmentVariable(name: "BEHIND", value: "/bin/$(SECRET)"),
        ])
        let result = VariableExpansion.expand(word, in: container)
        #expect(
            (result == .unknown(variable: "SECRET") || result == .unknown(variable: "BEHIND")) == isUnknown,
            "\(why)"
        )
    }

    @Test func anyNameCanComeFromEnvFrom() {
        let container = container([EnvironmentVariable(name: "A", value: "a.wasm")], from: true)
        #expect(VariableExpansion.expand("$(A)", in: container) == .text("a.wasm"))
        #expect(VariableExpansion.expand("$(B)", in: container) == .unknown(variable: "B"))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [20, 50_000])
    func valuesThatDoubleAreBounded(count: Int) {
        let doubling = (1..<count).map { EnvironmentVariable(name: "V\($0)", value: "$(V\($0 - 1))$(V\($0 - 1))") }
        let container = container([EnvironmentVariable(name: "V0", value: "0123456789")] + doubling)
        let last = "V\(count - 1)"
        #expect(VariableExpansion.expand("$(\(last))", in: container) == .unknown(variable: last))
        #expect(VariableExpansion.expand("$(V1)", in: container) == .text("01234567890123456789"))
    }

    @Test(.timeLimit(.minutes(1))) func openReferencesAreReadOnce() {
        let word = String(repeating: "$(", count: 700_000)
        #expect(VariableExpansion.expand(word, in: container([])) == .text(word))
    }
}

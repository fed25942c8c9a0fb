import Basics
import PodAdmission
import Testing

/// The README's table of checks is the table in the code.
@Suite struct ReadmeTests {
    struct Row: Equatable {
        var code: String
        var action: String
        var reason: String
        var remedy: String
    }

    @Test func tableOfChecks() throws {
        let text = try Repository.text("README.md")
        let heading = try #require(text.firstRange(of: "| code | default | when | remedy |"))
        let lines = text[heading.upperBound...].split(separator: "\n").dropFirst().prefix { $0.hasPrefix("|") }
        let rows = lines.map { line in
            let cells = line.split(separator: "|").map(\.trimmed)
            return Row(
                code: cells[0].replacing("`", with: ""),
                action: String(cells[1].prefix { $0.isLetter }),
                reason: cells[2],
                remedy: cells[3]
            )
        }
        let checks = Check.all.map {
            Row(code: $0.code.rawValue, action: $0.defaultAction.rawValue, reason: $0.reason, remedy: $0.remedy)
        }
        #expect(rows.map(\.code) == checks.map(\.code), "the same checks, in the same order")
        for (row, check) in zip(rows, checks) { #expect(row == check) }
    }
}

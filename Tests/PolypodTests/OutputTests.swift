import Foundation
import PodAdmission
import Testing

@testable import polypod

@Suite("Output")
struct OutputTests {
    let terminal = Terminal(plainOfWidth: 80)

    @Test func alignsTableColumns() {
        let table = Table(rows: [["A", "LONGER", "C"], ["one", "2", "three"], ["1", "22", ""]])
        let lines = ["  A    LONGER  C", "  one  2       three", "  1    22      ", ""]
        #expect(
            table.text(for: terminal, indent: 2).split(separator: "\n", omittingEmptySubsequences: false)
                == lines.map { $0[...] }
        )
    }

    @Test func writesPlainTextOutsideATerminal() {
        #expect(terminal.styled("x", .denied) == "x")
        #expect(terminal.cross == "x" && terminal.arrow == "->" && terminal.dot == ", ")
    }

    @Test(
        arguments: [
            ("abc", "abc"), ("a b", "'a b'"), ("", "''"), ("it's", "'it'\\''s'"), ("a\u{1B}[31m", "'a?[31m'"),
            ("$(x)", "'$(x)'"),
        ])
    func quotesWordsForAShell(text: String, quoted: String) {
        #expect(text.shellQuoted == quoted)
    }

    @Test func roundsDurations() {
        #expect(Duration.milliseconds(414).secondsText == "0.41")
        #expect(Duration.milliseconds(1995).secondsText == "2.00")
        #expect(Duration.milliseconds(5).secondsText == "0.01")
    }

    @Test func namesThePlaceOfBadInput() {
        #expect(BadInput(file: "f", line: 3, field: "a.b", reason: "no").description == "f:3: a.b: no")
        #expect(BadInput(file: "f", reason: "no").description == "f: no")
    }
}

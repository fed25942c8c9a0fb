import Foundation
import Manifests
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

    @Test(
        arguments: [
            ("plain", "plain", "nothing to drop"),
            ("a\u{1B}[31mb", "a[31mb", "an escape sequence loses its escape"),
            ("a\rb\u{8}c\u{7}", "abc", "carriage return, backspace and bell"),
            ("a\u{9B}2Jb", "a2Jb", "CSI as one C1 control character"),
            ("a\u{202E}b\u{2066}c", "abc", "overrides and isolates of the writing direction"),
            ("a\nb", "a\nb", "a line feed stays"),
            ("größe ✓", "größe ✓", "letters and symbols stay"),
        ])
    func dropsControlCharacters(text: String, written: String, reason: Comment) {
        let coloured = Terminal(plainOfWidth: 80, isColoured: true)
        #expect(terminal.rendered(text) == written, reason)
        #expect(coloured.rendered(coloured.styled(text, .denied)) == "\u{1B}[1;31m\(written)\u{1B}[0m", reason)
    }

    @Test(arguments: Terminal.Style.allCases) func rendersEveryStyle(style: Terminal.Style) {
        let coloured = Terminal(plainOfWidth: 80, isColoured: true)
        #expect(coloured.rendered(coloured.styled("x", style)) == "\u{1B}[\(style.rawValue)mx\u{1B}[0m")
    }

    @Test func stopsReadingAtTheLimit() throws {
        #expect {
            try ManifestFiles.text(of: "/dev/zero")
        } throws: { error in
            (error as? BadInput)?.description == "/dev/zero: cannot be read: longer than 16 MiB"
        }
    }

    @Test func refusesAPipeInAFolder() throws {
        try withFiles(["a.yaml": "kind: Pod"]) { folder in
            try #require(mkfifo("\(folder)/b.yaml", 0o600) == 0)
            #expect {
                try ManifestFiles.files(at: folder)
            } throws: { error in
                (error as? BadInput)?.description == "\(folder)/b.yaml: not a regular file"
            }
        }
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

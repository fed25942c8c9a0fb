import Basics
import JSON
import PodAdmission
import Testing
import Yams

@testable import Manifests

@Suite("Manifests in YAML")
struct YAMLTests {
    static let scalars: [(String, JSONValue, String)] = [
        ("a: 1", ["a": 1], "a number"), ("a: \"1\"", ["a": "1"], "a quoted number is a string"),
        ("a: true", ["a": true], "a boolean"), ("a: 'true'", ["a": "true"], "a quoted boolean is a string"),
        ("a: yes", ["a": true], "YAML 1.1's other words for true, as in kubectl"),
        ("a:", ["a": .null], "an empty value is null"), ("a: ~", ["a": .null], "a tilde is null"),
        ("a: 0x1F", ["a": 31], "hexadecimal"), ("a: 12:30", ["a": "12:30"], "a time of day"),
        ("a: [1:2:3, \"22:22\"]", ["a": ["1:2:3", "22:22"]], "no numbers with base 60"),
        ("a: 1.50", ["a": .number("1.50")], "a number is not rounded"),
        ("a: 2001-01-01", ["a": "2001-01-01"], "a date is a string in JSON"),
        ("a: &x {b: 1}\nc: *x", ["a": ["b": 1], "c": ["b": 1]], "an alias"),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, b: 3}", ["a": ["b": 1, "c": 2], "d": ["b": 3, "c": 2]], "a merge"),
        ("a: |\n  x\n  y\n", ["a": "x\ny\n"], "a block"), ("{\"a\": [1, null]}", ["a": [1, .null]], "JSON is YAML"),
    ]

    @Test(arguments: scalars)
    func reads(text: String, value: JSONValue, why: String) throws {
        #expect(try YAMLReader.documents(in: text, file: "f").map(\.value) == [value], "\(why)")
    }

    static let marks: [(String, JSONValue, String)] = [
        ("a: \"\u{FEFF}x\"", ["a": "\u{FEFF}x"], "a mark at the start of a value"),
        ("a: \u{FEFF}x\u{FEFF}", ["a": "\u{FEFF}x\u{FEFF}"], "the same without quotes, and one behind it"),
        (#"a: "\uFEFFx""#, ["a": "\u{FEFF}x"], "escaped, as kubectl writes the files of a ConfigMap"),
        (#"a: "\ufEfFx""#, ["a": "\u{FEFF}x"], "escaped with other digits"),
        (#"a: "\U0000FEFFx""#, ["a": "\u{FEFF}x"], "escaped with eight digits"),
        (#"a: '\uFeffx'"#, ["a": #"\uFeffx"#], "no escape between such quotes"),
        (#"a: "\\uFeffx""#, ["a": #"\uFeffx"#], "a backslash that is itself escaped"),
        ("a: |\n  \u{FEFF}<x>\n", ["a": "\u{FEFF}<x>\n"], "a block that starts with one"),
        ("\"\u{FEFF}a\": \u{E010}", ["\u{FEFF}a": "\u{E010}"], "a key, beside a character for private use"),
        ("\u{FEFF}a: \u{FEFF}\n---\n", ["a": "\u{FEFF}"], "one that starts the text is none of a value"),
        ("\u{FEFF}\u{FEFF}\u{FEFF}a", "\u{FEFF}a", "the parser passes over two at the start, as kubectl's does"),
    ]

    @Test(arguments: marks)
    func keepsByteOrderMarks(text: String, value: JSONValue, why: String) throws {
        #expect(try YAMLReader.documents(in: text, file: "f").map(\.value) == [value], "\(why)")
    }

    @Test func readsEveryDocumentWithItsLine() throws {
        let documents = try YAMLReader.documents(in: "# only a comment\n---\na: 1\n---\n---\n\nb: 2\n", file: "f")
        #expect(documents.map(\.line) == [3, 7])
    }

    @Test(
        arguments: [
            ("a: [1", 2, "a list without an end"),
            ("a: 1\n0.5: a\n! 0.5: b", 3, "a number and a string that are one key in JSON"),
            ("x:\n  a: 1\n  a: 3", 2, "a duplicate key: the line of its mapping"),
            ("a: 1\n\tb: 2", 2, "a tab"), ("a: .inf", 1, "a number that JSON cannot express"),
            ("a: *x", 1, "an alias without an anchor"), ("[1]: 2", 1, "a key that is not a string"),
        ])
    func reportsTheLineOfAnError(text: String, line: Int, why: String) {
        let error = #expect(throws: BadInput.self, "\(why)") { try YAMLReader.documents(in: text, file: "f") }
        #expect(error?.line == line, "\(why): \(error?.description ?? "")")
    }

    @Test func boundsTheExpansionOfAliases() {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...8 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        #expect(throws: BadInput.self) { try YAMLReader.documents(in: text, file: "f") }
    }

    /// Lists that stand for 10^9 values, by anchors `a0` to `a8`.
    private static let bomb =
        "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + (1...8).map { level in
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",")
            return "a\(level): &a\(level) [\(aliases)]\n"
        }.joined()

    // Without its limit the parser would compute the hash of each key for minutes.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: [
            ("*a8 : v", "an alias as a key"), ("? *a8\n: v", "an explicit key"), ("b: {*a8 : v}", "a key in braces"),
            ("b: {? [*a7, *a8] : v}", "an explicit key in braces"), ("[*a8]: v", "a list as a key"),
            ("{b: *a8}: v", "a mapping as a key"), ("?\n  - *a8\n: v", "a key on its own line"),
            ("&b [*a8] : v", "a key with an anchor"), ("!!seq [*a8]\t: v", "a key with a tag, and a tab"),
        ]
    )
    func refusesKeysWithNestedAliases(text: String, why: String) {
        let error = #expect(throws: BadInput.self) {
            try YAMLReader.documents(in: Self.bomb + text, file: "f")
        }
        #expect(error?.line ?? 0 >= 10, "\(why): \(error?.description ?? "")")
    }

    @Test(
        arguments: [
            ("a: &a x\n*a : 1", ["a": "x", "x": 1], "an alias of a word as a key"),
            (
                "a: |\n  case *x) ;; esac\n  b[i]: 1", ["a": "case *x) ;; esac\nb[i]: 1"],
                "a script that looks like a key"
            ),
            ("a: &x [1]\nb: [*x, *x]\nc: why? yes", ["a": [1], "b": [[1], [1]], "c": "why? yes"], "a question"),
        ] as [(String, JSONValue, String)]
    )
    func readsKeysAndAliasesThatAreSmall(text: String, value: JSONValue, why: String) throws {
        #expect(try YAMLReader.documents(in: text, file: "f").map(\.value) == [value], "\(why)")
    }

    @Test func reportsTheLineOfAField() throws {
        let text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    image: 5\n"
        let document = try #require(try YAMLReader.documents(in: text, file: "f").first)
        let error = #expect(throws: FieldError.self) { try Workload(document.value) }
        let bad = document.badInput(try #require(error))
        #expect(bad.description == "f:6: spec.containers[0].image: expected a string, found a number")
    }

    static let texts = [
        "plain", "true", "no", "null", "~", "", "1", "0x1", "1e3", "1_000", "2001-01-01", "a: b", "- x", "#c", "a #b",
        "{\"a\":1}", "@x", "`x", "%x", "multi\nline\n", "multi\nline", " lead", "trail ", "tab\there", "ünï", "*x",
        "&x",
        "!x", "10.96.0.10", "12:30", "22:22", "crun-wasmedge", "ghcr.io/a/b@sha256:00", "a\n\n  b\n", "\u{7}bell", "=",
        "<<", "0o7", ".5",
    ]

    @Test(arguments: texts)
    func readsBackTheStringsItWrites(text: String) throws {
        let value: JSONValue = ["key": .string(text), "list": [.string(text)]]
        let written = try YAMLWriter.text(of: [value])
        #expect(try YAMLReader.documents(in: written, file: "f").map(\.value) == [value], "\(written)")
    }

    @Test func readsBackTheValuesItWrites() throws {
        let value: JSONValue = [
            "a": [], "b": .object(JSONObject()), "c": [1, .number("1.5"), true, .null, ["d": "e"]], "true": "x",
        ]
        #expect(
            try YAMLReader.documents(in: YAMLWriter.text(of: [value, value]), file: "f").map(\.value) == [value, value]
        )
    }
}

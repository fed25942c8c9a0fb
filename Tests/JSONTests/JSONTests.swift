import JSON
import Testing

@Suite("JSON")
struct JSONTests {
    static let documents: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("-0", .number("-0")), ("1.5e+3", .number("1.5e+3")),
        (#""a\u00e9\ud83d\ude00\n\/""#, "aé😀\n/"), ("[]", .array([])), ("{}", .object(JSONObject())),
        (#"{"a":[1,{"b":null}],"c":""}"#, ["a": [1, ["b": .null]], "c": ""]),
        ("\"grün\"", "grün"),
    ]

    @Test(arguments: documents)
    func accepts(text: String, value: JSONValue) throws {
        #expect(try JSONParser.parse(text) == value)
        #expect(try JSONParser.parse(value.compactText) == value)
        #expect(try JSONParser.parse(value.prettyText) == value)
    }

    @Test(
        arguments: [
            ("", "empty"), ("nul", "cut short"), ("01", "leading zero"), ("1.", "no fraction"), ("1e", "no exponent"),
            ("-", "no digits"), ("[1,]", "trailing comma"), ("[1 2]", "no comma"), ("{\"a\"}", "no value"),
            ("{a:1}", "bare key"), ("\"a", "no end"), ("\"\u{1}\"", "control character"), (#""\x""#, "bad escape"),
            (#""\ud800""#, "lone high surrogate"), (#""\ud800\u0041""#, "high without low"),
            (#""\udc00""#, "lone low surrogate"), (#""\u12""#, "short escape"), ("1 2", "two documents"),
            ("NaN", "no number"), ("[", "no end"), ("{\"a\":1", "no end"),
        ])
    func refuses(text: String, why: String) {
        #expect(throws: JSONError.self, "\(why)") { try JSONParser.parse(text) }
    }

    @Test func refusesBadUTF8() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: JSONError.self) { try JSONParser.parse(bytes) }
        }
    }

    @Test func boundsDepthAndCount() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONParser.parse(deep) }
        let many = "[" + String(repeating: "0,", count: 50) + "0]"
        #expect(throws: JSONError.self) { try JSONParser.parse(many, limits: JSONLimits(values: 50)) }
    }

    @Test func lastOfEqualMembersCounts() throws {
        #expect(try JSONParser.parse(#"{"a":1,"a":2}"#)["a"] == 2)
    }

    @Test func everyPrefixOfADocumentIsRefusedWithoutATrap() throws {
        let document = Array(#"{"a":[true,null,-1.5e3,"x\u00e9\ud83d\ude00"],"b":{"c":false}}"#.utf8)
        for length in 0..<document.count {
            #expect(throws: JSONError.self) { try JSONParser.parse(Array(document[..<length])) }
        }
    }

    @Test func whatAChangedByteLeavesValidComesBackFromTheWriter() throws {
        let document = Array(#"{"a":[true,null,-1.5e3,"x\u00e9\ud83d\ude00é😀"],"b":{"c":false}}"#.utf8)
        var accepted = 0
        for index in document.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = document
                changed[index] = byte
                guard let value = try? JSONParser.parse(changed) else { continue }
                accepted += 1
                let context = "byte \(index) is \(byte)"
                #expect(String(validating: changed, as: UTF8.self) != nil, "\(context): accepted although not UTF-8")
                #expect(throws: Never.self, "\(context)") {
                    // Compares the text too, since strings are equal to Swift when they are canonically equivalent.
                    for text in [value.compactText, value.prettyText] {
                        let copy = try JSONParser.parse(text)
                        #expect(copy == value && copy.compactText == value.compactText, "\(context)")
                    }
                }
            }
        }
        #expect(accepted > 10 * document.count, "most changes in a string leave the document valid")
    }

    @Test func patchEscapesItsPath() {
        let operation = JSONPatchOperation(add: ["metadata", "annotations", "a~b/c"], value: "x")
        #expect(operation.pointer == "/metadata/annotations/a~0b~1c")
    }

    @Test(
        arguments: [
            (["a", "x"], #"{"a":{"b":1,"x":9},"l":[1,2]}"#, "a new member"),
            (["a", "b"], #"{"a":{"b":9},"l":[1,2]}"#, "add replaces"),
            (["l", "-"], #"{"a":{"b":1},"l":[1,2,9]}"#, "the end of a list"),
            (["l", "0"], #"{"a":{"b":1},"l":[9,1,2]}"#, "before an element"),
        ])
    func patchApplies(path: [String], result: String, why: String) throws {
        let document = try JSONParser.parse(#"{"a":{"b":1},"l":[1,2]}"#)
        #expect(try document.applying([.init(add: path, value: 9)]).compactText == result, "\(why)")
    }

    @Test(arguments: [["z", "x"], ["l", "7", "x"], ["l", "9"], ["a", "b", "c"]])
    func patchWithoutParentIsRefused(path: [String]) throws {
        let document = try JSONParser.parse(#"{"a":{"b":1},"l":[1,2]}"#)
        #expect(throws: FieldError.self) { try document.applying([.init(add: path, value: 9)]) }
    }
}

/// The limits on a JSON document.
public struct JSONLimits: Sendable {
    /// The largest nesting depth of arrays and objects.
    public var depth: Int
    /// The largest number of values in the whole document.
    public var values: Int

    /// Creates limits; the defaults are for requests of the API server, whose objects are limited by etcd.
    public init(depth: Int = 128, values: Int = 200_000) {
        self.depth = depth
        self.values = values
    }
}

/// The error for a text that is not valid JSON or exceeds a limit.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    /// The problem, in a few words.
    public let reason: String
    /// The number of bytes before the problem.
    public let offset: Int
    /// Whether the text exceeds a limit, and may be valid.
    public let isLimit: Bool

    /// The reason and the place.
    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

/// A strict parser for RFC 8259 that reads the bytes once and limits the size of its result.
///
/// Foundation's decoder took two thirds of a request's time; this parser takes a tenth of that, and needs no
/// Foundation. It rejects invalid UTF-8, lone surrogates, control characters in strings, leading zeros, and text after
/// the document.
public struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0
    private var values = 0
    private let limits: JSONLimits
    /// The depth below which arrays and objects are passed over.
    private let outlineDepth: Int

    private init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits, outlineDepth: Int = .max) {
        self.bytes = bytes
        self.limits = limits
        self.outlineDepth = outlineDepth
    }

    /// Parses one document.
    ///
    /// - Parameters:
    ///   - bytes: The whole document; it is not kept.
    ///   - limits: The limits on the document.
    /// - Returns: The document.
    /// - Throws: ``JSONError`` with the place of the first problem.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: bytes.assumingMemoryBound(to: UInt8.self), limits: limits)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == parser.bytes.count else { throw parser.fault("text behind the document") }
        return value
    }

    /// Parses the upper part of a document that exceeds a limit.
    ///
    /// Deeper arrays and objects are null in the result. They are passed over without a check of what is in them, so that
    /// the size of the result does not depend on them.
    ///
    /// - Parameters:
    ///   - bytes: The whole document; it is not kept.
    ///   - depth: The depth of the arrays and objects that are kept; 1 for the document itself.
    ///   - limits: The limits on what is kept.
    /// - Returns: The upper part.
    /// - Throws: ``JSONError`` with the place of the first problem.
    public static func outline(
        _ bytes: UnsafeRawBufferPointer,
        depth: Int,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(
            bytes: bytes.assumingMemoryBound(to: UInt8.self),
            limits: limits,
            outlineDepth: depth
        )
        return try parser.value()
    }

    /// Parses one document from an array of bytes.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        let result = bytes.withUnsafeBytes { buffer -> Result<JSONValue, JSONError> in
            do throws(JSONError) { return .success(try parse(buffer, limits: limits)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Parses one document from a string.
    public static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    private func fault(_ reason: String, isLimit: Bool = false) -> JSONError {
        JSONError(reason: reason, offset: position, isLimit: isLimit)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        values += 1
        guard values <= limits.values else { throw fault("more than \(limits.values) values", isLimit: true) }
        guard position < bytes.count else { throw fault("the document ends early") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return depth < outlineDepth ? try object() : try passOver()
        case UInt8(ascii: "["): return depth < outlineDepth ? try array() : try passOver()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count else { throw fault("the document ends early") }
        for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] {
            throw fault("an unknown word")
        }
        position = end
        return value
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= limits.depth else { throw fault("nested deeper than \(limits.depth)", isLimit: true) }
        position += 1
        skipSpace()
    }

    /// Skips a comma (true) or the closing byte (false).
    private mutating func more(until close: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard position < bytes.count else { throw fault("the document ends early") }
        let byte = bytes[position]
        guard byte == UInt8(ascii: ",") || byte == close else { throw fault("a comma or the end was expected") }
        position += 1
        if byte == close { depth -= 1 }
        return byte != close
    }

    private mutating func isEmpty(until close: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == close else { return false }
        position += 1
        depth -= 1
        return true
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        if isEmpty(until: UInt8(ascii: "]")) { return .array(elements) }
        repeat { elements.append(try value()) } while try more(until: UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONObject.Member] = []
        if isEmpty(until: UInt8(ascii: "}")) { return .object(JSONObject(members)) }
        // Most objects of a Pod are entries of `env`, with two members.
        members.reserveCapacity(2)
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw fault("a member's name was expected")
            }
            let key = try string()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
                throw fault("a colon was expected")
            }
            position += 1
            members.append(JSONObject.Member(key: key, value: try value()))
        } while try more(until: UInt8(ascii: "}"))
        return .object(JSONObject(members))
    }

    /// Passes over an array or an object.
    private mutating func passOver() throws(JSONError) -> JSONValue {
        var nesting = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): nesting += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                nesting -= 1
                if nesting == 0 { return .null }
            case UInt8(ascii: "\""):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                    position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                }
                position += 1
            default: break
            }
        }
        position = bytes.count
        throw fault("the document ends early")
    }

    private mutating func number() throws(JSONError) -> String {
        let start = position
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        guard digits() else { throw fault("a value was expected") }
        if bytes[first] == UInt8(ascii: "0"), position > first + 1 { throw fault("a number with a leading zero") }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard digits() else { throw fault("a number without its fraction") }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard digits() else { throw fault("a number without its exponent") }
        }
        return String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
    }

    private mutating func digits() -> Bool {
        let start = position
        while position < bytes.count, bytes[position] >= UInt8(ascii: "0"), bytes[position] <= UInt8(ascii: "9") {
            position += 1
        }
        return position > start
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        var seen: UInt8 = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<position])
                position += 1
                // Most strings are ASCII and need no validation, which would take most of the time.
                guard seen >= 0x80 else { return String(decoding: slice, as: UTF8.self) }
                guard let text = String(validating: slice, as: UTF8.self) else { throw fault("bad UTF-8") }
                return text
            }
            seen |= byte
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            guard byte >= 0x20 else { throw fault("a control character in a string") }
            position += 1
        }
        throw fault("a string without its end")
    }

    /// The slow path, for a string with a backslash.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw fault("bad UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                let scalar = try escape()
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            case 0..<0x20:
                throw fault("a control character in a string")
            default:
                text.append(byte)
            }
        }
        throw fault("a string without its end")
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard position < bytes.count else { throw fault("the document ends early") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("an unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let unit = try hexadecimal()
        guard unit & 0xFC00 == 0xD800 else {
            guard let scalar = Unicode.Scalar(unit) else { throw fault("a lone surrogate") }
            return scalar
        }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { throw fault("a lone surrogate") }
        position += 2
        let low = try hexadecimal()
        guard low & 0xFC00 == 0xDC00, let scalar = Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF)) else {
            throw fault("a lone surrogate")
        }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw fault("the document ends early") }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw fault("a bad hexadecimal escape")
            }
            position += 1
        }
        return unit
    }
}

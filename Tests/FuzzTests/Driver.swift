import CLibFuzzer
import Foundation

/// Lets libFuzzer search for inputs for one parser: `POLYPOD_FUZZ_PARSER=json polypod-fuzz FLAGS CORPUS…`.
@main
enum Driver {
    /// The parser that the environment variable `POLYPOD_FUZZ_PARSER` names.
    private static let parser: FuzzedParser = {
        let name = ProcessInfo.processInfo.environment["POLYPOD_FUZZ_PARSER"] ?? ""
        guard let parser = FuzzedParser.all.first(where: { $0.name == name }) else {
            let names = FuzzedParser.all.map(\.name).joined(separator: ", ")
            FileHandle.standardError.write(Data("POLYPOD_FUZZ_PARSER: expected one of \(names)\n".utf8))
            exit(2)
        }
        return parser
    }()

    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = Driver.parser
        exit(LLVMFuzzerRunDriver(&count, &arguments, fuzzOneInput))
    }

    /// Runs one input; libFuzzer keeps it if that ends the process.
    fileprivate static func run(_ input: UnsafeBufferPointer<UInt8>) {
        if let fault = parser.fault(Array(input)) { fatalError("\(parser.name): \(fault)") }
    }
}

/// The function that libFuzzer's library expects by this name (LLVM, "LibFuzzer", Fuzz Target).
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Driver.run(UnsafeBufferPointer(start: start, count: count))
    return 0
}

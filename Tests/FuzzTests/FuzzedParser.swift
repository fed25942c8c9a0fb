/// A parser of input from outside, with what has to hold for every input.
///
/// `make fuzz` searches for inputs for which it does not hold, or which end the process. The tests run every input of
/// `Corpus` again.
struct FuzzedParser: Sendable {
    /// The name, which is also that of its folder in `Corpus`.
    let name: String
    /// Runs the parser and returns what does not hold for its result; nil if all is well or the input is refused.
    let fault: @Sendable ([UInt8]) -> String?

    /// Every parser.
    static let all = [json, reference, challenge, registryDocument, dockerConfiguration, toml, yaml, manifest, review]
}

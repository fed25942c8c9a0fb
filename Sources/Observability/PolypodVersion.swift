/// The version of Polypod, which both programs print for `--version`.
public enum PolypodVersion {
    /// The number of the release, such as `1.2.3`; the release's Git tag is the same with a `v` before it.
    public static let current = "0.1.0"
}

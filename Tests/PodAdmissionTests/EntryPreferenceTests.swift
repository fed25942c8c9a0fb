import PodAdmission
import Testing

@Suite("Entries of an index")
struct EntryPreferenceTests {
    private func entries(_ platforms: [String]) -> [IndexEntry] {
        platforms.enumerated().map { IndexEntry(digest: "sha256:\($0)", platform: Platform($1)) }
    }

    @Test(
        arguments: [
            (["linux/amd64", "linux/arm64"], [], [0, 1], "any Linux node"),
            (["linux/amd64", "linux/arm64"], ["linux/arm64"], [1], "the node's own"),
            (["linux/x86_64"], ["linux/amd64"], [0], "an alias of the architecture"),
            (["LINUX/AArch64"], ["linux/arm64"], [0], "letters"),
            (["linux/386"], ["linux/amd64"], [0], "amd64 runs 386"),
            (["linux/amd64", "linux/386"], ["linux/amd64"], [0], "the node's own comes first"),
            (["linux/arm"], ["linux/arm64"], [0], "arm64 runs arm"),
            (["linux/amd64"], ["linux/386"], [], "386 does not run amd64"),
            (["windows/amd64", "linux/s390x"], ["linux/amd64"], [], "no entry for the node"),
            (["windows/amd64"], [], [], "no Linux entry"),
            (["linux/amd64", "-"], ["linux/arm64"], [1], "an entry without a platform"),
        ] as [([String], [String], [Int], String)]
    )
    func nodesPull(platforms: [String], nodes: [String], expected: [Int], why: String) {
        let entries = entries(platforms)
        let preference = EntryPreference(nodePlatforms: nodes.compactMap { Platform($0) })
        #expect(preference.choice(of: entries) == .native(expected.map { entries[$0] }), "\(why)")
    }

    @Test(
        arguments: [
            (["linux/amd64", "wasi/wasm"], false, nil, "nodes pull the native one"),
            (["linux/amd64", "wasi/wasm"], true, 1, "the policy prefers Wasm"),
            (["wasi/wasm"], false, 0, "no node can pull it"),
            (["wasip2/wasm", "wasip1/wasm"], false, 1, "the one that crun runs"),
            (["wasip2/wasm"], false, 0, "there is no other"),
        ] as [([String], Bool, Int?, String)]
    )
    func theWasmEntry(platforms: [String], prefersWasm: Bool, expected: Int?, why: String) {
        let entries = entries(platforms)
        let choice = EntryPreference(prefersWasm: prefersWasm).choice(of: entries)
        guard let expected else {
            #expect(choice == .native([entries[0]]), "\(why)")
            return
        }
        #expect(choice == .wasm(entries[expected], isPullable: platforms.contains("linux/amd64")), "\(why)")
    }

    @Test(
        arguments: [
            ([400, 2_000], false, [0], "the one whose manifest is small can be a module alone"),
            ([2_000, 3_000], false, [], "a manifest of many layers is no module alone"),
            ([2_000, 3_000], true, [0, 1], "where a policy restricts Wasm, size proves nothing"),
            ([3_000], false, [0], "the sole entry tells the program"),
            ([nil, 3_000], false, [0], "no size in the index"),
        ] as [([Int?], Bool, [Int], String)]
    )
    func entriesThatAreRead(sizes: [Int?], readsEveryEntry: Bool, expected: [Int], why: String) {
        let entries = sizes.enumerated().map { number, size in
            IndexEntry(
                digest: "sha256:\(number)",
                platform: Platform(os: "linux", architecture: "a\(number)"),
                size: size
            )
        }
        let preference = EntryPreference(readsEveryEntry: readsEveryEntry)
        var read: [IndexEntry] = []
        while let next = preference.nextToRead(of: entries, isRead: read.contains) { read.append(next) }
        #expect(read == expected.map { entries[$0] }, "\(why)")
    }

    @Test func aPlatformFromTheConfigIsTheImages() {
        var entry = IndexEntry(digest: "sha256:0", platform: nil)
        let preference = EntryPreference(nodePlatforms: [Platform(os: "linux", architecture: "amd64")])
        #expect(preference.nextToRead(of: [entry], isRead: { _ in false }) == entry)
        entry.platform = Platform(os: "wasi", architecture: "wasm")
        #expect(preference.choice(of: [entry]) == .wasm(entry, isPullable: false))
    }
}

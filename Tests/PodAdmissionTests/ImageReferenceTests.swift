import PodAdmission
import Testing

private let hex = String(repeating: "0123456789abcdef", count: 4)

@Suite("Image references")
struct ImageReferenceTests {
    @Test(
        arguments: [
            ("nginx", "docker.io/library/nginx:latest", "a bare name is Docker's library"),
            ("nginx:1.27", "docker.io/library/nginx:1.27", "with a tag"),
            ("acme/web", "docker.io/acme/web:latest", "a first part without dot or colon is no host"),
            ("index.docker.io/nginx", "docker.io/library/nginx:latest", "Docker Hub's old name"),
            ("docker.io/acme/web", "docker.io/acme/web:latest", "Docker Hub's own name"),
            ("ghcr.io/acme/web:1", "ghcr.io/acme/web:1", "a host with a dot"),
            ("localhost/web", "localhost/web:latest", "localhost is a host"),
            ("localhost:5000/web", "localhost:5000/web:latest", "a port is not a tag"),
            ("10.0.0.1:5000/a/b/c:x", "10.0.0.1:5000/a/b/c:x", "an address"),
            ("[2001:db8::1]:5000/web", "[2001:db8::1]:5000/web:latest", "an IPv6 address"),
            ("Registry/web", "Registry/web:latest", "an upper-case first part is a host"),
            ("web@sha256:\(hex)", "docker.io/library/web@sha256:\(hex)", "a digest needs no tag"),
            ("ghcr.io/a/web:1@sha256:\(hex)", "ghcr.io/a/web@sha256:\(hex)", "the digest wins over the tag"),
            ("a.b/x__y.z-w---v/q", "a.b/x__y.z-w---v/q:latest", "separators within a part"),
        ])
    func normalises(text: String, normal: String, why: String) throws {
        #expect(try ImageReference(text).description == normal, "\(why)")
    }

    @Test(
        arguments: [
            ("", "nothing"), ("/web", "an empty host"), ("web:", "an empty tag"), ("web@", "an empty digest"),
            (hex, "an image's id"), ("Web", "an upper-case repository"), ("a//b", "an empty part"),
            ("a.b/", "no repository"), ("a b", "a blank"), ("web:a/b:", "an empty tag behind a path"),
            ("web@sha256:abc", "a short digest"), ("web@sha256:../../\(hex)", "a path in a digest"),
            ("web@md5:\(hex)", "an unknown algorithm"), ("web@sha256:\(hex.uppercased())", "upper-case digits"),
            ("a.b/-x", "a part that starts with a separator"), ("a.b/x_", "a part that ends with one"),
            ("a.b/x___y", "three underscores"), ("a.b/x..y", "two dots"), ("a.b/../c", "a way up"),
            ("-a.b/x", "a host that starts with a hyphen"), ("a.b:0/x", "port 0"), ("a.b:99999/x", "a port too large"),
            ("a.b:x/y", "a port that is no number"), ("wäb", "a letter outside ASCII"), ("a.b/c?d=e", "a query"),
            ("a.b/c#d", "a fragment"), ("user@a.b/c", "user information"), ("a.b/c\n", "a line break"),
            ("[::1/web", "an open bracket"), ("a.b/" + String(repeating: "x", count: 300), "too long"),
            ("http://a.b/c", "a scheme"),
        ])
    func refuses(text: String, why: String) {
        #expect(throws: ImageReference.Invalid.self, "\(why)") { try ImageReference(text) }
    }

    @Test(
        arguments: [
            ("*", "ghcr.io/a/b", true), ("ghcr.io/*", "ghcr.io/a/b", true), ("ghcr.io/a/b", "ghcr.io/a/b", true),
            ("ghcr.io/a", "ghcr.io/a/b", false), ("ghcr.io/*/b", "ghcr.io/x/y/b", true),
            ("ghcr.io/a*", "evil.ghcr.io/a", false), ("*.io/a", "ghcr.io/a", true), ("ghcr.io/*a", "ghcr.io/b", false),
            ("a*a*a*a*a*a*b/", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ])
    func patternMatches(pattern: String, name: String, isMatch: Bool) {
        #expect(ImagePattern(pattern).matches(name) == isMatch)
    }
}

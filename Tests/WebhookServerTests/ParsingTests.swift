import Basics
import JSON
import PodAdmission
import Testing

@testable import WebhookServer

@Suite("Timeouts, addresses and long denials")
struct ParsingTests {
    @Test(
        "The time for a response",
        arguments: [
            (nil, Duration.seconds(9), "no query: ten seconds, minus the reserve"),
            ("timeout=5s", .seconds(4), "minus one second"),
            ("timeout=30s", .seconds(29), "the longest"),
            ("timeout=5m", .seconds(29), "limited to 30 s"),
            ("timeout=1s", .milliseconds(500), "half of it, because a second would be all"),
            ("timeout=500ms", .milliseconds(250), "half of it"),
            ("a=b&timeout=3s&c=d", .seconds(2), "with other parameters"),
            ("timeout=soon", .seconds(9), "not a duration"),
            ("timeout=0s", .seconds(9), "zero is ignored"),
            ("xtimeout=3s", .seconds(9), "another parameter"),
        ] as [(String?, Duration, String)]
    )
    func budgets(query: String?, expected: Duration, why: String) {
        #expect(AdmissionDeadline.budget(query: query.map { $0[...] }) == expected, "\(why)")
    }

    @Test(
        "Addresses to listen on",
        arguments: [
            ("0.0.0.0:8443", ListenAddress(host: "0.0.0.0", port: 8443), "the default"),
            ("[::]:8443", ListenAddress(host: "::", port: 8443), "IPv6 in brackets"),
            ("localhost:0", ListenAddress(host: "localhost", port: 0), "a name, and a port that the system chooses"),
            ("::1:8443", nil, "IPv6 without brackets is ambiguous"),
            (":8443", nil, "no host"),
            ("localhost", nil, "no port"),
            ("localhost:", nil, "an empty port"),
            ("localhost:65536", nil, "a port too large"),
            ("localhost:+1", nil, "a sign"),
            ("local host:1", nil, "a blank"),
        ] as [(String, ListenAddress?, String)]
    )
    func parsesAddresses(text: String, expected: ListenAddress?, why: String) {
        #expect(ListenAddress(text) == expected, "\(why)")
    }

    @Test("A denial of many lines is cut after a whole line")
    func boundsDenials() throws {
        var answer = AdmissionResponse(uid: "u")
        answer.isAllowed = false
        answer.denialMessage = (0..<500).map { "container \"c\($0)\": wrong; fix it [exec-probe]" }.joined(
            separator: "\n"
        )
        let text = String(decoding: answer.bytes(), as: UTF8.self)
        let review = try JSONParser.parse(text)
        let message = try #require(review["response"]?["status"]?["message"]?.string)
        #expect(message.utf8.count <= AdmissionResponse.longestDenial + 32)
        #expect(message.hasSuffix(" more"))
    }
}

import Basics
import Testing

@testable import ImageRegistry

/// Vectors of Amazon's "Signature Version 4 Test Suite", with its keys, time and service.
@Suite struct AmazonSignatureTests {
    static let session = """
        AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwt\
        hAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVX\
        AkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==
        """

    @Test(
        arguments: [
            (
                "get-vanilla", "GET", [:], nil, "host;x-amz-date",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            ),
            (
                "post-vanilla", "POST", [:], nil, "host;x-amz-date",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
            ),
            (
                "post-header-value-case", "POST", ["My-Header1": "VALUE1"], nil, "host;my-header1;x-amz-date",
                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"
            ),
            (
                "post-sts-header-before", "POST", [:], session, "host;x-amz-date;x-amz-security-token",
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"
            ),
        ] as [(String, String, KeyValuePairs<String, String>, String?, String, String)]
    )
    func vectors(
        _ name: String,
        _ method: String,
        _ headers: KeyValuePairs<String, String>,
        _ session: String?,
        _ signed: String,
        _ signature: String
    ) {
        let keys = AmazonKeys(
            id: "AKIDEXAMPLE",
            secret: RedactedText("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: session.map { RedactedText($0) }
        )
        let made = AmazonSignature(keys: keys, region: "us-east-1", service: "service", unixTime: 1_440_938_160)
            .headers(signing: headers.map { ($0, $1) }, method: method, host: "example.amazonaws.com", body: "")
        let scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
        let expected = "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=\(signed), Signature=\(signature)"
        #expect(made.first { $0.name == "Authorization" }?.value == expected, "\(name)")
        #expect(made.first { $0.name == "X-Amz-Security-Token" }?.value == session, "\(name)")
    }

    @Test(arguments: [
        (0, "19700101T000000Z", "the first second"), (1_440_938_160, "20150830T123600Z", "the suite's"),
        (1_709_164_799, "20240228T235959Z", "before a leap day"), (1_709_164_800, "20240229T000000Z", "a leap day"),
        (1_709_251_200, "20240301T000000Z", "after it"), (4_107_542_400, "21000301T000000Z", "a year without one"),
        (1_767_225_599, "20251231T235959Z", "the end of a year"), (1_767_225_600, "20260101T000000Z", "a new year"),
    ]) func times(_ seconds: Int, _ text: String, _ reason: String) {
        #expect(AmazonSignature.time(seconds) == text, "\(reason)")
    }
}

import JSON
import Testing

@testable import ClusterControllers

@Suite("The failure policy in a webhook configuration")
struct FailurePolicyTests {
    @Test(
        "Reading the policy of an entry, and a patch only for an entry that exists",
        arguments: [
            (
                #"{"webhooks":[{"name":"pods.polypod.dev","failurePolicy":"Fail"}]}"#, FailurePolicy.fail,
                "the entry has a policy"
            ),
            (#"{"webhooks":[{"name":"pods.polypod.dev"}]}"#, .fail, "the API's default"),
            (#"{"webhooks":[{"name":"workloads.polypod.dev","failurePolicy":"Fail"}]}"#, nil, "another entry"),
            (#"{}"#, nil, "no entries"),
        ] as [(String, FailurePolicy?, String)]
    )
    func reading(configuration: String, policy: FailurePolicy?, why: String) throws {
        let document = try JSONParser.parse(configuration)
        #expect(FailurePolicy(of: "pods.polypod.dev", in: document) == policy, "\(why)")
        #expect((FailurePolicy.ignore.patch("pods.polypod.dev", in: document) == nil) == (policy == nil), "\(why)")
    }
}

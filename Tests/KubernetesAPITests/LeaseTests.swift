import Basics
import JSON
import Testing

@testable import KubernetesAPI

@Suite struct LeaseTests {
    let start = ContinuousClock.now
    var state = LeaseState(identity: "me")

    static func held(by holder: String, renewed: String = "1", seconds: Int = 15) -> LeaseRecord {
        LeaseRecord(holder: holder, seconds: seconds, acquired: "0", renewed: renewed, transitions: 3)
    }

    /// The record that the candidate would write after this time.
    func claim(after seconds: Int) -> LeaseRecord? {
        state.claim(at: start + .seconds(seconds), wallTime: 0)
    }

    @Test func aLeaseThatDoesNotExistIsTaken() throws {
        let claim = try #require(self.claim(after: 0))
        #expect(claim.holder == "me")
        #expect(claim.seconds == 15)
        #expect(claim.transitions == 0)
        #expect(claim.acquired == "1970-01-01T00:00:00.000000Z")
    }

    @Test mutating func anotherCandidatesLeaseIsFreeAfterItsDurationWithoutChange() throws {
        state.observed(Self.held(by: "other"), at: start)
        #expect(claim(after: 14) == nil)
        state.observed(Self.held(by: "other", renewed: "2"), at: start + .seconds(14))
        #expect(claim(after: 28) == nil, "it was renewed at 14")
        state.observed(Self.held(by: "other", renewed: "2"), at: start + .seconds(28))
        let claim = try #require(self.claim(after: 29))
        #expect(claim.transitions == 4)
        #expect(claim.acquired == claim.renewed)
    }

    @Test(arguments: [
        (LeaseTests.held(by: "", seconds: 1), 0, true, "a released lease"),
        (LeaseTests.held(by: "other", seconds: 60), 59, false, "the holder's duration counts"),
        (LeaseTests.held(by: "other", seconds: 60), 60, true, "the holder's duration is over"),
        (LeaseTests.held(by: "other", seconds: 0), 0, true, "no duration"),
        (LeaseTests.held(by: "me"), 0, true, "the candidate's own lease from before a restart"),
    ])
    mutating func aLeaseIsFree(record: LeaseRecord, after: Int, isFree: Bool, reason: String) {
        state.observed(record, at: start)
        #expect((claim(after: after) != nil) == isFree, "\(reason)")
    }

    @Test mutating func aRenewalKeepsTheAcquireTime() throws {
        state.observed(Self.held(by: "me"), at: start)
        let claim = try #require(self.claim(after: 2))
        #expect(claim.acquired == "0")
        #expect(claim.transitions == 3)
        #expect(claim.renewed != "1")
    }

    @Test mutating func leadershipEndsAtTheRenewDeadline() throws {
        #expect(!state.isLeader(at: start))
        state.observed(Self.held(by: "me"), at: start)
        #expect(!state.isLeader(at: start), "not before a renewal")
        let claim = try #require(self.claim(after: 0))
        state.wrote(claim, askedAt: start, now: start + .seconds(3))
        #expect(state.isLeader(at: start + .milliseconds(9999)))
        #expect(!state.isLeader(at: start + .seconds(10)), "counted from before the renewal's request")
    }

    @Test mutating func leadershipEndsIfAnotherCandidateHoldsTheLease() throws {
        let claim = try #require(self.claim(after: 0))
        state.wrote(claim, askedAt: start, now: start)
        state.observed(Self.held(by: "other"), at: start + .seconds(1))
        #expect(!state.isLeader(at: start + .seconds(1)))
        #expect(state.release(wallTime: 0) == nil)
    }

    @Test mutating func aReleasedLeaseHasNoHolder() throws {
        state.observed(Self.held(by: "me"), at: start)
        let claim = try #require(self.claim(after: 0))
        state.wrote(claim, askedAt: start, now: start)
        state.resign()
        #expect(!state.isLeader(at: start))
        let release = try #require(state.release(wallTime: 0))
        #expect(release.holder.isEmpty)
        #expect(release.seconds == 1)
        #expect(release.transitions == 3)
    }

    @Test func otherFieldsOfALeaseStay() {
        let lease: JSONValue = [
            "metadata": ["resourceVersion": "7", "labels": ["a": "b"]],
            "spec": ["strategy": "x", "holderIdentity": "y"],
        ]
        let record = Self.held(by: "me")
        let written = record.written(to: lease)
        #expect(written["metadata"] == lease["metadata"])
        #expect(written["spec"]?["strategy"] == "x")
        #expect(LeaseRecord(lease: written) == record)
    }
}

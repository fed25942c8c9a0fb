import Foundation
import Testing

@testable import NodeRuntime

/// The real programs and processes of this machine.
@Suite(.ownThread) struct CommandTests {
    @Test func outputCodeAndEnvironment() {
        let answer = ChildProcess.run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], timeout: .seconds(20))
        #expect(answer == CommandOutput(code: 3, output: "out\n", errors: "err\n"))
        #expect(ChildProcess.run(["/bin/sh", "-c", "kill -9 $$"], timeout: .seconds(20))?.code == 137)
        #expect(ChildProcess.run(["/nowhere"], timeout: .seconds(20)) == nil)
        let home = ChildProcess.run(["/bin/sh", "-c", "echo \"[$HOME$1]\"", "sh", "a b"], timeout: .seconds(20))
        #expect(home?.output == "[a b]\n", "no shell is involved, and no variable is passed on")
    }

    @Test func timeAndOutputAreBounded() {
        let start = ContinuousClock.now
        #expect(ChildProcess.run(["/bin/sh", "-c", "sleep 30 & sleep 30"], timeout: .milliseconds(200)) == nil)
        #expect(ContinuousClock.now - start < .seconds(10))
        let long = ChildProcess.run(["/bin/sh", "-c", "head -c 6000000 /dev/zero | tr '\\0' x"], timeout: .seconds(60))
        #expect(long?.code == 0, "output beyond the bound is dropped, and the program runs on")
        #expect((long?.output.utf8.count ?? 0) < 4_300_000)
        let background = ChildProcess.run(["/bin/sh", "-c", "sleep 5 & echo up"], timeout: .seconds(60))
        #expect(
            background?.output == "up\n",
            "a program that keeps running in the background does not delay the result"
        )
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func programsInheritNoDescriptors() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        // A shell uses low descriptors itself.
        let copy = fcntl(ends[1], F_DUPFD, 200)
        defer { for descriptor in ends + [copy] { close(descriptor) } }
        let words = ["/bin/sh", "-c", "echo $0; [ -e /proc/$$/fd/\(copy) ]", "sh"]
        #expect(ChildProcess.run(words, timeout: .seconds(20)) == CommandOutput(code: 1, output: "sh\n"))
    }

    @Test func thisProcessIsFoundByItsRootAndName() {
        let name = (try? String(contentsOfFile: "/proc/self/comm", encoding: .utf8))?.dropLast().description ?? ""
        let here = SystemCommands(host: HostFolder(root: "/")).processes(called: [name])
        #expect(here.contains { $0.id == getpid() && $0.start > 0 })
        let elsewhere = SystemCommands(host: HostFolder(root: NSTemporaryDirectory())).processes(called: [name])
        #expect(elsewhere.isEmpty, "a process with another root is not on this host")
    }

    @Test(arguments: [
        ("containerd github.com/containerd/containerd v1.7.27 05044ec", "1.7.27"),
        ("containerd github.com/containerd/containerd/v2 v2.2.1 dea7da5", "2.2.1"),
        ("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3", "1.6.20~ds1"),
        ("containerd github.com/k3s-io/containerd v2.1.5-k3s1 ", "2.1.5-k3s1"),
        ("crio version 1.33.0\nVersion: 1.33.0", "1.33.0"), ("containerd 2", nil), ("", nil),
    ])
    func versionsAreRead(output: String, version: String?) {
        #expect(RuntimeVersion(output: output)?.description == version)
    }

    @Test func versionsAreCompared() throws {
        #expect(RuntimeVersion(2, 1) < RuntimeVersion(2, 10) && RuntimeVersion(2, 1) == RuntimeVersion(2, 1, 0))
        #expect(try #require(RuntimeVersion(output: "x v2.2.1-k3s1")) >= RuntimeVersion(2, 2, 1))
    }

    @Test func codesAreStable() {
        #expect(
            NodeError.Code.allCases.map(\.rawValue).sorted().joined(separator: " ")
                == "bundle-unusable changed-meanwhile config-elsewhere config-syntax config-unreadable config-version edit-refused "
                + "handler-taken host-ambiguous host-not-started host-unknown locked markers-damaged not-writable "
                + "rollback-failed runtime-down runtime-refused table-closed"
        )
    }
}

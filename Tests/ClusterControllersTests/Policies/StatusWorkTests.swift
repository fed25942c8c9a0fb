import Testing

@testable import ClusterControllers

@Suite("What is due in the status of policies")
struct StatusWorkTests {
    private typealias Item = StatusWork.Item

    @Test("Versions are due at once, numbers with the flush, each once")
    func due() {
        var work = StatusWork()
        work.take(["b": .accepted, "a": .rejected])
        work.countPod(under: "b")
        work.countPod(under: "c")
        #expect(
            work.takeDue() == [
                Item(name: "a", hasNewVersion: true, pods: 0), Item(name: "b", hasNewVersion: true, pods: 0),
            ]
        )
        #expect(work.takeDue() == [])
        work.flush()
        #expect(
            work.takeDue() == [
                Item(name: "b", hasNewVersion: false, pods: 1), Item(name: "c", hasNewVersion: false, pods: 1),
            ]
        )
        work.flush()
        #expect(work.takeDue() == [])
    }

    @Test("What was not written adds up with what came since")
    func putBack() {
        var work = StatusWork()
        work.take(["a": .accepted])
        work.countPod(under: "a")
        work.flush()
        let item = work.takeDue()[0]
        work.countPod(under: "a")
        work.putBack(item)
        work.flush()
        #expect(work.takeDue() == [Item(name: "a", hasNewVersion: true, pods: 2)])
    }

    @Test("Nothing is due of what is gone")
    func removed() {
        var work = StatusWork()
        work.take(["a": .accepted])
        work.countPod(under: "a")
        work.take(["a": .removed])
        work.flush()
        #expect(work.takeDue() == [])
    }
}

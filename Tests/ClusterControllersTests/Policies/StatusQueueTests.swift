import Testing

@testable import ClusterControllers

@Suite("Pending updates of the status of policies")
struct StatusQueueTests {
    private typealias Item = StatusQueue.Item

    @Test("Versions are due at once, counts of Pods with the flush, each once")
    func due() {
        var queue = StatusQueue()
        queue.add(["b": .accepted, "a": .rejected])
        queue.countPod(under: "b")
        queue.countPod(under: "c")
        #expect(
            queue.takeDue() == [
                Item(name: "a", hasNewVersion: true, pods: 0), Item(name: "b", hasNewVersion: true, pods: 0),
            ]
        )
        #expect(queue.takeDue() == [])
        queue.flush()
        #expect(
            queue.takeDue() == [
                Item(name: "b", hasNewVersion: false, pods: 1), Item(name: "c", hasNewVersion: false, pods: 1),
            ]
        )
        queue.flush()
        #expect(queue.takeDue() == [])
    }

    @Test("An update that is put back is added to what was queued since")
    func putBack() {
        var queue = StatusQueue()
        queue.add(["a": .accepted])
        queue.countPod(under: "a")
        queue.flush()
        let item = queue.takeDue()[0]
        queue.countPod(under: "a")
        queue.putBack(item)
        queue.flush()
        #expect(queue.takeDue() == [Item(name: "a", hasNewVersion: true, pods: 2)])
    }

    @Test("A removed policy has no updates")
    func removed() {
        var queue = StatusQueue()
        queue.add(["a": .accepted])
        queue.countPod(under: "a")
        queue.add(["a": .removed])
        queue.flush()
        #expect(queue.takeDue() == [])
    }
}

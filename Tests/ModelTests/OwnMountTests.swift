import Model
import Testing

/// Whether a unit finds other files at a path than the rest of the host does.
struct OwnMountTests {
    private static let path = "/srv/coder/openclaw.json"

    private func hides(_ mounts: OwnMount..., path: String = path) -> Bool { OwnMount.hide(path, mounts) }

    @Test func `a mount at the path, or above it, hides what the host has there`() {
        for place in ["/", "/srv", "/srv/coder", Self.path] { #expect(hides(OwnMount(place)), "\(place)") }
        for place in ["/srv/code", "/srv/coder/openclaw", "/srv/coder/openclaw.json/x", "/home"] {
            #expect(!hides(OwnMount(place)), "\(place)")
        }
        #expect(!hides())
    }

    @Test func `the innermost one decides`() {
        #expect(!hides(OwnMount("/"), OwnMount("/srv", isSame: true)))
        #expect(hides(OwnMount("/", isSame: true), OwnMount("/srv")))
        #expect(!hides(OwnMount("/srv/coder", isSame: true), OwnMount("/srv"), OwnMount("/")))
        #expect(hides(OwnMount("/srv/coder"), OwnMount("/srv", isSame: true)))
    }

    @Test func `a folder that is mounted onto itself hides nothing`() {
        #expect(!hides(OwnMount("/srv", isSame: true)))
        #expect(!hides(OwnMount("/srv"), OwnMount("/srv", isSame: true)), "whichever of two comes first")
    }
}

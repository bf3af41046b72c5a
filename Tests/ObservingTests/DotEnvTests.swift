import Testing

@testable import Observing

/// `.env` files as Node's agents read them.
struct DotEnvTests {
    @Test(arguments: [
        ("A=1", "1"), ("export A=1", "1"), ("A = 1 # one", "1"), ("A=", ""), ("A= # later", ""), ("A: 1", "1"),
        ("A='a # b'", "a # b"), ("A=\"a\nb\"\nB=2", "a\nb"), ("A=`x`", "x"), ("A=\"a\\\"b\"", "a\\\"b"),
        ("A=1\nA=2", "2"), ("# A=1\nA=3\r\n", "3"), ("B=2\n\n  A=4", "4"), ("A='open", "'open"),
    ])
    func `a value is found as the agent would find it`(text: String, value: String) {
        #expect(DotEnv.value(of: "A", in: text) == value)
    }

    @Test(arguments: ["", "#A=1", "AA=1", "B=A=1", "A", "exportA=1", "=\n=", "B='\nA=1\n'"])
    func `what does not set the variable is passed over`(text: String) {
        #expect(DotEnv.value(of: "A", in: text) == nil)
    }
}

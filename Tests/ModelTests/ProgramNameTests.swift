import Model
import Testing

/// What a process runs, and whether two run the same.
struct ProgramNameTests {
    /// Of one kind, as that names them.
    private static let marks = [
        ["OPENCLAW_SERVICE_KIND", "OPENCLAW_PROFILE", "OPENCLAW_CONFIG_PATH", "OPENCLAW_STATE_DIR"]
    ]

    private func key(
        _ executable: String, _ words: String..., in folder: String? = "/srv", with environment: [String] = []
    ) -> String? {
        ProgramName(executable: executable, words: words, folder: folder, environment: environment, marks: Self.marks)?
            .key
    }

    private let python = "/usr/bin/python3.11"
    private let node = "/usr/bin/node"

    @Test func `the same file with the same command is the same program, whatever runs it`() {
        let agent = key(node, "node", "/usr/lib/node_modules/openclaw/dist/index.js", "gateway", "--port", "1")
        #expect(agent != nil)
        #expect(
            key(
                "/opt/node22/bin/node (deleted)", "/opt/node22/bin/node", "--no-warnings",
                "/usr/lib/node_modules/openclaw/dist/index.js", "gateway") == agent)
        #expect(
            key(node, "node", "node_modules/../node_modules/./openclaw/dist/index.js", "gateway", in: "/usr/lib")
                == agent)
    }

    @Test func `another command, folder or file is another program`() {
        let agent = key(node, "node", "/usr/lib/node_modules/openclaw/dist/index.js", "gateway")
        for other in [
            key(node, "node", "/usr/lib/node_modules/openclaw/dist/index.js", "logs", "--follow"),
            key(node, "node", "/srv/openclaw/dist/index.js", "gateway"),
            key(node, "node", "/usr/lib/node_modules/other/server.js", "gateway"),
        ] { #expect(other != nil && other != agent) }
        let pairs = [
            (
                key(node, "node", "dist/index.js", in: "/opt/agent"),
                key(node, "node", "dist/index.js", in: "/opt/notifier")
            ),
            (
                key(python, "python3", "./bot.py", in: "/opt/agent"),
                key(python, "python3", "./bot.py", in: "/opt/report")
            ),
            (key(python, "python3", "bot.py", in: "/opt/agent"), key(python, "python3", "bot.py", in: "/opt/report")),
            (key(python, "python3", "-m", "bot", in: "/opt/a"), key(python, "python3", "-m", "bot", in: "/opt/b")),
            (
                key(python, "python3", "-m", "uvicorn", "agent:app"),
                key(python, "python3", "-m", "uvicorn", "report:app")
            ),
            (key("/opt/a/bin/server", "server"), key("/opt/b/bin/server", "server")),
            (key("/usr/bin/goagent", "goagent", "serve"), key("/usr/bin/goagent", "goagent", "status")),
            (
                key(node, "node", "/usr/bin/npx", "openclaw", "gateway"),
                key(node, "node", "/usr/bin/npx", "openclaw", "logs")
            ),
        ]
        for (one, other) in pairs {
            #expect(one != nil && other != nil)
            #expect(one != other)
        }
    }

    @Test func `what belongs to an option of the interpreter is not the program`() {
        #expect(key(python, "python3", "-W", "ignore", "/opt/job.py") == key(python, "python3", "/opt/job.py"))
        #expect(key(node, "node", "-r", "/opt/trace.js", "/srv/a.js") == key(node, "node", "/srv/a.js"))
        #expect(
            key("/usr/bin/java", "java", "-cp", "/a:/b", "-jar", "/opt/agent.jar")
                == key("/usr/bin/java", "java", "-jar", "/opt/agent.jar"))
        #expect(key(python, "python3", "-m") == nil)
    }

    @Test func `a title in place of the words is a program only with the marks of a gateway`() {
        let marks = ["OPENCLAW_SERVICE_KIND=gateway", "OPENCLAW_PROFILE=coder", "HOME=/home/fleet"]
        let agent = key(node, "openclaw-gateway", with: marks)
        #expect(agent != nil)
        #expect(key(node, "openclaw-gateway", with: marks + ["TERM=xterm"]) == agent)
        #expect(key(node, "openclaw-gateway", with: [marks[0], "OPENCLAW_PROFILE=scout"]) != agent)
        #expect(key(node, "openclaw-gateway", with: marks + ["OPENCLAW_CONFIG_PATH=/x"]) != agent)
        #expect(key("/opt/node", "openclaw-gateway", with: marks) != agent)
        #expect(key(node, "openclaw-gateway") == nil)
        #expect(ProgramName(executable: node, words: ["openclaw-gateway"])?.file == "openclaw-gateway")
    }

    @Test func `where nothing says what is run, it is not known`() {
        #expect(key(python, "python3", "-c", "import /x") == nil)
        #expect(key(python, "python3", "-Ic", "print('/x')") == nil)
        #expect(key(node, "node", "-e", "1", "/a/b.js") == nil)
        #expect(key(node, "node", "server") == nil)
        #expect(key(node, "node", "--inspect") == nil)
        #expect(key("/usr/bin/bash", "bash") == nil)
        #expect(key("/usr/bin/bash", "-bash") == nil)
        #expect(key("/usr/bin/bash", "bash", "-o", "pipefail", "-c", "/opt/x") == nil)
        #expect(key("/usr/bin/bash", "bash", "-lc", "cd /opt/x; run") == nil)
        #expect(key("/usr/bin/bun", "bun", "run", "start") == nil)
        #expect(key("", "node", "/a/b.js") == nil)
        // Where its folder cannot be seen, what a relative path means cannot be either.
        #expect(key(python, "python3", "./bot.py", in: nil) == nil)
        #expect(key(python, "python3", "-m", "bot", in: nil) == nil)
    }

    @Test func `a person is told the path`() {
        #expect(ProgramName(executable: "/usr/local/bin/goagent", words: [])?.file == "/usr/local/bin/goagent")
        #expect(ProgramName(executable: "/usr/bin/python3", words: ["python3", "/opt/a.py"])?.file == "/opt/a.py")
    }
}

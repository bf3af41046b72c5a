import Model
import Testing

/// What a process runs, whatever the interpreter.
struct ProgramNameTests {
    private func key(_ executable: String, _ words: String...) -> String? {
        ProgramName(executable: executable, words: words)?.key
    }

    @Test func `an interpreter's script is the program, wherever an update has put it`() {
        let old = key("/usr/bin/node", "node", "/usr/lib/node_modules/openclaw/dist/index.js", "gateway")
        let new = key(
            "/opt/node22/bin/node (deleted)", "/opt/node22/bin/node", "--no-warnings", "/srv/openclaw/dist/index.js")
        #expect(old == "node openclaw/dist/index.js")
        #expect(new == old)
        #expect(key("/usr/bin/node", "node", "/usr/lib/node_modules/other/server.js") != old)
    }

    @Test func `two programs of one interpreter are two`() {
        let agent = key("/usr/bin/python3.11", "/usr/bin/python3", "-IS", "/opt/fleet/gateway")
        #expect(agent == "python3.11 fleet/gateway")
        #expect(
            key("/usr/bin/python3.11", "python3", "/opt/tools/backup.py", "--db", "prod")
                == "python3.11 tools/backup.py")
        #expect(key("/usr/bin/python3.11", "python3", "-m", "http.server") == "python3.11 -m http.server")
    }

    @Test func `what belongs to an option of the interpreter is not the program`() {
        #expect(key("/usr/bin/python3.11", "python3", "-W", "ignore", "/opt/tools/job.py") == "python3.11 tools/job.py")
        #expect(key("/usr/bin/node", "node", "-r", "/opt/trace.js", "/srv/a/dist/index.js") == "node a/dist/index.js")
        #expect(key("/usr/bin/node", "node", "server") == nil)
        #expect(key("/usr/bin/python3.11", "python3", "-m") == nil)
    }

    @Test func `a title in place of the words names the program`() {
        #expect(key("/usr/bin/node", "openclaw-gateway") == "node openclaw-gateway")
        #expect(key("/usr/bin/node", "openclaw-gateway --port 1") == "node openclaw-gateway")
    }

    @Test func `where nothing says what is run, it is not known`() {
        #expect(key("/usr/bin/python3.11", "python3", "-c", "import /x") == nil)
        #expect(key("/usr/bin/node", "node", "-e", "1", "/a/b.js") == nil)
        #expect(key("/usr/bin/bash", "bash") == nil)
        #expect(key("/usr/bin/bash", "-bash") == nil)
        #expect(key("/usr/bin/node", "node", "--inspect") == nil)
        #expect(key("", "node", "/a/b.js") == nil)
    }

    @Test func `a program of its own is known by its name`() {
        #expect(key("/usr/local/bin/goagent", "goagent", "serve", "/etc/x") == "goagent")
        #expect(ProgramName(executable: "/usr/local/bin/goagent", words: [])?.file == "/usr/local/bin/goagent")
        #expect(ProgramName(executable: "/usr/bin/python3", words: ["python3", "/opt/a.py"])?.file == "/opt/a.py")
    }

    @Test func `where a word is not certain, nothing is claimed`() {
        #expect(key("/usr/bin/python3.11", "python3", "-I", "/opt/a/run.py", "run") == "python3.11 a/run.py")
        #expect(key("/usr/bin/python3.11", "python3", "-Ic", "print('/x')") == nil)
        #expect(key("/usr/bin/bash", "bash", "-o", "pipefail", "-c", "/opt/x") == nil)
        #expect(key("/usr/bin/bash", "bash", "-lc", "cd /opt/x; run") == nil)
        #expect(key("/usr/bin/node", "node", "/usr/lib/node_modules/tsx/bin/tsx", "a.ts") == nil)
        #expect(key("/usr/bin/python3.11", "python3", "/usr/bin/uvicorn", "app:app") == nil)
        #expect(key("/usr/bin/node", "node", "index.js") == nil)
        #expect(key("/usr/bin/bun", "bun", "run", "start") == nil)
        #expect(key("/usr/bin/java", "java", "-cp", "/a:/b", "-jar", "/opt/agent/agent.jar") == "java agent/agent.jar")
    }
}

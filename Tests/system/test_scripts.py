"""The scripts that build, on machines that are not as they should be."""
import subprocess
from pathlib import Path

import agents
from agents import run
from catalogue import test
from checkouts import REPOSITORY, checkout, without_library
from expect import Skip, check, contains, equal
from world import ACCOUNT, HOME, PROGRAM

BARE = "/usr/sbin:/usr/bin:/sbin:/bin"  # as sudo's secure_path has it


def script(name, *words, path=BARE, checkout=REPOSITORY, **variables):
    return subprocess.run([checkout / "scripts" / name, *words], text=True, capture_output=True, cwd="/",
                          env={"PATH": path, "HOME": "/root", "LANG": "C.UTF-8"} | variables)


def toolchain(place, owner, version="6.3"):
    """A program that says of itself what a toolchain would."""
    program = Path(place) / "usr/bin/swift"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'Swift version {version} (swift-{version}-RELEASE)'\n")
    program.chmod(0o755)
    run("chown", "-R", owner, str(place))
    return str(program.parent)


@test("a toolchain that sudo hides is found in the home of whoever called it, the newest one, and nobody else's is run")
def hidden(world):
    toolchains = HOME / ".local/share/swiftly/toolchains"
    toolchain(toolchains / "6.9.0", ACCOUNT)
    newest = toolchain(toolchains / "6.10.0", ACCOUNT)
    toolchain(toolchains / "6.11.0", "nobody")
    found = script("toolchain", SUDO_USER=ACCOUNT)
    equal((found.returncode, found.stdout.strip()), (0, newest), "the folder that was found")
    # What is on the PATH is what was meant.
    own = toolchain("/srv/own", "root")
    equal(script("toolchain", path=f"{own}:{BARE}", SUDO_USER=ACCOUNT).stdout.strip(), own, "the folder with one on the PATH")


@test("without any toolchain it is said how to get one, what sudo does to the PATH, and nothing is installed")
def absent(world):
    for place in ("/opt/swift", "/usr/local/swift"):
        if Path(place).exists():
            run("mount", "-t", "tmpfs", "tmpfs", place)
    for words in (["toolchain"], ["prepare", "building"]):
        done = script(*words, SUDO_USER=ACCOUNT)
        equal((done.returncode, done.stdout), (1, ""), f"status and output of {words}")
        for sentence in ("no Swift toolchain", "secure_path", "swiftly"):
            contains(done.stderr, sentence, "what is said")


def needs_packages():
    """Those that building takes are installed first, and a throwaway host has no network."""
    if run("dpkg-query", "-W", "libtomlplusplus-dev", check=False).returncode:
        raise Skip("the packages that building takes are not installed here")


@test("a toolchain that cannot start is shown with its loader's words and the libraries that are missing")
def lacking(world):
    needs_packages()
    program = Path("/srv/lacking/swift")
    program.parent.mkdir()
    without_library().rename(program)
    done = script("prepare", "building", path=f"{program.parent}:{BARE}", checkout=checkout(PROGRAM))
    equal(done.returncode, 1, "the exit status")
    contains(done.stderr, "error while loading shared libraries: libgone.so.7", "the loader's words")
    contains(done.stderr, "These libraries are missing", "what is said")
    check("unknown version" not in done.stderr, "it is called one of an unknown version")


@test("a toolchain that is too old is called by its version")
def old(world):
    needs_packages()
    place = toolchain("/srv/old", "root", version="5.10")
    done = script("prepare", "building", path=f"{place}:{BARE}", checkout=checkout(PROGRAM))
    equal(done.returncode, 1, "the exit status")
    contains(done.stderr, "is 5.10; 6.2 or newer is needed", "what is said")


@test("who is not root is told which packages are missing, and nothing else happens")
def unprivileged(world):
    # As if one package had never been installed.
    status = Path("/var/lib/dpkg/status")
    text = status.read_text()
    check("Package: libyaml-0-2\n" in text, "the test is none: the package is not installed")
    status.write_text(text.replace("Package: libyaml-0-2\n", "Package: libyaml-elsewhere\n"))
    uid = agents.pwd.getpwnam(ACCOUNT).pw_uid
    done = subprocess.run([REPOSITORY / "scripts/prepare", "running"], text=True, capture_output=True, user=uid, cwd="/",
                          env={"PATH": BARE})
    equal(done.returncode, 1, "the exit status")
    contains(done.stderr, "apt-get install libyaml-0-2", "what is said")


@test("a machine that cannot have a throwaway host is told so in words before anything is built")
def unable(world):
    def checked(*command):
        done = run("unshare", "--mount", "bash", "-c", f"{' '.join(command)}; exec {REPOSITORY}/scripts/host check",
                   check=False)
        equal(done.returncode, 1, f"the exit status after {command}")
        equal(len(list(Path("/tmp").glob("tmp.*"))), 0, "what is left in /tmp")
        return done.stderr
    contains(checked("mount", "-t", "tmpfs", "none", "/sys/fs/cgroup"), "cgroup version 2 is not mounted", "what is said")
    contains(checked("mount", "-o", "remount,bind,ro", "/sys/fs/cgroup"), "no group can be made", "what is said")
    done = run("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", str(REPOSITORY / "scripts/host"), "check",
               check=False)
    contains(done.stderr, "docker run --privileged", "what is said without the right to mount")
    contains(checked("umount", "/dev/urandom", "&&", "rm", "/dev/urandom"), "no device /dev/urandom", "what is said")

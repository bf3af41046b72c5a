"""The scripts of this repository, inside a throwaway host, where the repository itself is read-only."""
import shutil
from pathlib import Path

from agents import run
from world import PROGRAM

REPOSITORY = Path("/srv/watchdog")
CHECKOUT = Path("/root/checkout")


def script(name, *words, checkout=REPOSITORY):
    return run(str(checkout / "scripts" / name), *words, check=False)


def checkout(program):
    """A checkout of which `program` was built."""
    shutil.copytree(REPOSITORY, CHECKOUT, ignore=lambda folder, names: [".build"] if folder == str(REPOSITORY) else [])
    built = CHECKOUT / ".build/release/watchdog"
    built.parent.mkdir(parents=True)
    shutil.copy(program, built)
    return CHECKOUT


def install():
    """As an operator does, with the program under test as what was built."""
    return run(str((CHECKOUT if CHECKOUT.exists() else checkout(PROGRAM)) / "scripts/install"))


def without_library():
    """A program that its loader refuses, as one from a newer release of the distribution."""
    folder = Path("/root/lacking")
    folder.mkdir()
    (folder / "gone.c").write_text("int gone(void) { return 0; }\n")
    (folder / "main.c").write_text("int gone(void);\nint main(void) { return gone(); }\n")
    run("cc", "-shared", "-o", str(folder / "libgone.so.7"), "-Wl,-soname,libgone.so.7", str(folder / "gone.c"))
    run("cc", "-o", str(folder / "program"), str(folder / "main.c"), str(folder / "libgone.so.7"))
    (folder / "libgone.so.7").unlink()
    return folder / "program"

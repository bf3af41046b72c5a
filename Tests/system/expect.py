"""What tests say. Each takes what it is about, so that a failure reads as a sentence."""


class Failure(AssertionError):
    """The program does not do what it should."""


class Skip(Exception):
    """The test cannot run here; the text says what is missing."""


def check(condition, sentence):
    if not condition:
        raise Failure(sentence)


def equal(found, wanted, what):
    if found != wanted:
        raise Failure(f"{what} is {found!r}, and should be {wanted!r}")


def contains(text, piece, what):
    if piece not in text:
        raise Failure(f"{what} does not contain {piece!r}: {_short(text)}")


def lacks(text, piece, what):
    if piece in text:
        raise Failure(f"{what} contains {piece!r}: {_short(text)}")


def _short(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 1500 else text[:1500] + f"… ({len(text)} characters)"

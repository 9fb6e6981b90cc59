"""`python -m tools.image prepare|load`: the image for tests; `load` brings it to the engine DOCKER_HOST."""

import argparse
import os
import sys

from tools.engine_packages import EngineMissingError
from tools.image.making import BuildFailedError, image_archive, load_image


def main() -> int:
    """Make it, and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description="The image, for tests.")
    parser.add_argument("command", choices=["prepare", "load"])
    named = os.environ.get("DOCKER_HOST", "")
    if parser.parse_args().command == "load" and not named:
        parser.error("load needs DOCKER_HOST: the engine that is to have it")
    try:
        print(load_image(named) if parser.parse_args().command == "load" else image_archive())
    except (EngineMissingError, BuildFailedError) as problem:
        print(f"image: {problem}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

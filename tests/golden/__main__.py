"""Tell all golden stories anew: `python -m tests.golden` writes what goes in and what comes out.

Look at the difference before it is committed: each changed line is a changed decision.
"""

from tests.golden.engines import folded
from tests.golden.files import cast_of, read_inputs, write_inputs, write_outputs
from tests.golden.kept import lines
from tests.golden.stories import STORIES
from tests.golden.telling import Teller, clocked


def main() -> None:
    """Write the files of every story."""
    for number, (name, tell) in enumerate(STORIES.items()):
        teller = Teller(number)
        tell(teller)
        write_inputs(name, teller.told())
    for number, name in enumerate(STORIES):
        told = lines(folded(clocked(read_inputs(name), [number])), cast_of(name), number)
        write_outputs(name, told)
        print(f"{name}: {len(read_inputs(name))} in, {len(told)} lines out")


if __name__ == "__main__":
    main()

"""`python -m benchmarks [p1 p3 …]` prints one line for each figure. Exits 0 if everything could be
measured, whatever the figures are.

The function `measure()` of each `benchmarks/p<number>.py` yields one or more figures.
"""

import importlib
import sys
import traceback
from pathlib import Path

FIGURES = sorted(
    (path.stem for path in Path(__file__).parent.glob("p*.py") if path.stem[1:].isdigit()),
    key=lambda name: int(name[1:]),
)


def main(wanted: list[str]) -> int:
    """Measure the named figures, or all."""
    names = [name.lower() for name in wanted] or FIGURES
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        print(
            f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}", file=sys.stderr
        )
        return 2
    failed = 0
    for name in names:
        try:
            for figure in importlib.import_module(f"benchmarks.{name}").measure():
                print(figure, flush=True)
        except Exception:  # noqa: BLE001 - the other figures are still measured
            traceback.print_exc()
            print(f"{name.upper()} could not be measured", flush=True)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

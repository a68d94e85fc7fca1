"""The table: every row is a ratio of two things that were measured side by side."""

import json
import os
import platform
import statistics
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from servers import ROOT

BEGIN, END = "<!-- `make bench` writes from here -->", "<!-- to here -->"


@dataclass
class Row:
    name: str
    ours: float
    other: float
    ratio: float
    goal: str
    unit: str
    met: bool


class Report:
    def __init__(self):
        self.rows = []
        self.spreads = []

    def compare(self, name, ours, other, unit, at_least=None, at_most=None):
        """`ours` and `other` are figures of the same rounds."""
        ratios = [a / b for a, b in zip(ours, other, strict=True)]
        ratio = statistics.median(ratios)
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        middle = statistics.median(ours), statistics.median(other), ratio
        self.add(name, *middle, unit, at_least, at_most, spread)

    def add(self, name, ours, other, ratio, unit, at_least=None, at_most=None, spread=""):
        met = (at_least is None or ratio >= at_least) and (at_most is None or ratio <= at_most)
        goal = f"≥ {at_least}" if at_least is not None else f"≤ {at_most}" if at_most is not None else ""
        self.rows.append(Row(name, round(ours, 2), round(other, 2), round(ratio, 3), goal, unit, met))
        self.spreads.append(spread)
        print(self.line(-1), flush=True)

    def line(self, at):
        row = self.rows[at]
        goal = f"{row.goal} {'met' if row.met else '**missed**'}" if row.goal else ""
        return (f"| {row.name} | {row.ours:,.0f} | {row.other:,.0f} | {row.unit} "
                f"| {row.ratio:.2f} | {self.spreads[at]} | {goal} |")

    def write(self):
        folder = ROOT / "benches"
        rows = [asdict(row) for row in self.rows]
        (folder / "results.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        path = folder / "RESULTS.md"
        before, rest = path.read_text().split(BEGIN)
        _, after = rest.split(END)
        lines = [BEGIN, "", machine(), "",
                 "| | ours | other | unit | ratio | spread | goal |", "| --- | --- | --- | --- | --- | --- | --- |",
                 *(self.line(at) for at in range(len(self.rows))), "", END]
        path.write_text(before + "\n".join(lines) + after)


def machine():
    cpu = next(line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
               if line.startswith("model name"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
    load, _, _ = os.getloadavg()
    return (f"{os.cpu_count()} cores of {cpu}, {memory:.0f} GiB, Linux {platform.release()}, rustc {rustc}; "
            f"load average at the end {load:.1f}.")

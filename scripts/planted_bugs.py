"""Plants bugs in a copy of the sources, and hunts them with `serre soak`. Called by scripts/planted-bugs."""

import argparse
import json
import os
import subprocess
import sys
import time

# The switch that wakes a bug up: only the copy has it.
SWITCH = """import Foundation

/// Whether the bug of this name is awake.
public func isAwake(_ bug: String) -> Bool { awake == bug }

private let awake = ProcessInfo.processInfo.environment["SERRE_PLANTED_BUG"] ?? ""
"""

# Each: name, what it is, and its edits (file, text that must occur once, text instead). `{bug}` is the switch.
BUGS = [
    ("skip-fsync", "files are not flushed before they get their names", [
        ("Sources/Integrity/AtomicFile.swift",
         "                try file.flush()\n",
         "                if !{bug} { try file.flush() }\n"),
    ]),
    ("skip-folder-flush", "a checkpoint's new name is not flushed", [
        ("Sources/Training/CheckpointSave.swift",
         "        run.files.flushFolder(of: folder)\n",
         "        if !{bug} { run.files.flushFolder(of: folder) }\n"),
    ]),
    ("accept-damaged", "a checkpoint is taken without looking at its digests", [
        ("Sources/Training/Checkpoint.swift",
         "        guard found == entry.sha256 else {",
         "        guard found == entry.sha256 || {bug} else {"),
        ("Sources/Training/Trainer.swift",
         "        guard digest.root.description == index.stateDigest else {",
         "        guard digest.root.description == index.stateDigest || {bug} else {"),
    ]),
    ("delete-before-save", "the old checkpoints go before the new one has its name", [
        ("Sources/Training/CheckpointSave.swift",
         "        try AtomicFile.write(index.encoded(), to: partial + \"/index.json\", on: run.files)\n",
         "        if {bug} { for old in run.checkpointSteps() { run.removeCheckpoint(old) } }\n"
         "        try AtomicFile.write(index.encoded(), to: partial + \"/index.json\", on: run.files)\n"),
    ]),
    ("forget-moments", "a resumed run lacks Adam's second moments", [
        ("Sources/Numerics/Executor+State.swift",
         "                try read(piece.parameter, .secondMoment, piece.elements, piece.secondMoment)\n",
         "                if !{bug} { try read(piece.parameter, .secondMoment, piece.elements, piece.secondMoment) }\n"),
        ("Sources/Training/Trainer.swift",
         "index.stateDigest || isAwake(\"accept-damaged\") else {",
         "index.stateDigest || isAwake(\"accept-damaged\") || {bug} else {"),
    ]),
    ("skip-batch", "a resumed run leaves out a batch", [
        ("Sources/Training/Trainer.swift",
         "        samples = checkpoint.index.samples\n",
         "        samples = checkpoint.index.samples + ({bug} ? recipe.batch.global : 0)\n"),
    ]),
    ("stale-buffer", "a received micro-batch does not replace the one before it", [
        ("Sources/Numerics/RankExecutor.swift",
         "            return try fabric.receive(\n"
         "                into: bytes, from: transfer.peer.rank(of: coordinate, in: layout), to: rank, tag: Tag.transfer(transfer)\n"
         "            )\n",
         "            let stale = {bug} && microbatch > 0 ? Array(bytes) : []\n"
         "            let isThere = try fabric.receive(\n"
         "                into: bytes, from: transfer.peer.rank(of: coordinate, in: layout), to: rank, tag: Tag.transfer(transfer))\n"
         "            if isThere, !stale.isEmpty { bytes.copyBytes(from: stale) }\n"
         "            return isThere\n"),
    ]),
    ("arrival-order", "contributions are summed in the order in which they come", [
        ("Sources/Fabrics/Collective.swift",
         "    private var next = 0\n",
         "    private var next = 0\n    private var arrived: [Int] = []\n"),
        ("Sources/Fabrics/Collective.swift",
         "        guard size(member) > 0 else { return true }\n",
         "        guard size(member) > 0 else { return true }\n"
         "        if {bug} {\n"
         "            for other in group.indices where other != member && !arrived.contains(other) {\n"
         "                guard let payload = try takeChunk(member, from: other, fabric) else { continue }\n"
         "                contributions.append(payload)\n"
         "                arrived.append(other)\n"
         "                progress += 1\n"
         "            }\n"
         "            return arrived.count == group.count - 1\n"
         "        }\n"),
    ]),
    ("drop-retry", "a lost message is not sent again", [
        ("Sources/Rehearsal/SimulatedFabric.swift",
         "        if isLost {\n",
         "        if isLost, {bug} { return }\n        if isLost {\n"),
    ]),
    ("accept-twice", "a message that comes twice is taken twice", [
        ("Sources/Rehearsal/SimulatedFabric.swift",
         "            guard frame.sequence >= expected else { return }\n",
         "            if {bug}, frame.sequence < expected {\n"
         "                ready.append(frame.payload)\n"
         "                note(frame.payload)\n"
         "                return\n"
         "            }\n"
         "            guard frame.sequence >= expected else { return }\n"),
    ]),
    ("accept-altered", "the sum of a message's bytes is not looked at", [
        ("Sources/Rehearsal/SimulatedFabric.swift",
         "        if let sum = frame.sum, frame.payload.withBytes({ wordSum($0) }) != sum { return }\n",
         "        if let sum = frame.sum, frame.payload.withBytes({ wordSum($0) }) != sum, !{bug} { return }\n"),
    ]),
    ("lose-event", "the ledger drops every other checkpoint's event", [
        ("Sources/Ledger/Ledger+Write.swift",
         "        for file in event.files { try file.checkPath() }\n        try settle()\n",
         "        for file in event.files { try file.checkPath() }\n        try settle()\n"
         "        if {bug}, event.kind == .checkpoint, (event.step ?? 0) % 4 == 0 {\n"
         "            return RecordID(run: run, commit: try tip(of: run).hex)\n"
         "        }\n"),
    ]),
    ("record-late", "the steps before a save are not recorded until it is over", [
        ("Sources/Training/Trainer.swift",
         "        if isNew { try observe(.saving(step: step)) }\n",
         "        if isNew, !{bug} { try observe(.saving(step: step)) }\n"),
    ]),
    ("save-live-state", "the background writes the state that training goes on with, and no copy", [
        ("Sources/Training/BackgroundSave.swift",
         "        let copy = StateCopy(executor.ownedPieces)\n",
         "        let copy = StateCopy(executor.ownedPieces)\n"
         "        nonisolated(unsafe) let live = executor.ownedPieces\n"),
        ("Sources/Training/BackgroundSave.swift",
         "save.writeFiles(copy.pieces, of: ranks)",
         "save.writeFiles({bug} ? live : copy.pieces, of: ranks)"),
    ]),
    ("complete-too-early", "a checkpoint is said to be complete when its files are written, and has no name yet", [
        ("Sources/Training/BackgroundSave.swift",
         "        return waiting ? try advance(over: fabric, waiting: true) : false\n",
         "        return waiting ? try advance(over: fabric, waiting: true) : {bug}\n"),
    ]),
    ("forget-evaluation", "a run that goes on after a save leaves out the evaluation that should have followed", [
        ("Sources/Training/Trainer.swift",
         "        mayLackEvaluation = true\n",
         "        mayLackEvaluation = !{bug}\n"),
    ]),
    ("go-on-after-stop", "a request to stop is not heard", [
        ("Sources/Training/Trainer.swift",
         "            reason = step < end ? request : nil\n",
         "            reason = step < end && !{bug} ? request : nil\n"),
    ]),
    ("no-audit", "what differs between replicas is not looked at", [
        ("Sources/Training/Trainer.swift",
         "        let outcome = try audited(input, observe)\n",
         "        let outcome = try {bug} ? executor.step(input) : audited(input, observe)\n"),
    ]),
]


def plant(root):
    """Edits the copy below `root`; every edit must fit exactly once, or the table above is out of date."""
    with open(f"{root}/Sources/Diagnostics/PlantedBug.swift", "w") as file:
        file.write(SWITCH)
    for name, _, edits in BUGS:
        for path, old, new in edits:
            with open(f"{root}/{path}") as file:
                text = file.read()
            if text.count(old) != 1:
                sys.exit(f"planted-bugs: {name}: {path} has this {text.count(old)} times, expected once:\n{old}")
            with open(f"{root}/{path}", "w") as file:
                file.write(text.replace(old, new.replace("{bug}", f'isAwake("{name}")')))


def soak(serre, bug, seeds):
    """What a soak says with one bug awake (none when `bug` is empty)."""
    began = time.monotonic()
    done = subprocess.run(
        [serre, "soak", "--seeds", str(seeds), "--json"], capture_output=True, text=True,
        env={**os.environ, "SERRE_PLANTED_BUG": bug})
    if done.returncode not in (0, 1) or not done.stdout:
        return None, f"exit status {done.returncode}: {done.stderr.strip()[-300:]}", time.monotonic() - began
    reasons = [line for line in done.stderr.splitlines() if line.startswith("serre: error: seed ")]
    reason = reasons[0].removeprefix("serre: error: ") if reasons else ""
    return json.loads(done.stdout), reason, time.monotonic() - began


def hunt(serre, names, seeds):
    """Hunts the bugs of these names; the exit status."""
    missed = []
    said, reason, seconds = soak(serre, "", min(seeds, 200))
    if said is None or said["failed"]:
        sys.exit(f"planted-bugs: something is found where no bug is awake: {reason}")
    print(f"{'(no bug)':19} nothing in {said['seeds']} seeds, {seconds:.0f} s", flush=True)
    for name, what, _ in BUGS:
        if names and name not in names:
            continue
        said, reason, seconds = soak(serre, name, seeds)
        if said is not None and said["failed"]:
            print(f"{name:19} found by seed {said['first_failure']}, {seconds:.0f} s: {what}", flush=True)
            print(f"{'':19} {reason[:160]}", flush=True)
        else:
            missed.append(name)
            print(f"{name:19} MISSED: {what}; {reason or 'no seed failed'}", flush=True)
    print(f"{len(BUGS if not names else names) - len(missed)} found, {len(missed)} missed")
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(prog="scripts/planted-bugs")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--plant")
    parser.add_argument("--hunt")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("bugs", nargs="*", choices=[name for name, _, _ in BUGS] + [[]], metavar="BUG")
    arguments = parser.parse_args()
    if arguments.list:
        for name, what, _ in BUGS:
            print(f"{name:19} {what}")
    elif arguments.plant:
        plant(arguments.plant)
    else:
        sys.exit(hunt(arguments.hunt, arguments.bugs, arguments.seeds))


if __name__ == "__main__":
    main()

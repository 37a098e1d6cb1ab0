#!/usr/bin/env python3
"""Writes a `git fast-import` stream of COUNT runs' records, four commits each, as serre writes them.

usage: ledger_repository.py COUNT | git fast-import --quiet
"""
import hashlib
import sys
import time

recipes = ["nano", "demo", "bloom-560m", "bloom-1b7-ramp-up"]
start = 1_767_225_600  # 2026-01-01
out = sys.stdout.buffer


def data(text):
    content = text.encode()
    out.write(b"data %d\n%s\n" % (len(content), content))


for number in range(int(sys.argv[1])):
    recipe = recipes[number % len(recipes)]
    begun = start + 613 * number
    run = time.strftime("%Y%m%d-%H%M%S-", time.gmtime(begun)) + f"{recipe}-{number * 40503 % 65536:04x}"
    steps = 100 + number % 900
    state = ["finished", "finished", "finished", "interrupted", "failed", "running"][number % 6]
    digest = "sha256:" + hashlib.sha256(run.encode()).hexdigest()
    events = [("start", 0, "running", ""), ("segment", steps, "running", ""), ("checkpoint", steps, "running", digest)]
    if state != "running":
        events.append(("end", steps, state, digest))
    for place, (kind, step, after, known) in enumerate(events):
        out.write(b"commit refs/serre/runs/%s\n" % run.encode())
        out.write(b"committer Serre <serre@localhost> %d +0000\n" % (begun + place))
        lines = [f"serre run {run}: {kind} at step {step}", "", f"Serre-Run: {run}", f"Serre-Event: {kind}"]
        lines += ["Serre-Format: 1", f"Serre-Step: {step}"]
        lines += [f"Serre-Digest: {known}"] if known else []
        lines += [f"Serre-Outcome: {after}"] if kind == "end" else []
        lines += [f"Serre-Recipe: {recipe}", f"Serre-State: {after}", f"Serre-Last-Step: {step}"]
        lines += [f"Serre-Last-Digest: {known}"] if known else []
        lines += [f"Serre-Steps-Planned: {steps}"]
        data("\n".join(lines) + "\n")
        if kind == "start":
            out.write(b"M 100644 inline record.json\n")
            data(f'{{"format":1,"recipe":"{recipe}","run":"{run}","steps_planned":{steps},"serre":{{"version":"0.1.0"}}}}')
        elif kind == "segment":
            out.write(b"M 100644 inline metrics/000001-%06d.jsonl\n" % steps)
            data(f'{{"step":{steps},"loss":2.5,"fingerprint":"{digest[7:55]}"}}\n')

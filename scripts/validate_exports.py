#!/usr/bin/env python3
"""Checks a run's exports with public libraries: prov, rocrate-validator, in-toto-attestation,
tensorboard, huggingface_hub. Prints a line per check.

usage: validate_exports.py FOLDER, with FOLDER/{prov.json,slsa.json,steps.csv,run.json,README.md,crate/,tensorboard/}
"""
import csv
import json
import math
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import requests
import rocrate
from google.protobuf import json_format
from huggingface_hub import ModelCard
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from prov.model import ProvDocument
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = Path(sys.argv[1])
failures = 0


def check(name, works, detail=""):
    global failures
    failures += not works
    print(f"{name}: {'valid' if works else 'NOT VALID'}{' ' + detail if detail else ''}")


# PROV-JSON: the reference implementation reads it, and reads the same from what it writes, in three notations.
text = (folder / "prov.json").read_text()
document = ProvDocument.deserialize(content=text, format="json")
again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
by_xml = ProvDocument.deserialize(content=document.serialize(format="xml"), format="xml")
records = sum(len(group) for kind, group in json.loads(text).items() if kind != "prefix")
check("PROV-JSON", document == again and len(document.get_records()) == records, f"{records} records, read back equal")
check("PROV-JSON as XML", document == by_xml)
check("PROV-N", document.get_provn().startswith("document"))

# in-toto: both messages as the framework's own protocol buffers define them; unknown fields are errors.
data = json.loads((folder / "slsa.json").read_text())
statement = json_format.Parse(json.dumps(data), statement_pb2.Statement(), ignore_unknown_fields=False)
Statement.copy_from_pb(statement).validate()
check("in-toto Statement v1", statement.type == "https://in-toto.io/Statement/v1", f"{len(statement.subject)} subjects")
predicate = json_format.Parse(
    json.dumps(data["predicate"]), provenance_pb2.Provenance(), ignore_unknown_fields=False)
definition, details = predicate.build_definition, predicate.run_details
check(
    "SLSA Provenance v1",
    statement.predicate_type == "https://slsa.dev/provenance/v1"
    and definition.build_type != ""
    and len(definition.external_parameters) > 0
    and details.builder.id != ""
    and all(len(one.digest) > 0 for one in definition.resolved_dependencies),
    f"{len(definition.resolved_dependencies)} dependencies")

# Without a network the terms of RO-Crate come from the package rocrate, which ships the context of a later version.
context = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()


def get_or_shipped(requester, url, **options):
    try:
        return requester.__getattr__("get")(url, **options)
    except Exception:
        if url != "https://w3id.org/ro/crate/1.1/context":
            raise
        print("  without network: RO-Crate's terms as the package rocrate ships them")
        response = requests.Response()
        response.status_code, response._content = 200, context
        response.headers["Content-Type"] = "application/ld+json"
        return response


HttpRequester.get = get_or_shipped

# RO-Crate: every requirement of the profile and of RO-Crate itself; recommendations are listed.
for severity in ("REQUIRED", "RECOMMENDED"):
    settings = services.ValidationSettings(
        rocrate_uri=str(folder / "crate"),
        profile_identifier="process-run-crate",
        requirement_severity=models.Severity[severity],
    )
    result = services.validate(settings)
    issues = [issue for issue in result.get_issues()]
    for issue in issues:
        print(f"  {issue.severity.name}: {issue.message} ({issue.check.identifier})")
    if severity == "REQUIRED":
        check("Process Run Crate, required", not result.has_issues() and not issues)
    else:
        print(f"Process Run Crate, recommended: {len(issues)} remarks")

# CSV: every number reads back to the bits of the fingerprint.
rows = list(csv.DictReader((folder / "steps.csv").open(newline="")))
run = json.loads((folder / "run.json").read_text())


def bits(text):
    return struct.pack(">d", float(text)).hex()


exact = all(
    "-".join(bits(row[name]) for name in ("loss", "gradient_norm", "update_sum")) == row["fingerprint"]
    for row in rows
    if not math.isnan(float(row["loss"])))
check("CSV", exact and len(rows) == len(run["steps"]) > 0, f"{len(rows)} rows, equal to the fingerprints' bits")
same = all(str(row["step"]) == str(step["step"]) and row["fingerprint"] == step["fingerprint"] for row, step in zip(rows, run["steps"]))
check("JSON", same and run["format"] == "serre-run")

# TensorBoard: its Python reader finds every number, and its server answers with them.
log = folder / "tensorboard" / run["run"]
accumulator = EventAccumulator(str(log), size_guidance={"scalars": 0}).Reload()


def rounded(text):
    return struct.unpack("<f", struct.pack("<f", float(text)))[0]


def equal(numbers, expected):
    return len(numbers) == len(expected) and all(a == b or a != a and b != b for a, b in zip(numbers, expected))


columns = {
    "train/loss": "loss", "train/gradient_norm": "gradient_norm", "train/learning_rate": "learning_rate",
    "progress/tokens": "tokens", "speed/tokens_per_second": "tokens_per_second"}
read = {tag: accumulator.Scalars(tag) for tag in columns}
same = all(
    equal([event.value for event in read[tag]], [rounded(row[column]) for row in rows])
    and [event.step for event in read[tag]] == [int(row["step"]) for row in rows]
    for tag, column in columns.items())
tags = accumulator.Tags()["scalars"]
measured = sum(len(values) for one in run["evaluations"] for values in one.values() if isinstance(values, dict))
counted = sum(len(accumulator.Scalars(tag)) for tag in tags if tag.startswith("validation/"))
check("TensorBoard event file", same and counted == measured, f"{len(tags)} tags, equal to the record rounded to float32")

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
server = subprocess.Popen(
    [sys.executable, "-m", "tensorboard.main", "--logdir", str(log.parent), "--port", str(port)],
    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
served = []
try:
    query = urllib.parse.urlencode({"run": run["run"], "tag": "train/loss"})
    url = f"http://127.0.0.1:{port}/data/plugin/scalars/scalars?{query}"
    for _ in range(120):
        try:
            served = json.load(urllib.request.urlopen(url, timeout=5))
            break
        except OSError:
            time.sleep(0.5)
finally:
    server.terminate()
    server.wait()
# At most 1,000 points of a tag are served.
loss = {int(row["step"]): rounded(row["loss"]) for row in rows}
check(
    "TensorBoard server",
    len(served) == min(len(rows), 1000) and all(equal([float(value)], [loss[step]]) for _, step, value in served),
    f"{len(served)} points of train/loss served")

# The model card: read as Hugging Face's library reads it, with the held-out measures as comparable results.
card = ModelCard((folder / "README.md").read_text()).data
results = card.eval_results or []
last = max(run["evaluations"], key=lambda one: one["step"], default={"bits_per_byte": {}})["bits_per_byte"]
by_name = {result.dataset_name.removeprefix("held-out text, "): result.metric_value for result in results}
check(
    "Model card", by_name == last and card.library_name == "transformers" and bool(card.license),
    f"{len(results)} results, {(card.get('co2_eq_emissions') or {}).get('emissions', 'no')} g of emissions")
sys.exit(1 if failures else 0)

"""Trains tiny models, examines each with `serre evaluate` and with lm_eval, and compares figures and items.

usage: evaluate_peer.py SERRE LM_EVAL FOLDER
"""

import glob
import itertools
import json
import os
import subprocess
import sys

# Figures may differ by as much as float32 logits of two programs do.
BOUND = 1e-4
# (name, words of `serre train`): short sequences, which cut most items; long ones, which cut none; learnt tokens; Llama.
MODELS = [
    ("short", ["nano", "--steps", "10", "--set", "model.sequence_length=64"]),
    ("long", ["nano", "--steps", "10", "--set", "model.sequence_length=256"]),
    ("llama", ["nano-llama", "--steps", "10", "--set", "model.sequence_length=128"]),
    (
        "tokens",
        ["nano", "--steps", "10", "--set", "model.vocabulary=512", "--set", "model.padded_vocabulary=512"]
        + ["--set", "data.tokenizer=bpe", "--set", "model.sequence_length=96", "--corpus", "data/t.json"],
    ),
]
# What lm_eval calls the figure of a task, and what Serre does.
FIGURES = {
    "text": [(name, name) for name in ("word_perplexity", "byte_perplexity", "bits_per_byte")],
    "multiple_choice": [(name, name) for name in ("acc", "acc_norm", "acc_bytes", "brier_score")],
    "last_word": [("perplexity", "perplexity"), ("acc", "acc")],
    "paired_sentences": [("acc", "pct_stereotype")],
    "generation": [("exact_match", "exact_match")],
}


def main():
    serre, lm_eval, folder = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
    fixtures = os.path.abspath("fixtures/corpus")
    environment = dict(os.environ, SERRE_SHARE=os.getcwd())

    def run(*command):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    run(serre, "corpus", "build", fixtures, "-o", "corpus")
    run(serre, "tokenizer", "train", "corpus", "--vocab", "512", "-o", "t.json")
    run(serre, "tokens", "build", "corpus", "--tokenizer", "t.json", "-o", "data/t")
    write_shots(folder)
    worst, count, wrong = 0.0, 0, []
    for name, words in MODELS:
        run(serre, "train", *words, "--no-ledger", "--output", f"runs-{name}")
        (trained,) = [path for path in glob.glob(f"{folder}/runs-{name}/*") if os.path.exists(path + "/recipe.yaml")]
        run(serre, "model", "export", trained, "-o", f"{name}")
        write_echo(folder, None)
        run(serre, "evaluate", trained, "echo.yaml", "-o", f"{name}.json", "--no-ledger")
        write_echo(folder, read(f"{folder}/{name}.json"))
        suites = ["greenhouse", "echo.yaml", "shots.yaml"]
        run(serre, "evaluate", trained, *suites, "-o", f"{name}.json", "--no-ledger")
        # The exported folder, read back, is the same model.
        run(serre, "evaluate", name, *suites, "-o", f"{name}-exported.json", "--no-ledger")
        own = write_own_shots(folder, f"{folder}/harness-{name}/tasks")
        run(
            serre, "evaluate", "harness", name, *(word for suite in suites for word in ("--suite", suite)),
            "--tasks", ",".join(own.values()), "-o", f"harness-{name}", "--lm-eval", lm_eval,
        )
        ours = read(f"{folder}/{name}.json")
        (path,) = glob.glob(f"{folder}/harness-{name}/**/results_*.json", recursive=True)
        theirs = read(path)["results"]
        for suite in ours["suites"]:
            for task in suite["tasks"]:
                names = [f"serre_{suite['name']}_{task['name']}"]
                names += [own[task["name"]]] if suite["name"] == "shots" and task["name"] in own else []
                for their_task, (their_name, our_name) in itertools.product(names, FIGURES[task["kind"]]):
                    a = overall(task, our_name)
                    b = theirs[their_task][their_name + (",stripped" if task["kind"] == "generation" else ",none")]
                    difference = abs(a - b) / max(abs(b), 1)
                    worst, count = max(worst, difference), count + 1
                    print(
                        f"{name:7} {their_task:28} {our_name:16} "
                        f"serre {a:<18.10g} lm_eval {b:<18.10g} {difference:.1e}"
                    )
                    if difference > BOUND:
                        wrong.append(f"{name}, {their_task}: {our_name}")
        back = read(f"{folder}/{name}-exported.json")
        if [s["tasks"] for s in back["suites"]] != [s["tasks"] for s in ours["suites"]]:
            wrong.append(f"{name}: the exported folder has other results than the run")
    print(f"{count} figures of {len(MODELS)} models; the largest difference is {worst:.1e} (bound {BOUND:.0e})")
    if wrong:
        sys.exit("These differ: " + "; ".join(wrong))


def write_echo(folder, results):
    """A suite that the model can pass: most answers are what it wrote itself, as answer and as last word."""
    questions = read_lines("suites/greenhouse/answers.jsonl")
    answers = results["suites"][0]["tasks"][0]["items"] if results else [{"answer": "nothing"}] * len(questions)
    with open(f"{folder}/echo.jsonl", "w", encoding="utf-8") as file:
        for index, (question, item) in enumerate(zip(questions, answers)):
            # What was cut within a character cannot be written down.
            said = item["answer"] if "\ufffd" not in item["answer"] else ""
            line = {"question": question["question"], "answer": said if index % 4 and said else "nothing"}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    with open(f"{folder}/echo.yaml", "w", encoding="utf-8") as file:
        file.write(
            """name: echo
tasks:
  - {name: answers, kind: generation, file: echo.jsonl, context: "{question}", target: "{answer}", length: 12}
  - {name: words, kind: last_word, file: echo.jsonl, context: "{question}", target: "{answer}"}
"""
        )


def write_shots(folder):
    """A suite with examples before the items: drawn from the others, and the first ones of a file."""
    choices = [{key: line[key] for key in ("question", "choices", "answer")} for line in
               read_lines("suites/greenhouse/choices.jsonl")]
    answers = [{"question": line["question"], "answers": line["answers"]} for line in
               read_lines("suites/greenhouse/answers.jsonl")]
    for kind, lines in (("choices", choices), ("answers", answers)):
        for part, some in (("shown", lines[:3]), ("asked", lines[3:])):
            with open(f"{folder}/{part}-{kind}.jsonl", "w", encoding="utf-8") as file:
                file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in some)
    with open(f"{folder}/shots.yaml", "w", encoding="utf-8") as file:
        file.write(
            """name: shots
tasks:
  - {name: drawn, kind: multiple_choice, file: asked-choices.jsonl, context: "{question}", choices: "{choices}",
     label: "{answer}", shots: 2}
  - {name: choices, kind: multiple_choice, file: asked-choices.jsonl, context: "{question}", choices: "{choices}",
     label: "{answer}", shots: 2, examples: shown-choices.jsonl}
  - {name: answers, kind: generation, file: asked-answers.jsonl, context: "{question}\\n", target: "{answers}",
     length: 12, stop: ["\\n"], ignore_case: true, shots: 2, examples: shown-answers.jsonl}
"""
        )


def write_own_shots(folder, tasks):
    """The same with lm_eval's own examples, the first two of the file; returns the names by those of Serre's tasks."""
    os.makedirs(tasks, exist_ok=True)
    kinds = {
        "choices": """output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: choices
doc_to_target: answer
metric_list: [{metric: acc, aggregation: mean}, {metric: acc_norm, aggregation: mean},
  {metric: acc_bytes, aggregation: mean}, {metric: brier_score, aggregation: brier_score}]
""",
        "answers": """output_type: generate_until
doc_to_text: "{{question}}\\n"
doc_to_target: answers
target_delimiter: ""
generation_kwargs: {until: ["\\n"], max_gen_toks: 12, do_sample: false}
filter_list: [{name: stripped, filter: [{function: regex, regex_pattern: "^\\\\s*([\\\\s\\\\S]*?)\\\\s*$"}, {function: take_first}]}]
metric_list: [{metric: exact_match, aggregation: mean, ignore_case: true}]
""",
    }
    for kind, keys in kinds.items():
        with open(f"{tasks}/own_{kind}.yaml", "w", encoding="utf-8") as file:
            file.write(
                f"""task: own_{kind}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/asked-{kind}.jsonl, shown: {folder}/shown-{kind}.jsonl}}}}
test_split: test
fewshot_split: shown
num_fewshot: 2
fewshot_config: {{sampler: first_n}}
{keys}"""
            )
    return {kind: f"own_{kind}" for kind in kinds}


def read_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def overall(task, metric):
    """The figure over all items: the first of its name, whose items are all of the task's."""
    return next(f["value"] for f in task["metrics"] if f["metric"] == metric and f["items"] == len(task["items"]))


if __name__ == "__main__":
    main()

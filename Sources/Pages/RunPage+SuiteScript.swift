extension RunPage {
    /// The table of what models of the runs did in suites.
    static let suiteScript = #"""
        // Four digits after the point, fewer for large numbers, as serre evaluate prints them.
        const score = v => Math.abs(v) >= 1e6 ? v.toExponential(2) : v.toFixed(Math.abs(v) >= 100 ? 1 : Math.abs(v) >= 10 ? 3 : 4);
        // The runs' figures, suite by suite in the suite's order; the same figure of several runs and steps, the newest first, side by side.
        function suiteRows() {
          const rows = data.runs.flatMap(run => run.suites.flatMap(suite => suite.figures.map(figures => ({ run, suite, figures }))));
          const places = new Map(), key = row => row.figures.task + " " + row.figures.metric;
          for (const row of rows) if (!places.has(key(row))) places.set(key(row), places.size);
          const order = (a, b) => a < b ? -1 : a > b ? 1 : 0;
          return rows.sort((a, b) => order(a.suite.suite, b.suite.suite) || places.get(key(a)) - places.get(key(b)));
        }
        function showSuites() {
          const rows = suiteRows(), numbers = ["Step", "Value", "Items"];
          find("examined").hidden = !rows.length;
          const head = ["Suite", ...(many ? ["Run"] : []), "Step", "Task", "Figure", "Value", "95 % interval", "Items", "Model"];
          const cell = (text, kind, title) => element("td", { ...(kind ? { class: kind } : {}), ...(title ? { title } : {}) }, text);
          find("suites").replaceChildren(
            element("thead", {}, element("tr", {}, ...head.map(name => element("th", { scope: "col", ...(numbers.includes(name) ? { class: "number" } : {}) }, name)))),
            element("tbody", {}, ...rows.map(({ run, suite, figures: f }) => element("tr", {}, cell(suite.suite, "", suite.digest), ...(many ? [cell(run.run)] : []),
              cell(String(suite.step), "number"), cell(f.task), cell(f.metric), cell(score(f.value), "number"),
              cell(known(f.low) && known(f.high) ? `${score(f.low)} to ${score(f.high)}` : "–"), cell(String(f.items), "number"), cell(suite.model.replace("sha256:", "").slice(0, 12), "digest", suite.model)))));
        }
        """#
}

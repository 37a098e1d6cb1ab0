extension RunPage {
    /// The table of what models of the runs did in suites.
    static let suiteScript = #"""
        // Four digits after the point, fewer for large numbers, as serre evaluate prints them.
        const score = v => Math.abs(v) >= 1e6 ? v.toExponential(2) : v.toFixed(Math.abs(v) >= 100 ? 1 : Math.abs(v) >= 10 ? 3 : 4);
        // The runs' figures, suite by suite; of each run in its order, the newest step first.
        function suiteRows() {
          return data.runs.flatMap(run => run.suites.flatMap(suite => suite.figures.map(figures => ({ run, suite, figures }))))
            .sort((a, b) => a.suite.suite < b.suite.suite ? -1 : a.suite.suite > b.suite.suite ? 1 : 0);
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

extension RunPage {
    /// The runs' data, the controls, what happened, and which charts there are.
    static let pageScript = #"""
        const began = performance.now();
        const data = JSON.parse(document.getElementById("data").textContent);
        const find = id => document.getElementById(id);
        const axes = { step: "step", tokens: "tokens", samples: "samples", elapsed: "wall time", virtual: "virtual time" };
        const columns = ["step", "samples", "tokens", "loss", "gradient_norm", "learning_rate", "seconds", "tokens_per_second", "virtual_seconds", "elapsed"];
        // Puts steps behind those of a run that still count.
        function take(run, steps) {
          const count = steps.elapsed.length;
          for (const name of columns) run.columns[name] = extended(run.columns[name], steps.at, steps[name], count);
          const s = run.columns, virtual = new Float64Array(s.step.length); let sum = 0;
          for (let i = 0; i < virtual.length; i++) virtual[i] = Number.isNaN(s.virtual_seconds[i]) ? NaN : sum += s.virtual_seconds[i];
          run.axis = { step: s.step, tokens: s.tokens, samples: s.samples, elapsed: s.elapsed, virtual };
        }
        data.runs.forEach((run, number) => {
          Object.assign(run, { colour: `--c${number % 8}`, shown: true, columns: Object.fromEntries(columns.map(name => [name, new Float64Array()])) });
          take(run, run.steps);
          delete run.steps;
        });
        const many = data.runs.length > 1;
        let charts = [];
        const view = {
          axis: "step", zoom: null, cursor: null, smoothing: .6, log: false, marks: true, language: "",
          runs() { return data.runs.filter(run => run.shown); },
          axisName() { return axes[this.axis]; },
          label(v) { return this.axis === "elapsed" || this.axis === "virtual" ? duration(v) : figure(v); },
          whole() {
            let least = Infinity, greatest = -Infinity;
            for (const chart of charts) for (const { series } of chart.curves()) if (series.x.length) {
              least = Math.min(least, series.x[0]); greatest = Math.max(greatest, series.x.at(-1)); }
            return least <= greatest ? [least, greatest] : [0, 1];
          },
          marked() {
            return this.runs().flatMap(run => run.events.filter(event => event.kind === "incident" || event.kind === "resume").map(event => ({
              x: place(run, event.step), kind: event.kind, text: (many ? run.run + " " : "") + what(event) })).filter(mark => known(mark.x)));
          },
          reset() { this.zoom = null; this.draw(); },
          paint() { charts.forEach(chart => chart.draw()); heatMaps.forEach(map => map.draw()); },
          draw() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.paint()); },
        };
        // An event in words, with what a restart changed.
        const what = event => event.kind === "resume" ? `restart after step ${event.step ?? 0}: ${event.changed ?? "nothing else"} changed` : event.message;
        // Where a step is on the axis at hand; the one after it where that step itself was not recorded.
        function place(run, step) {
          const steps = run.columns.step;
          if (!known(step) || !steps.length) return null;
          let low = 0, high = steps.length - 1;
          while (low < high) { const middle = (low + high) >> 1; if (steps[middle] < step) low = middle + 1; else high = middle; }
          return run.axis[view.axis][low];
        }
        // Curves, with their pyramids and smoothed forms, are kept between drawings until their data changes.
        const remembered = new Map();
        function curve(key, made) {
          if (!remembered.has(key)) remembered.set(key, made());
          return remembered.get(key);
        }
        function series(x, y) {
          if (x.every(known)) return new Series(x, y);
          const kept = [...x.keys()].filter(i => known(x[i]));
          return new Series(kept.map(i => x[i]), kept.map(i => y[i]));
        }
        const stepCurves = (column, smooth) => () => view.runs().map(run => curve(`${run.run} ${column} ${view.axis}`, () => ({
          name: run.run, colour: run.colour, smooth, series: series(run.axis[view.axis], run.columns[column]) })));
        // Of one run all languages; of several runs one language, or the mean, a curve per run.
        const validationCurves = measure => () => view.runs().flatMap(run => {
          const all = run.validation.filter(one => one.measure === measure);
          const chosen = !many ? all : view.language === "" ? mean(all) : all.filter(one => one.language === view.language);
          return chosen.map((one, number) => curve(`${run.run} ${measure} ${one.language} ${view.axis}`, () => ({
            name: many ? run.run : one.language, colour: many ? run.colour : `--c${number % 8}`, dash: !many && number >= 8, smooth: false,
            series: series(one.steps.map(step => place(run, step)), one.values) })));
        });
        function mean(all) {
          const sums = new Map();
          for (const one of all) one.steps.forEach((step, i) => { if (known(one.values[i])) sums.set(step, [...(sums.get(step) ?? []), one.values[i]]); });
          const steps = [...sums.keys()].filter(step => sums.get(step).length === all.length).sort((a, b) => a - b);
          return steps.length ? [{ language: "mean", steps, values: steps.map(step => sums.get(step).reduce((a, b) => a + b, 0) / all.length) }] : [];
        }
        const made = new Map();
        function chart(title, unit, curves) {
          if (!made.has(title)) made.set(title, new Chart(title, unit, curves, view));
          return made.get(title);
        }
        function chartsAtHand() {
          const has = column => data.runs.some(run => run.columns[column].some(known));
          const measures = [...new Set(data.runs.flatMap(run => run.validation.map(one => one.measure)))];
          return [
            ["loss", "Training loss", "nats per token", true], ["gradient_norm", "Gradient norm", "", true],
            ["learning_rate", "Learning rate", "", false], ["tokens_per_second", "Throughput", "tokens per second", true],
            ["seconds", "Time of a step", "s", true], ["virtual_seconds", "Virtual time of a step", "s", true],
          ].filter(([column]) => has(column)).map(([column, title, unit, smooth]) => chart(title, unit, stepCurves(column, smooth)))
            .concat(measures.map(measure => chart("Validation: " + measure.replaceAll("_", " "), many ? "of the language chosen above" : "by language", validationCurves(measure))));
        }
        // Everything that is not a curve; `now` in seconds since 1970.
        function tell(now) {
          find("tiles").replaceChildren(...data.runs.flatMap(run => [
            ...(many ? [element("h3", {}, run.run), element("p", { class: "hint" }, facts(run))] : []),
            ...(run.problem ? [element("p", { class: "problem" }, `The record cannot be read just now: ${run.problem}. What follows was read before.`)] : []),
            element("div", { class: "grid" }, ...tiles(run, now)), basis(run)]));
        }
        // Brings the page up to date with the data.
        function show(now) {
          remembered.clear();
          tell(now);
          const before = charts.length;
          charts = chartsAtHand();
          if (charts.length !== before || !charts.length)
            find("plots").replaceChildren(...(charts.length ? charts.map(chart => chart.figure) : [element("p", {}, "No step is recorded yet.")]));
          showHeat();
          showSuites();
          const rows = data.runs.flatMap(run => run.events.map(event => ({ run, event }))).sort((a, b) => a.event.time - b.event.time);
          const cell = (text, kind) => element("td", kind ? { class: kind } : {}, text);
          find("events").replaceChildren(
            element("thead", {}, element("tr", {}, ...["Time", ...(many ? ["Run"] : []), "Step", "Event", "What"].map(name => element("th", { scope: "col", ...(name === "Step" ? { class: "number" } : {}) }, name)))),
            element("tbody", {}, ...rows.map(({ run, event }) => element("tr", { class: event.kind }, cell(moment(event.time)), ...(many ? [cell(run.run)] : []),
              cell(known(event.step) ? figure(event.step) : "", "number"), cell(event.kind), cell(event.kind === "resume" && event.changed ? `${event.message}: ${event.changed}` : event.message)))));
          find("written").textContent = `${data.revision ? "As of" : "Written"} ${moment(data.written)} by Serre from the record of ${data.runs.map(run => run.run).join(", ")}, and from the run's folder where it is at hand.`;
          for (const option of axis.options) option.hidden = option.disabled = !data.runs.some(run => run.axis[option.value].some(known)) && option.value !== "step";
          const languages = [...new Set(data.runs.flatMap(run => run.validation.map(one => one.language)))].sort();
          find("language-choice").hidden = !many || !languages.length;
          if (language.options.length !== languages.length + 1) {
            language.replaceChildren(element("option", { value: "" }, "all, mean"), ...languages.map(name => element("option", { value: name }, name)));
            language.value = view.language;
          }
          view.draw();
        }
        find("title").textContent = many ? `${data.runs.length} runs` : data.runs[0].run;
        if (!many) find("facts").textContent = facts(data.runs[0]);
        else for (const run of data.runs) {
          const box = element("input", { type: "checkbox", checked: "" });
          box.addEventListener("change", () => { run.shown = box.checked; view.draw(); });
          const swatch = element("span", { class: "swatch" }); swatch.style.borderColor = `var(${run.colour})`;
          find("legend").append(element("label", {}, box, " ", swatch, run.run));
          find("legend").hidden = false;
        }
        const axis = find("axis"), smoothing = find("smoothing"), language = find("language");
        show(data.written);
        // The address keeps how the page is looked at.
        const kept = new URLSearchParams(location.hash.slice(1));
        if (kept.get("axis") in axes && [...axis.options].some(option => option.value === kept.get("axis") && !option.disabled)) axis.value = kept.get("axis");
        if (kept.has("smoothing")) smoothing.value = kept.get("smoothing");
        find("log").checked = kept.get("log") === "1";
        function read(event) {
          const hasMoved = view.axis !== axis.value;
          view.axis = axis.value; view.smoothing = Number(smoothing.value); view.log = find("log").checked; view.marks = find("marks").checked; view.language = language.value;
          if (hasMoved) view.zoom = view.cursor = null;
          find("smoothing-value").textContent = view.smoothing.toFixed(2);
          if (event) history.replaceState(null, "", `#axis=${view.axis}&smoothing=${view.smoothing}&log=${view.log ? 1 : 0}`);
          view.draw();
        }
        find("controls").addEventListener("input", read);
        find("controls").addEventListener("submit", event => event.preventDefault());
        find("reset").addEventListener("click", () => view.reset());
        addEventListener("resize", () => view.draw());
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view.draw());
        // Paper is white.
        addEventListener("beforeprint", () => { document.documentElement.classList.add("printed"); view.paint(); });
        addEventListener("afterprint", () => { document.documentElement.classList.remove("printed"); view.paint(); });
        read();
        view.paint();
        // For whoever measures: the curves there are, and the milliseconds from the data's text to their first drawing.
        Object.assign(document.body.dataset, { ready: charts.length, drawn: Math.round(performance.now() - began) });
        """#
}

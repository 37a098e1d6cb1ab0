extension RunPage {
    /// Tiles, controls, events, and which charts there are.
    static let pageScript = #"""
        const data = JSON.parse(document.getElementById("data").textContent);
        const find = id => document.getElementById(id);
        const axes = { step: "step", tokens: "tokens", samples: "samples", elapsed: "wall time", virtual: "virtual time" };
        data.runs.forEach((run, number) => {
          run.colour = `--c${number % 8}`; run.shown = true;
          let virtual = 0;
          const s = run.steps;
          run.axis = { step: s.step, tokens: s.tokens, samples: s.samples, elapsed: s.time.map(t => t - run.started),
            virtual: s.virtual_seconds.map(v => known(v) ? virtual += v : null) };
        });
        const view = {
          axis: "step", zoom: null, cursor: null, smoothing: .6, log: false, marks: true,
          runs() { return data.runs.filter(run => run.shown); },
          axisName() { return axes[this.axis]; },
          label(v) { return this.axis === "elapsed" || this.axis === "virtual" ? duration(v) : figure(v); },
          whole() {
            let least = Infinity, greatest = -Infinity;
            for (const chart of charts) for (const { series } of chart.curves()) if (series.x.length) {
              least = Math.min(least, series.x[0]); greatest = Math.max(greatest, series.x.at(-1)); }
            return least <= greatest ? [least, greatest] : [0, 1];
          },
          markPlaces() { return this.runs().flatMap(run => run.events.filter(isMarked).map(event => place(run, event.step)).filter(known)); },
          reset() { this.zoom = null; this.draw(); },
          draw() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => charts.forEach(chart => chart.draw())); },
        };
        const isMarked = event => event.kind === "incident" || event.kind === "resume";
        // Where a step is on the axis at hand; the one after it where that step itself was not recorded.
        function place(run, step) {
          const steps = run.steps.step;
          if (!known(step) || !steps.length) return null;
          let low = 0, high = steps.length - 1;
          while (low < high) { const middle = (low + high) >> 1; if (steps[middle] < step) low = middle + 1; else high = middle; }
          return run.axis[view.axis][low];
        }
        const cache = new Map();
        function series(key, x, y) {
          if (!cache.has(key)) {
            const kept = x.map((v, i) => known(v) ? i : -1).filter(i => i >= 0);
            cache.set(key, kept.length === x.length ? new Series(x, y) : new Series(kept.map(i => x[i]), kept.map(i => y[i])));
          }
          return cache.get(key);
        }
        const remembered = new Map();
        // A curve keeps its smoothed form between drawings.
        const curve = (key, made) => { if (!remembered.has(key)) remembered.set(key, made()); return remembered.get(key); };
        function stepCurves(column, smooth) {
          return () => view.runs().map(run => curve(`${run.run} ${column} ${view.axis}`, () => ({ name: run.run, colour: run.colour, smooth,
            series: series(`${run.run} ${column} ${view.axis}`, run.axis[view.axis], run.steps[column]) })));
        }
        function validationCurves(measure) {
          return () => view.runs().flatMap(run => run.validation.filter(one => one.measure === measure).map((one, number) =>
            curve(`${run.run} ${measure} ${one.language} ${view.axis}`, () => ({
              name: (view.runs().length > 1 ? run.run + " " : "") + one.language, colour: `--c${number % 8}`, dash: number >= 8, smooth: false,
              series: series(`${run.run} ${measure} ${one.language} ${view.axis}`, one.steps.map(step => place(run, step)), one.values) }))));
        }
        const has = column => data.runs.some(run => run.steps[column].some(known));
        const measures = [...new Set(data.runs.flatMap(run => run.validation.map(one => one.measure)))];
        const charts = [
          ["loss", "Training loss", "nats per token", true], ["gradient_norm", "Gradient norm", "", true],
          ["learning_rate", "Learning rate", "", false], ["tokens_per_second", "Throughput", "tokens per second", true],
          ["seconds", "Time of a step", "s", true], ["virtual_seconds", "Virtual time of a step", "s", true],
        ].filter(([column]) => has(column)).map(([column, title, unit, smooth]) => new Chart(title, unit, stepCurves(column, smooth), view))
          .concat(measures.map(measure => new Chart("Validation: " + measure.replaceAll("_", " "), "by language", validationCurves(measure), view)));

        function state(run) {
          const silent = data.written - run.updated;
          if (run.state !== "running") return [run.state, run.state];
          return silent > 900 ? ["stale", `said to run, but nothing recorded for ${duration(silent)}`] : ["running", `running; last recorded ${duration(silent)} before this page`];
        }
        function tiles(run) {
          const s = run.steps, n = s.step.length, at = n - 1, out = [];
          const tile = (name, value, more) => out.push(element("dl", { class: "tile" }, element("dt", {}, name), element("dd", {}, value, ...(more ? [element("small", {}, more)] : []))));
          const [kind, words] = state(run);
          tile("State", element("span", { class: "state " + kind }, words), run.state_digest ? "digest " + run.state_digest.slice(0, 19) + "…" : "");
          tile("Steps", run.steps_planned ? `${figure(run.steps_done)} of ${figure(run.steps_planned)}` : figure(run.steps_done), run.steps_planned ? `${(100 * run.steps_done / run.steps_planned).toFixed(1)} %` : "");
          if (n) {
            tile("Loss", figure(s.loss[at]), known(s.loss[at]) ? `perplexity ${figure(Math.exp(s.loss[at]))}` : "not finite at the last step");
            if (known(s.tokens[at])) tile("Tokens", figure(s.tokens[at]));
            if (known(s.gradient_norm[at])) tile("Gradient norm", figure(s.gradient_norm[at]));
            if (known(s.learning_rate[at])) tile("Learning rate", figure(s.learning_rate[at]));
            const speed = s.tokens_per_second.slice(-100).filter(known).sort((a, b) => a - b);
            if (speed.length) tile("Throughput", figure(quantile(speed, .5)) + " tokens/s", `median of the last ${speed.length} steps`);
            const times = s.seconds.slice(-200).filter(known).sort((a, b) => a - b);
            if (times.length) tile("Time of a step", duration(quantile(times, .5)), `80 % between ${duration(quantile(times, .1))} and ${duration(quantile(times, .9))}`);
            const left = (run.steps_planned ?? 0) - run.steps_done;
            if (kind === "running" && left > 0 && times.length) tile("Left", duration(left * quantile(times, .5)), `between ${duration(left * quantile(times, .1))} and ${duration(left * quantile(times, .9))}`);
            const useful = s.seconds.reduce((sum, v) => sum + (v ?? 0), 0), wall = s.time[at] - run.started;
            if (useful > 0 && wall >= 60) tile("Goodput", `${(100 * Math.min(1, useful / wall)).toFixed(1)} %`, "of the time since the start spent in steps that count");
          }
          const saved = run.events.filter(event => event.kind === "checkpoint").at(-1);
          tile("Last checkpoint", saved ? `step ${figure(saved.step)}` : "none", saved ? moment(saved.time) : "");
          if (known(run.joules)) tile("Energy", run.joules >= 3.6e5 ? figure(run.joules / 3.6e6) + " kWh" : figure(run.joules) + " J", "so far");
          else tile("Energy", "unknown");
          if (known(run.carbon_grams)) tile("Carbon", figure(run.carbon_grams) + " g CO₂e", "so far");
          const bad = run.events.filter(event => event.kind === "incident").length, again = run.events.filter(event => event.kind === "resume").length;
          if (bad || again) tile("Incidents", figure(bad), `${figure(again)} restart${again === 1 ? "" : "s"}`);
          return out;
        }
        function facts(run) {
          return [`recipe ${run.recipe}`, run.layout, run.hosts && `${run.hosts} process${run.hosts === 1 ? "" : "es"}`, run.numerics && `numerics ${run.numerics}`,
            `Serre ${run.serre}`, `started ${moment(run.started)}`].filter(Boolean).join(" · ");
        }
        // How the energy came about, or why it is unknown.
        const basis = run => element("p", { class: "hint" }, run.energy_basis ? `Energy: ${run.energy_basis}.` : "");
        const many = data.runs.length > 1;
        find("title").textContent = many ? `${data.runs.length} runs` : data.runs[0].run;
        if (!many) find("facts").textContent = facts(data.runs[0]);
        for (const run of data.runs) {
          const grid = element("div", { class: "grid" }, ...tiles(run));
          if (!many) { find("tiles").append(...grid.children); find("tiles").after(basis(run)); continue; }
          find("tiles").style.display = "block";
          grid.style.cssText = "display:grid;gap:.8rem;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));margin-bottom:1rem";
          find("tiles").append(element("h3", {}, run.run), element("p", { class: "hint" }, facts(run)), grid, basis(run));
          const box = element("input", { type: "checkbox", checked: "" });
          box.addEventListener("change", () => { run.shown = box.checked; view.draw(); });
          const swatch = element("span", { class: "swatch" }); swatch.style.borderColor = `var(${run.colour})`;
          find("legend").append(element("label", {}, box, " ", swatch, run.run));
          find("legend").hidden = false;
        }
        find("plots").append(...(charts.length ? charts.map(chart => chart.figure) : [element("p", {}, "No step is recorded yet.")]));
        const rows = data.runs.flatMap(run => run.events.map(event => ({ run, event }))).sort((a, b) => a.event.time - b.event.time);
        const cell = (text, kind) => element("td", kind ? { class: kind } : {}, text);
        find("events").append(
          element("thead", {}, element("tr", {}, ...["Time", ...(many ? ["Run"] : []), "Step", "Event", "What"].map(name => element("th", { scope: "col", ...(name === "Step" ? { class: "number" } : {}) }, name)))),
          element("tbody", {}, ...rows.map(({ run, event }) => element("tr", { class: event.kind }, cell(moment(event.time)), ...(many ? [cell(run.run)] : []),
            cell(known(event.step) ? figure(event.step) : "", "number"), cell(event.kind), cell(event.message)))));
        find("written").textContent = `Written ${moment(data.written)} by Serre from the record of ${data.runs.map(run => run.run).join(", ")}.`;

        const axis = find("axis"), smoothing = find("smoothing");
        for (const option of [...axis.options]) if (!data.runs.some(run => run.axis[option.value].some(known))) option.remove();
        // The address keeps how the page is looked at.
        const kept = new URLSearchParams(location.hash.slice(1));
        if (kept.get("axis") in axes && [...axis.options].some(option => option.value === kept.get("axis"))) axis.value = kept.get("axis");
        if (kept.has("smoothing")) smoothing.value = kept.get("smoothing");
        find("log").checked = kept.get("log") === "1";
        function read(event) {
          const hasMoved = view.axis !== axis.value;
          view.axis = axis.value; view.smoothing = Number(smoothing.value); view.log = find("log").checked; view.marks = find("marks").checked;
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
        addEventListener("beforeprint", () => charts.forEach(chart => chart.draw()));
        read();
        document.body.dataset.ready = charts.length;
        """#
}

extension RunPage {
    /// What stands above the curves: the state of each run in figures.
    static let tileScript = #"""
        // The least, the mean and the greatest seconds that a step takes nowadays: of ten stretches of the last 200 steps, what
        // is between steps (saves, evaluations) included where the record tells; down time is not.
        function pace(run) {
          const s = run.columns, times = s.seconds.slice(-200).filter(known);
          if (times.length < 2) return null;
          const size = Math.max(1, Math.floor(times.length / 10)), means = [];
          for (let i = times.length % size; i < times.length; i += size) means.push(times.slice(i, i + size).reduce((a, b) => a + b, 0) / size);
          const more = between(run);
          return { least: more * Math.min(...means), mean: more * times.reduce((a, b) => a + b, 0) / times.length, greatest: more * Math.max(...means) };
        }
        // Wall time over the steps' own time, from the last start to the newest commit.
        function between(run) {
          const begin = run.events.filter(event => event.kind === "start" || event.kind === "resume").at(-1), end = run.events.at(-1);
          if (!begin || !known(end.step) || end.step - (begin.step ?? 0) < 20) return 1;
          const s = run.columns; let own = 0;
          for (let i = s.step.length - 1; i >= 0 && s.step[i] > (begin.step ?? 0); i--) if (s.step[i] <= end.step) own += s.seconds[i] ?? 0;
          return own > 0 ? Math.max(1, (end.time - begin.time) / own) : 1;
        }
        // Model operations over what the accelerators could do, in virtual time; null where the record does not tell.
        function utilisation(run) {
          const s = run.columns, at = s.step.length - 1;
          if (!known(run.operations_per_token) || at < 1 || !known(s.virtual_seconds[at])) return null;
          return run.operations_per_token * (s.tokens[at] - s.tokens[at - 1]) / s.virtual_seconds[at] / run.peak_operations_per_second;
        }
        const joules = v => v >= 3.6e5 ? figure(v / 3.6e6) + " kWh" : figure(v) + " J";
        const grams = v => v >= 1e6 ? figure(v / 1e6) + " t CO₂e" : v >= 1000 ? figure(v / 1000) + " kg CO₂e" : figure(v) + " g CO₂e";
        function stateWords(run, now) {
          const ago = duration(Math.max(0, now - run.heard));
          const words = { live: "live", stale: `stale: nothing heard for ${ago}`, dead: "dead" }[run.state] ?? run.state;
          const more = { live: [`last heard ${ago} ago`], dead: [`last heard ${ago} ago`, "serre train --resume goes on from the last checkpoint"] }[run.state] ?? [];
          return [words, [run.reason, ...more].filter(Boolean).join("; ")];
        }
        function tiles(run, now) {
          const s = run.columns, n = s.step.length, at = n - 1, out = [];
          const tile = (name, value, more) => out.push(element("dl", { class: "tile" }, element("dt", {}, name), element("dd", {}, value, ...(more ? [element("small", {}, more)] : []))));
          const [words, more] = stateWords(run, now);
          tile("State", element("span", { class: "state " + run.state }, words), more || (run.state_digest ? "digest " + run.state_digest.slice(0, 19) + "…" : ""));
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
            const mfu = utilisation(run);
            if (mfu !== null) tile("Model FLOP utilisation", `${(100 * mfu).toPrecision(3)} %`, "of the simulated cluster's peak, in virtual time");
            const left = (run.steps_planned ?? 0) - run.steps_done, step = pace(run);
            if ((run.state === "live" || run.state === "stale") && left > 0 && step) tile("Left", duration(left * step.mean), `between ${duration(left * step.least)} and ${duration(left * step.greatest)}, as fast as ten stretches of the last steps`);
            const useful = s.seconds.reduce((sum, v) => sum + (v ?? 0), 0), wall = Math.max(run.heard - run.started, s.elapsed[at]);
            if (useful > 0 && wall >= 60) tile("Goodput", `${(100 * Math.min(1, useful / wall)).toFixed(1)} %`, "of the time since the start spent in steps that count");
          }
          const saved = run.events.filter(event => event.kind === "checkpoint").at(-1);
          tile("Last checkpoint", saved ? `step ${figure(saved.step)}` : "none", saved ? `${moment(saved.time)}, ${duration(Math.max(0, now - saved.time))} ago` : "");
          // Of a run that is over, the record may know the energy of some steps only.
          const isOver = run.state === "finished" || run.state === "failed", part = run.energy_step < run.steps_done ? `of the steps up to ${figure(run.energy_step)}` : "";
          const whole = !isOver && run.steps_planned && run.energy_step && run.energy_step < run.steps_planned ? run.steps_planned / run.energy_step : null;
          if (known(run.joules)) tile("Energy", joules(run.joules), whole ? `so far; about ${joules(run.joules * whole)} at the end` : isOver ? part : "");
          else tile("Energy", "unknown");
          if (known(run.carbon_grams)) tile("Carbon", grams(run.carbon_grams), whole ? `so far; about ${grams(run.carbon_grams * whole)} at the end` : isOver ? part : "");
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
        """#
}

extension RunPage {
    /// How long each rank was at work: a row per rank, a column per stretch of steps, stronger for longer.
    static let heatScript = #"""
        class HeatMap {
          constructor(run) {
            this.run = run;
            this.canvas = element("canvas", { role: "img" });
            this.table = element("table");
            this.words = element("p", { class: "hint" });
            this.figure = element("figure", {}, element("figcaption", {}, element("h3", {}, "Work of each rank" + (many ? " of " + run.run : ""))),
              this.canvas, this.words, element("details", {}, element("summary", {}, "Values"), this.table));
          }
          draw() {
            const { first_steps: firsts, seconds } = this.run.ranks, ranks = seconds[0].length, row = Math.max(3, Math.min(18, 480 / ranks));
            this.canvas.style.height = `${row * ranks + 24}px`;
            const width = this.canvas.getBoundingClientRect().width, scale = window.devicePixelRatio || 1, left = 58;
            this.canvas.width = Math.round(width * scale); this.canvas.height = Math.round((row * ranks + 24) * scale);
            const pen = this.canvas.getContext("2d"), style = getComputedStyle(document.documentElement), ink = name => style.getPropertyValue(name).trim();
            pen.scale(scale, scale);
            // What sticks out: each rank against the mean of all in the same stretch.
            const shares = seconds.map(stretch => { const mean = stretch.reduce((a, b) => a + b, 0) / ranks; return stretch.map(v => mean > 0 ? v / mean : 1); });
            let low = Infinity, high = -Infinity;
            for (const stretch of shares) for (const v of stretch) { low = Math.min(low, v); high = Math.max(high, v); }
            pen.fillStyle = ink("--c2");
            const column = (width - left - 8) / shares.length;
            shares.forEach((stretch, i) => stretch.forEach((v, rank) => {
              pen.globalAlpha = high > low ? .06 + .94 * (v - low) / (high - low) : .06;
              pen.fillRect(left + i * column, rank * row, Math.max(1, column - (column > 4 ? 1 : 0)), row - (row > 4 ? 1 : 0));
            }));
            pen.globalAlpha = 1; pen.fillStyle = ink("--quiet"); pen.font = "12px system-ui, sans-serif"; pen.textBaseline = "middle"; pen.textAlign = "right";
            const each = Math.ceil(14 / row);
            for (let rank = 0; rank < ranks; rank += each) pen.fillText(`rank ${rank}`, left - 6, (rank + .5) * row);
            pen.textAlign = "left"; pen.fillText(`step ${figure(firsts[0])}`, left, row * ranks + 13);
            pen.textAlign = "right"; pen.fillText(`step ${figure(this.run.columns.step.at(-1))}`, width - 8, row * ranks + 13);
            this.describe(seconds, low, high, ranks);
          }
          describe(seconds, low, high, ranks) {
            const means = Array.from({ length: ranks }, (_, rank) => seconds.reduce((sum, stretch) => sum + stretch[rank], 0) / seconds.length);
            const mean = means.reduce((a, b) => a + b, 0) / ranks, slowest = means.indexOf(Math.max(...means));
            const more = mean > 0 ? `, ${figure(Number((100 * (means[slowest] / mean - 1)).toFixed(1)))} % above the mean of all` : "";
            this.words.textContent = `Seconds at work without waiting for messages, against the mean of all ranks in the same steps: palest ${low.toFixed(2)} ×, strongest ${high.toFixed(2)} ×. Most at work: rank ${slowest}${more}.`;
            this.canvas.setAttribute("aria-label", `Work of each rank over the steps. ${this.words.textContent}`);
            this.table.replaceChildren(element("tr", {}, element("th", {}, "rank"), element("th", { class: "number" }, "mean seconds of a step")),
              ...means.map((v, rank) => element("tr", {}, element("td", {}, `${rank}`), element("td", { class: "number" }, figure(v)))));
          }
        }
        let heatMaps = [];
        // A map for each run whose record has the times.
        function showHeat() {
          const shown = data.runs.filter(run => run.ranks.seconds.length);
          if (shown.length !== heatMaps.length) {
            heatMaps = shown.map(run => new HeatMap(run));
            find("heat").replaceChildren(...heatMaps.map(map => map.figure));
          }
        }
        """#
}

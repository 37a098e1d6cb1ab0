extension RunPage {
    /// One chart: a canvas with axes, curves, marks, a cursor and a zoom that all charts share.
    static let chartScript = #"""
        class Chart {
          // curves(): [{ name, colour, series, smooth }]; view: what all charts share.
          constructor(title, unit, curves, view) {
            Object.assign(this, { title, unit, curves, view });
            this.canvas = element("canvas", { role: "img", tabindex: "0" });
            this.output = element("output", { "aria-live": "polite" });
            this.legend = element("div", { class: "names" });
            this.table = element("table");
            this.figure = element("figure", {}, element("figcaption", {}, element("h3", {}, title + (unit ? ` (${unit})` : ""))),
              this.canvas, this.legend, this.output, element("details", {}, element("summary", {}, "Values"), this.table));
            this.canvas.addEventListener("pointerdown", e => { this.from = this.place(e); this.canvas.setPointerCapture(e.pointerId); });
            this.canvas.addEventListener("pointermove", e => this.move(e));
            this.canvas.addEventListener("pointerup", e => this.release(e));
            this.canvas.addEventListener("pointerleave", () => { if (this.from === undefined) { this.view.cursor = null; this.view.draw(); } });
            this.canvas.addEventListener("dblclick", () => this.view.reset());
            this.canvas.addEventListener("keydown", e => this.key(e));
          }
          place(e) { const box = this.canvas.getBoundingClientRect(); return this.value(e.clientX - box.left); }
          value(pixel) {
            const share = Math.min(1, Math.max(0, (pixel - this.left) / (this.width - this.left - 8)));
            return this.range[0] + share * (this.range[1] - this.range[0]);
          }
          move(e) { this.view.cursor = this.place(e); this.to = this.from === undefined ? undefined : this.view.cursor; this.view.draw(); }
          release(e) {
            const to = this.place(e), from = this.from; this.from = this.to = undefined;
            if (from !== undefined && Math.abs(to - from) > 0.01 * (this.range[1] - this.range[0])) this.view.zoom = [Math.min(from, to), Math.max(from, to)];
            this.view.draw();
          }
          key(e) {
            const [a, b] = this.range, width = b - a, at = this.view.cursor ?? (a + b) / 2;
            const zoom = factor => { const half = width * factor / 2; this.view.zoom = [at - half, at + half]; };
            const acts = { ArrowLeft: () => this.view.cursor = Math.max(a, at - width / 100), ArrowRight: () => this.view.cursor = Math.min(b, at + width / 100),
              Home: () => this.view.cursor = a, End: () => this.view.cursor = b, "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(2),
              Escape: () => this.view.reset() };
            if (!acts[e.key]) return;
            e.preventDefault(); acts[e.key](); this.view.draw();
          }
          draw() {
            const box = this.canvas.getBoundingClientRect(), scale = window.devicePixelRatio || 1;
            this.width = box.width; this.height = box.height; this.left = 58;
            this.canvas.width = Math.round(box.width * scale); this.canvas.height = Math.round(box.height * scale);
            const pen = this.canvas.getContext("2d"); pen.scale(scale, scale);
            pen.font = "12px system-ui, sans-serif";
            const curves = this.curves(), style = getComputedStyle(document.documentElement);
            this.ink = name => style.getPropertyValue(name).trim();
            const whole = this.view.whole();
            this.range = this.view.zoom ? [Math.max(this.view.zoom[0], whole[0]), Math.min(this.view.zoom[1], whole[1])] : whole;
            if (!(this.range[1] > this.range[0])) this.range = [whole[0], whole[1] > whole[0] ? whole[1] : whole[0] + 1];
            const values = this.vertical(curves);
            if (!values) { pen.fillStyle = this.ink("--quiet"); pen.fillText("nothing recorded against this axis", this.left, this.height / 2); return; }
            this.axes(pen, values);
            if (this.view.marks) this.drawMarks(pen);
            for (const curve of curves) {
              const smooth = curve.smooth && this.view.smoothing > 0;
              this.curve(pen, curve.series, curve.colour, smooth ? .35 : 1, curve.dash);
              if (smooth) this.curve(pen, this.smoothed(curve), curve.colour, 1);
            }
            this.drawCursor(pen, curves);
            this.name(curves);
            this.describe(curves);
          }
          // Which curve is which, in the order of their last values, where there is more than one.
          name(curves) {
            const text = curves.length > 1 ? curves.map(curve => curve.name + curve.colour).join("\n") : "";
            if (this.named === text) return;
            this.named = text;
            const last = ({ series }) => series.last() < 0 ? -Infinity : series.y[series.last()];
            this.legend.replaceChildren(...(text ? [...curves].sort((a, b) => last(b) - last(a)) : []).map(curve => {
              const swatch = element("span", { class: "swatch" + (curve.dash ? " dashed" : "") });
              swatch.style.borderColor = `var(${curve.colour})`;
              return element("span", {}, swatch, curve.name);
            }));
          }
          smoothed(curve) {
            if (curve.cache?.weight !== this.view.smoothing) curve.cache = { weight: this.view.smoothing, series: curve.series.smoothed(this.view.smoothing) };
            return curve.cache.series;
          }
          vertical(curves) {
            let least = Infinity, greatest = -Infinity;
            for (const { series } of curves) {
              const found = series.extremes(series.index(this.range[0]), Math.min(series.x.length, series.index(this.range[1]) + 1));
              if (found) { least = Math.min(least, found[0]); greatest = Math.max(greatest, found[1]); }
            }
            if (!(least <= greatest)) return null;
            this.log = this.view.log && least > 0;
            if (this.log) { least = Math.log10(least); greatest = Math.log10(greatest); }
            const room = (greatest - least || Math.abs(greatest) || 1) * .06;
            this.bottom = least - room; this.top = greatest + room;
            return [this.bottom, this.top];
          }
          px(x) { return this.left + (x - this.range[0]) / (this.range[1] - this.range[0]) * (this.width - this.left - 8); }
          py(y) { return this.height - 24 - ((this.log ? Math.log10(y) : y) - this.bottom) / (this.top - this.bottom) * (this.height - 34); }
          static ticks(low, high, count) {
            const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
            const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= rough), out = [];
            for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) out.push(Math.abs(v) < step * 1e-9 ? 0 : v);
            return out;
          }
          axes(pen, [low, high]) {
            pen.strokeStyle = this.ink("--line"); pen.fillStyle = this.ink("--quiet"); pen.lineWidth = 1;
            pen.textAlign = "right"; pen.textBaseline = "middle";
            for (const v of Chart.ticks(low, high, 5)) {
              const value = this.log ? 10 ** v : v, y = this.py(value);
              pen.beginPath(); pen.moveTo(this.left, y); pen.lineTo(this.width - 8, y); pen.stroke();
              pen.fillText(figure(value), this.left - 6, y);
            }
            pen.textAlign = "center"; pen.textBaseline = "alphabetic";
            for (const v of Chart.ticks(...this.range, Math.max(2, Math.floor(this.width / 110)))) {
              // A label at the edge stays inside.
              const text = this.view.label(v), half = pen.measureText(text).width / 2;
              pen.fillText(text, Math.min(Math.max(this.px(v), half), this.width - half - 1), this.height - 8);
            }
          }
          curve(pen, series, colour, opacity, dash) {
            pen.setLineDash(dash ? [6, 4] : []);
            pen.strokeStyle = pen.fillStyle = this.ink(colour); pen.globalAlpha = opacity; pen.lineWidth = 1.6; pen.lineJoin = "round";
            const begin = Math.max(0, series.index(this.range[0]) - 1), end = Math.min(series.x.length, series.index(this.range[1]) + 2);
            pen.save(); pen.beginPath(); pen.rect(this.left, 0, this.width - this.left, this.height); pen.clip(); pen.beginPath();
            let isOpen = false;
            if (end - begin <= 2 * this.width) {
              for (let i = begin; i < end; i++) {
                const y = series.y[i];
                if (Number.isNaN(y)) { isOpen = false; continue; }
                if (isOpen) pen.lineTo(this.px(series.x[i]), this.py(y)); else pen.moveTo(this.px(series.x[i]), this.py(y));
                isOpen = true;
              }
              pen.stroke();
              if (end - begin <= 40) for (let i = begin; i < end; i++) if (!Number.isNaN(series.y[i])) { pen.beginPath(); pen.arc(this.px(series.x[i]), this.py(series.y[i]), 2.5, 0, 7); pen.fill(); }
            } else {
              // A column of pixels shows everything that falls on it, from the least to the greatest.
              for (let column = Math.floor(this.left); column < this.width - 8; column++) {
                const found = series.extremes(series.index(this.value(column)), series.index(this.value(column + 1)));
                if (!found) continue;
                const low = this.py(found[0]), high = this.py(found[1]);
                if (isOpen) pen.lineTo(column, low); else pen.moveTo(column, low);
                pen.lineTo(column, Math.abs(high - low) < .5 ? low - .5 : high); isOpen = true;
              }
              pen.stroke();
            }
            pen.restore(); pen.globalAlpha = 1; pen.setLineDash([]);
          }
          drawMarks(pen) {
            pen.save(); pen.font = "11px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "top";
            let free = -Infinity;
            for (const mark of this.view.marked().sort((a, b) => a.x - b.x)) {
              if (mark.x < this.range[0] || mark.x > this.range[1]) continue;
              const x = this.px(mark.x), word = mark.kind === "resume" ? "restart" : "incident", size = pen.measureText(word).width;
              pen.strokeStyle = pen.fillStyle = this.ink(mark.kind === "resume" ? "--warn" : "--bad"); pen.setLineDash(mark.kind === "resume" ? [4, 3] : []);
              pen.beginPath(); pen.moveTo(x, 4); pen.lineTo(x, this.height - 24); pen.stroke();
              // A name where there is room for one.
              if (x >= free && x + 3 + size < this.width - 8) { pen.fillText(word, x + 3, 3); free = x + size + 8; }
            }
            pen.restore();
          }
          // What is said of the marks near the cursor.
          marksAt(at) {
            if (!this.view.marks) return [];
            return this.view.marked().filter(mark => Math.abs(this.px(mark.x) - this.px(at)) <= 5).map(mark => mark.text);
          }
          drawCursor(pen, curves) {
            if (this.from !== undefined && this.to !== undefined) {
              pen.globalAlpha = .15; pen.fillStyle = this.ink("--focus");
              pen.fillRect(this.px(Math.min(this.from, this.to)), 4, Math.abs(this.px(this.to) - this.px(this.from)), this.height - 28); pen.globalAlpha = 1;
            }
            const at = this.view.cursor;
            if (at === null) { this.output.textContent = ""; return; }
            pen.strokeStyle = this.ink("--quiet"); pen.beginPath(); pen.moveTo(this.px(at), 4); pen.lineTo(this.px(at), this.height - 24); pen.stroke();
            const said = curves.map(curve => {
              const { series } = curve, after = Math.min(series.index(at), series.x.length - 1);
              if (after < 0) return null;
              const i = after > 0 && at - series.x[after - 1] < series.x[after] - at ? after - 1 : after;
              return `${curves.length > 1 ? curve.name + ": " : ""}${known(series.y[i]) ? figure(series.y[i]) : "not finite or not recorded"} at ${this.view.label(series.x[i])}`;
            });
            this.output.textContent = said.concat(this.marksAt(at)).filter(Boolean).join(" · ");
          }
          describe(curves) {
            const said = curves.map(({ name, series }) => {
              const last = series.last(), found = series.extremes(0, series.x.length);
              return last < 0 ? `${name}: nothing recorded` : `${name}: ${figure(series.y[last])} at the end, from ${figure(found[0])} to ${figure(found[1])}`;
            });
            this.canvas.setAttribute("aria-label", `${this.title} against ${this.view.axisName()}. ${said.join("; ")}.`);
            const rows = [element("tr", {}, element("th", {}, "run"), element("th", { class: "number" }, this.view.axisName()), element("th", { class: "number" }, this.title))];
            for (const { name, series } of curves) {
              const count = Math.min(11, series.x.length);
              for (let k = 0; k < count; k++) {
                const i = count > 1 ? Math.round(k * (series.x.length - 1) / (count - 1)) : 0;
                rows.push(element("tr", {}, element("td", {}, name), element("td", { class: "number" }, this.view.label(series.x[i])), element("td", { class: "number" }, figure(series.y[i]))));
              }
            }
            this.table.replaceChildren(...rows);
          }
        }
        """#
}

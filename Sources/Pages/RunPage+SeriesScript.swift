extension RunPage {
    /// Series, their pyramids, and numbers as text.
    static let seriesScript = #"""
        "use strict";
        // Numbers, with NaN for null: where nothing was recorded or the value was not finite.
        function numbers(values) {
          if (values instanceof Float64Array) return values;
          const out = new Float64Array(values.length);
          for (let i = 0; i < out.length; i++) { const v = values[i]; out[i] = v === null || v === undefined ? NaN : v; }
          return out;
        }
        // One curve: x ascending and known, y with NaN for what is not known.
        class Series {
          constructor(x, y) {
            this.x = numbers(x); this.y = numbers(y);
            this.levels = Series.pyramid(this.y);
          }
          // Level k has the least and the greatest of 4^k values: a spike stays, however many steps share a pixel.
          static pyramid(y) {
            const levels = [{ least: y, greatest: y }];
            while (levels.at(-1).least.length > 512) {
              const below = levels.at(-1), count = Math.ceil(below.least.length / 4);
              const least = new Float64Array(count).fill(NaN), greatest = new Float64Array(count).fill(NaN);
              for (let i = 0; i < below.least.length; i++) {
                const j = i >> 2, a = below.least[i], b = below.greatest[i];
                if (!(least[j] <= a)) least[j] = Number.isNaN(a) ? least[j] : a;
                if (!(greatest[j] >= b)) greatest[j] = Number.isNaN(b) ? greatest[j] : b;
              }
              levels.push({ least, greatest });
            }
            return levels;
          }
          // The first index whose x is not below the value.
          index(value) {
            let low = 0, high = this.x.length;
            while (low < high) { const middle = (low + high) >> 1; if (this.x[middle] < value) low = middle + 1; else high = middle; }
            return low;
          }
          // The least and the greatest of the values with indices from begin up to end.
          extremes(begin, end) {
            let least = Infinity, greatest = -Infinity, k = 0;
            const take = (level, i) => {
              const a = level.least[i], b = level.greatest[i];
              if (a < least) least = a;
              if (b > greatest) greatest = b;
            };
            // Up the levels from both ends, as in a segment tree with four children.
            while (begin < end && k < this.levels.length) {
              const level = this.levels[k], isTop = k === this.levels.length - 1;
              while (begin < end && (isTop || begin % 4)) take(level, begin++);
              while (begin < end && (isTop || end % 4)) take(level, --end);
              begin = begin / 4; end = end / 4; k++;
            }
            return least <= greatest ? [least, greatest] : null;
          }
          // An exponential mean, freed of the weight of its begin (as Adam's moments are).
          smoothed(weight) {
            if (!weight) return this;
            const out = new Float64Array(this.y.length); let mean = 0, share = 1;
            for (let i = 0; i < this.y.length; i++) {
              const v = this.y[i];
              if (Number.isNaN(v)) { out[i] = NaN; continue; }
              mean = weight * mean + (1 - weight) * v; share *= weight; out[i] = mean / (1 - share);
            }
            return new Series(this.x, out);
          }
          last() { for (let i = this.y.length - 1; i >= 0; i--) if (!Number.isNaN(this.y[i])) return i; return -1; }
        }
        // A column as the page's data has it, the numbers themselves or a first one that goes up evenly, at the end of those at hand.
        function extended(column, at, news, count) {
          const out = new Float64Array(at + count);
          out.set(column.subarray(0, at));
          for (let i = 0; i < count; i++) {
            const v = !news ? null : news.by === undefined ? news[i] : news.first + i * news.by;
            out[at + i] = v === null ? NaN : v;
          }
          return out;
        }
        const known = v => v !== null && v !== undefined && !Number.isNaN(v);
        function figure(v) {
          if (!known(v)) return "not recorded";
          if (v === 0) return "0";
          const size = Math.abs(v);
          if (size >= 1e6 || size < 1e-3) return v.toExponential(3).replace(/\.?0*e\+?/, "e");
          return Number(v.toPrecision(size >= 1000 ? 6 : 4)).toLocaleString("en", { maximumSignificantDigits: size >= 1000 ? 6 : 4 });
        }
        function duration(seconds) {
          if (!known(seconds)) return "not known";
          if (seconds < 60) return figure(seconds >= 1 ? Number(seconds.toFixed(1)) : seconds) + " s";
          const minutes = Math.round(seconds / 60), days = Math.floor(minutes / 1440), hours = Math.floor(minutes / 60) % 24;
          return [days && days + " d", hours && hours + " h", minutes % 60 + " min"].filter(Boolean).join(" ");
        }
        const moment = seconds => new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC";
        const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
        function element(name, attributes = {}, ...children) {
          const made = document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
          made.append(...children);
          return made;
        }
        """#
}

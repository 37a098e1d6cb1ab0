import Foundation
import Testing

@testable import Pages

/// The page's own script, run by the browser that draws it.
@Suite(.enabled(if: Browser.path != nil, "needs Chromium: scripts/page-test installs it"))
struct SeriesScriptTests {
    /// What a script writes with `say`.
    private func said(by script: String) throws -> [String] {
        try Browser.said(
            by: """
                <!doctype html><meta charset="utf-8"><pre id="said"></pre><script>\(RunPage.seriesScript)
                const lines = [], say = (...parts) => lines.push(parts.map(part => JSON.stringify(part)).join(" "));
                try { \(script) } catch (problem) { say("failed", String(problem)); }
                document.getElementById("said").textContent = lines.join("\\n");
                </script>
                """)
    }

    @Test func aSpikeOfOneStepInAMillionIsInItsPixel() throws {
        // Each of 1,000 pixels covers 1,000 steps; the pyramid must give what a plain look at all of them gives.
        let lines = try said(
            by: """
                const n = 1e6, y = new Array(n);
                for (let i = 0; i < n; i++) y[i] = Math.sin(i / 5e4);
                y[123456] = 40; y[654321] = -30; y[999999] = 7; y[0] = -8;
                for (let i = 500000; i < 502000; i++) y[i] = null;
                const series = new Series([...y.keys()], y);
                let wrong = 0, greatest = -Infinity, least = Infinity;
                for (let pixel = 0; pixel < 1000; pixel++) {
                  const found = series.extremes(1000 * pixel, 1000 * (pixel + 1));
                  let low = Infinity, high = -Infinity;
                  for (let i = 1000 * pixel; i < 1000 * (pixel + 1); i++) if (y[i] !== null) { low = Math.min(low, y[i]); high = Math.max(high, y[i]); }
                  if (found === null ? low <= high : found[0] !== low || found[1] !== high) wrong++;
                  if (found) { least = Math.min(least, found[0]); greatest = Math.max(greatest, found[1]); }
                }
                say(wrong, least, greatest, series.extremes(500000, 502000), series.last());
                """)
        #expect(lines == ["0 -30 40 null 999999"])
    }

    @Test func everyRangeHasItsExtremes() throws {
        let lines = try said(
            by: """
                const y = Array.from({ length: 3001 }, (_, i) => (i * 7919) % 3001), series = new Series([...y.keys()], y);
                let wrong = 0;
                for (let begin = 0; begin < 3001; begin += 13) for (let end = begin + 1; end <= 3001; end += 17) {
                  const part = y.slice(begin, end), found = series.extremes(begin, end);
                  if (found[0] !== Math.min(...part) || found[1] !== Math.max(...part)) wrong++;
                }
                say(wrong, series.levels.length > 1, series.extremes(5, 5), new Series([], []).extremes(0, 0));
                """)
        #expect(lines == ["0 true null null"])
    }

    @Test func columnsAndNumbersReadAsTheyAreMeant() throws {
        let lines = try said(
            by: """
                const begin = extended(new Float64Array(), 0, { first: 3, by: 2, count: 4 }, 4);
                say([...begin], [...extended(begin, 2, [1, null], 2)], [...extended(begin, 1, undefined, 1)]);
                say(figure(0.00012345), figure(1234567), figure(1e6), figure(null), figure(-0.5), duration(3725), duration(0.25));
                say(new Series([1, 2, 3], [4, 4, null]).smoothed(.9).y[1]);
                """)
        #expect(
            lines == [
                "[3,5,7,9] [3,5,1,null] [3,null]",
                "\"1.234e-4\" \"1.235e6\" \"1e6\" \"not recorded\" \"-0.5\" \"1 h 2 min\" \"0.25 s\"", "4",
            ])
    }
}

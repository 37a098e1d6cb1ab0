import Foundation
import Ledger
import Testing

@testable import Pages

/// A whole page in the browser, used as somebody without a mouse or without sight would.
@Suite(.enabled(if: Browser.path != nil, "needs Chromium: scripts/page-test installs it"))
struct PageScriptTests {
    /// What a script says that runs in the page of a run, after the page's own.
    private func said(by script: String) throws -> [String] {
        let recorded = try RecordedRun()
        let html = try RunPage([PageRun(recorded.run, from: recorded.ledger)], written: Date()).html
        let more = """
            <pre id="said"></pre><script>
            const lines = [], say = (...parts) => lines.push(parts.map(part => JSON.stringify(part)).join(" "));
            try { \(script) } catch (problem) { say("failed", String(problem)); }
            document.getElementById("said").textContent = lines.join("\\n");
            </script></body>
            """
        return try Browser.said(by: html.replacing("</body>", with: more))
    }

    @Test func aCurveIsReadFromTheKeyboard() throws {
        let lines = try said(
            by: """
                const chart = charts[0], press = key => { chart.canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); view.paint(); };
                chart.canvas.focus();
                say(document.activeElement === chart.canvas);
                press("End"); say(chart.output.textContent);
                press("Home"); say(chart.output.textContent);
                press("+"); press("+"); const near = chart.range[1] - chart.range[0];
                press("Escape"); say(near < chart.range[1] - chart.range[0], chart.range);
                """)
        #expect(lines == ["true", "\"1 at 6\"", "\"6 at 1\"", "true [1,6]"])
    }

    @Test func everythingHasAName() throws {
        let lines = try said(
            by: """
                for (const control of document.querySelectorAll("input, select, button"))
                  if (!(control.labels?.length && control.labels[0].textContent.trim()) && !control.textContent.trim()) say("no name", control.outerHTML);
                for (const drawing of document.querySelectorAll("canvas")) if (!(drawing.getAttribute("aria-label") ?? "").includes("against step")) say("no words", drawing.outerHTML);
                for (const region of document.querySelectorAll("section, [role=region]"))
                  if (!document.getElementById(region.getAttribute("aria-labelledby"))?.textContent) say("no title", region.id);
                const levels = [...document.querySelectorAll("h1, h2, h3")].map(heading => Number(heading.tagName[1]));
                say(levels[0], levels.every((level, i) => i === 0 || level <= levels[i - 1] + 1), document.documentElement.lang, document.title !== "");
                say(document.querySelectorAll("canvas").length === charts.length, document.documentElement.scrollWidth <= innerWidth);
                """)
        #expect(lines == ["1 true \"en\" true", "true true"])
    }

    @Test func aMarkSaysWhatARestartChanged() throws {
        let lines = try said(
            by: """
                say(view.marked().map(mark => mark.text));
                view.cursor = 2; view.paint(); say(charts[0].output.textContent.split(" · ")[1]);
                dispatchEvent(new Event("beforeprint")); say(getComputedStyle(document.documentElement).getPropertyValue("--ground").trim());
                """)
        let restart = "restart after step 2: tensor 2 → 1 changed"
        #expect(lines.first == "[\"a </script><b>loud</b> & \\\"sudden\\\" end\",\"\(restart)\"]")
        #expect(lines.dropFirst() == ["\"\(restart)\"", "\"#ffffff\""])
    }
}

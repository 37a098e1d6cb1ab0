extension RunPage {
    /// Asks the server that the page came from for what is new, and says so when it does not answer.
    static let liveScript = #"""
        let ahead = Date.now() / 1000 - data.written, lastAnswer = data.written;
        const now = () => Date.now() / 1000 - ahead;
        async function ask() {
          try {
            const reply = await fetch("news.json?since=" + encodeURIComponent(data.revision), { cache: "no-store", signal: AbortSignal.timeout(20000) });
            if (!reply.ok) throw new Error(`it answered ${reply.status}`);
            // The server's clock counts: this machine's may be off.
            ahead = Date.now() / 1000 - Number(reply.headers.get("serre-now"));
            if (reply.status === 200) {
              const news = await reply.json();
              if (news.runs.map(run => run.run).join() !== data.runs.map(run => run.run).join()) { location.reload(); return; }
              news.runs.forEach(({ steps, ...rest }, number) => {
                const run = data.runs[number];
                for (const key of ["reason", "problem", "state_digest"]) delete run[key];
                Object.assign(run, rest); take(run, steps);
              });
              Object.assign(data, { written: news.written, revision: news.revision });
              show(now());
              document.body.dataset.ready = charts.length;
              document.body.dataset.revision = data.revision;
            } else tell(now());
            lastAnswer = now();
            find("connection").textContent = "";
          } catch (problem) {
            const words = `serre watch has not answered for ${duration(Math.max(1, Math.round(now() - lastAnswer)))}; this page shows what it said last.`;
            if (now() - lastAnswer > 5) { find("connection").textContent = words; tell(now()); }
          }
          const isOver = data.runs.every(run => ["finished", "failed", "dead"].includes(run.state));
          clearTimeout(timer);
          timer = setTimeout(ask, document.hidden ? 30000 : isOver ? 10000 : 2000);
        }
        let timer = setTimeout(ask, 0);
        document.addEventListener("visibilitychange", () => { if (!document.hidden) { clearTimeout(timer); timer = setTimeout(ask, 50); } });
        """#
}

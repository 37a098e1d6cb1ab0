extension RunPage {
    /// The page's body; the script fills it.
    static let markup = #"""
        <a class="skip" href="#charts">Skip to the charts</a>
        <header>
        <h1 id="title"></h1>
        <p id="facts"></p>
        <p id="connection" role="status"></p>
        </header>
        <main>
        <section aria-labelledby="now"><h2 id="now">Where it stands</h2><div id="tiles"></div></section>
        <section aria-labelledby="charts-title" id="charts">
        <h2 id="charts-title">Curves</h2>
        <form id="controls" aria-label="How the curves are drawn">
        <label>Against <select id="axis">
        <option value="step">steps</option><option value="tokens">tokens</option>
        <option value="samples">samples</option><option value="elapsed">wall time since the start</option>
        <option value="virtual">virtual time</option>
        </select></label>
        <label>Smoothing <input type="range" id="smoothing" min="0" max="0.99" step="0.01" value="0.6">
        <output id="smoothing-value"></output></label>
        <label><input type="checkbox" id="log"> Logarithmic values</label>
        <label><input type="checkbox" id="marks" checked> Marks of restarts and incidents</label>
        <label id="language-choice" hidden>Validation in <select id="language"></select></label>
        <button type="button" id="reset">Whole range</button>
        </form>
        <fieldset id="legend" hidden><legend>Runs</legend></fieldset>
        <p class="hint">Drag over a curve to look closer. From the keyboard: Tab goes to a curve, arrow keys move the cursor, + and − zoom, Esc shows all.</p>
        <div id="plots"></div>
        <div id="heat"></div>
        </section>
        <section aria-labelledby="suites-title" id="examined" hidden><h2 id="suites-title">Results of suites</h2>
        <p class="hint">Over all items of a task, with intervals of 95 %; <code>serre evaluate compare</code> says whether two differ by more than chance.</p>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="suites-title"><table id="suites"></table></div></section>
        <section aria-labelledby="events-title"><h2 id="events-title">What happened</h2>
        <div class="scroll" tabindex="0" role="region" aria-labelledby="events-title"><table id="events"></table></div></section>
        </main>
        <footer><p id="written"></p>
        <p>This page says what the run's record says. The record can be falsified by replaying the run
        (<code>serre runs replay</code>); it does not prove that the machine which ran it was honest.</p></footer>
        <noscript><p>The curves of this page are drawn by a script that is part of it; scripts are switched off.</p></noscript>
        """#
}

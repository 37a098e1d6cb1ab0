extension RunPage {
    /// Light, dark and printed. Text has a contrast of at least 4.5 to its ground, lines of at least 3 (WCAG 2.2 AA).
    static let style = #"""
        :root { color-scheme: light dark; --ground: #ffffff; --panel: #f5f7f5; --text: #1b1f1b; --quiet: #556055;
          --line: #c9d1c9; --good: #1d6b38; --warn: #8a5300; --bad: #a3242a; --focus: #0b57d0;
          --c0: #1b7340; --c1: #9c4a00; --c2: #3558b8; --c3: #a02a76; --c4: #5f6b00; --c5: #006c80; --c6: #7443ad; --c7: #8c3b2e; }
        @media (prefers-color-scheme: dark) { :root:not(.printed) { --ground: #121512; --panel: #1c211c; --text: #e8ece8; --quiet: #a8b3a8;
          --line: #3d463d; --good: #7fd69a; --warn: #f0b660; --bad: #ff9a94; --focus: #8ab4f8;
          --c0: #6fd391; --c1: #f2a25c; --c2: #91aefb; --c3: #ee8ccb; --c4: #c5d14c; --c5: #5fcbe0; --c6: #c3a2f5; --c7: #eb9a8b; } }
        .printed { color-scheme: light; }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 80rem; padding: 1rem; background: var(--ground); color: var(--text);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; }
        h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; }
        h2 { font-size: 1.1rem; margin: 1.6rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 0; }
        p { margin: .3rem 0; }
        #facts, .hint, footer, figcaption { color: var(--quiet); font-size: .9rem; }
        .skip { position: absolute; left: -100rem; }
        .skip:focus { left: 1rem; background: var(--ground); padding: .4rem; }
        :focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
        #heat figure { margin-top: .8rem; } #heat canvas { height: auto; cursor: default; }
        #plots { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
        .tile, figure { background: var(--panel); border: 1px solid var(--line); border-radius: .5rem; padding: .6rem .8rem; margin: 0; }
        .tile dt { color: var(--quiet); font-size: .85rem; }
        .tile dd { margin: 0; font-size: 1.15rem; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .tile dd small { color: var(--quiet); font-size: .8rem; display: block; }
        .state { font-weight: 600; }
        .state.finished, .state.live { color: var(--good); }
        .state.stale, .state.interrupted { color: var(--warn); } .state.failed, .state.dead { color: var(--bad); }
        .grid { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); margin-bottom: .6rem; }
        #connection:not(:empty), .problem { border: 2px solid var(--bad); border-radius: .5rem; padding: .4rem .8rem; color: var(--bad); font-weight: 600; }
        figure canvas { width: 100%; height: 16rem; display: block; touch-action: pan-y; cursor: crosshair; }
        figure output { display: block; min-height: 1.4em; font-size: .85rem; font-variant-numeric: tabular-nums; }
        figure details { font-size: .85rem; }
        #controls, #legend { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: center; margin: 0 0 .6rem; }
        #legend[hidden] { display: none; }
        #legend { border: 1px solid var(--line); border-radius: .5rem; }
        .swatch { display: inline-block; width: 1.4rem; border-top: .2rem solid; vertical-align: middle; margin-right: .3rem; }
        .swatch.dashed { border-top-style: dashed; }
        .names { display: flex; flex-wrap: wrap; gap: 0 .9rem; font-size: .85rem; }
        select, button, input { font: inherit; color: inherit; }
        select, button { background: var(--panel); border: 1px solid var(--quiet); border-radius: .3rem; padding: .15rem .5rem; }
        .scroll { overflow: auto; max-height: 24rem; }
        table { border-collapse: collapse; font-size: .9rem; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td.number, th.number { text-align: right; } td.digest { font-family: ui-monospace, monospace; }
        #suites td { white-space: nowrap; }
        tr.incident td { color: var(--bad); } tr.resume td { color: var(--warn); }
        footer { margin-top: 2rem; border-top: 1px solid var(--line); }
        @media print { body { max-width: none; font-size: 11pt; } #controls, .hint, .skip, figure details { display: none; }
          #suites td { white-space: normal; }
          .scroll { max-height: none; overflow: visible; } figure, .tile { break-inside: avoid; } }
        """#
}

import Testing

@testable import Ingestion

@Suite struct ExtractionTests {
    private func text(_ format: TextFormat, _ source: String) -> String {
        String(decoding: format.text(of: Array(source.utf8)), as: UTF8.self)
    }

    @Test func `a page gives the text that a reader sees`() {
        let page = """
            <!DOCTYPE html>
            <html lang="fr"><head><title>Titre</title><style>p { color: red }</style></head>
            <body class="a > b"><!-- <p>hidden</p> -->
            <h1>La   serre</h1>
            <p>Un <b>caf&eacute;</b>,
            s&#39;il vous pla&#xEE;t&nbsp;!<br>Deux &amp; trois.</p>
            <script>if (a < b) { "</p>" }</script>
            <ul><li>une<li>deux</ul>
            <pre>  x = 1
              y</pre><table><tr><td>a</td><td>b</td></tr></table>3 < 4 &unknown; &#0; &
            </body></html>
            """
        #expect(
            text(.html, page) == """
                La serre

                Un café, s'il vous plaît\u{A0}!
                Deux & trois.

                une
                deux

                  x = 1
                  y

                a b

                3 < 4 &unknown; &#0; &

                """)
    }

    @Test(arguments: ["<", "<p", "</", "<!--", "<script>", "<p a='", "&", "&#x110000;", "<a/><", "</script", "<svg/>x"])
    func `broken pages give what they can`(page: String) {
        let whole = text(.html, "before \(page)")
        #expect(whole.hasPrefix("before"))
    }

    @Test func `a manual page gives its running text`() {
        let page = #"""
            '\" t
            .\" a comment
            .TH SERRE 1 "2026\-11\-28" "Serre"
            .de XX
            hidden
            ..
            .if n .nh
            .ie t \{\
            hidden too
            .\}
            .SH NOM
            serre \- entra\[^i]ne des mod\(`eles \fBsous verre\fP
            .SH "DESCRIPTION DU\ PROGRAMME"
            Une \fIserre\/\fR, d'abord
            .BR serre (1)
            et
            .BI \-\-steps " N" ,
            puis \(lqla fin\(rq.\" comment
            .PP
            Un autre\s-1 alin\[u00E9]a\h'1n'.
            .TP
            .B \-v
            Bavard.
            .nf
              ligne  un
              ligne \e deux
            .fi
            .sp
            Fin.
            """#
        #expect(
            text(.manual, page) == #"""
                NOM

                serre - entraîne des modèles sous verre

                DESCRIPTION DU PROGRAMME

                Une serre, d'abord serre(1) et --steps N, puis “la fin”.

                Un autre alinéa.
                -v Bavard.
                  ligne  un
                  ligne \ deux

                Fin.

                """#)
    }

    @Test func `a page with mdoc's macros gives its words`() {
        let page = """
            .Dd November 28, 2026
            .Dt SERRE 1
            .Os
            .Sh NAME
            .Nm serre
            .Nd train under glass
            .Sh SYNOPSIS
            .Nm serre
            .Op Fl v
            .Op Fl n Ar steps
            .Pp
            Plain text.
            """
        #expect(
            text(.manual, page) == """
                NAME

                serre train under glass

                SYNOPSIS

                serre -v -n steps

                Plain text.

                """)
    }

    /// Any bytes that are valid UTF-8 must give valid UTF-8 without zero bytes, and end.
    @Test(arguments: [TextFormat.html, .manual]) func `mutated pages give valid text`(format: TextFormat) {
        let pieces = [
            "<", ">", "</", "p", "pre", "script", "&", ";", "#x41", "eacute", "\"", "'", " ", "\n", ".", "\\", "f", "(",
            "[", "]", "SH", "de", "if", "\\{", "\\}", "\\s", "\\*", "é", "温", ".B \"", "\\n+", "u00", "\\h'", "\u{1}",
        ]
        var random = SystemlessRandom(seed: 21)
        for _ in 0..<20_000 {
            let source = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }
            let text = format.text(of: Array(source.joined().utf8))
            #expect(String(validating: text, as: UTF8.self) != nil, "\(source)")
            #expect(!text.contains(0))
        }
    }
}

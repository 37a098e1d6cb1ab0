import Diagnostics
import Testing

@testable import Notebooks

/// Notebooks are read strictly: what cannot be run is said with its line.
@Suite("Notebooks")
struct NotebookTests {
    @Test func commandsAndOutputs() throws {
        let text = """
            # A
            ```console needs=mpirun,jq timeout=5
            $ serre one \\
            > two
            out
            > no command

            $ three
            ```
            ````text
            ```console
            $ not a block
            ````
            """
        let notebook = try Notebook(text, path: "a.md")
        let block = try #require(notebook.blocks.first)
        #expect(notebook.blocks.count == 1 && block.options.needs == ["mpirun", "jq"] && block.options.timeout == 5)
        #expect(block.commands.map(\.text) == ["serre one \\\ntwo", "three"])
        #expect(block.commands.map(\.recorded) == [["out", "> no command", ""], []])
        #expect(block.commands.map(\.line) == [3, 8])
    }

    @Test(
        "what cannot be run is an error with its line",
        arguments: [
            ("```console\noutput\n```", 2, "notebook.command"), ("\n```console\n$ a", 2, "notebook.fence"),
            ("```console need=jq\n$ a\n```", 1, "notebook.option"),
            ("```console timeout=0\n$ a\n```", 1, "notebook.option"),
            ("```console\n$ a \\\nb\n```", 3, "notebook.command"),
            ("```console\n$ a\n...\n```", 2, "notebook.command"), ("```console\n```", 2, "notebook.command"),
            ("text\n```console\r\n$ a\r\n```\r\n", 2, "notebook.read"), ("~~~\n```\n~", 1, "notebook.fence"),
        ])
    func malformed(text: String, line: Int, code: String) throws {
        let found = try #require(throws: Diagnostic.self) { try Notebook(text, path: "a.md") }
        #expect(found.code == code && found.location?.line == line && found.location?.file == "a.md", "\(found)")
    }

    @Test func fencesOfAllKinds() throws {
        let text = """
            \u{FEFF}~~~markdown
            ```console
            $ not run
            ```
            ~~~
            ```a``` is code in a paragraph
            - a list
              ```console\ttimeout=9
              $ one
                two

              ```
            ~~~~ console
            $ three
            ~~~~
            """
        let notebook = try Notebook(text, path: "a.md")
        #expect(notebook.commands.map(\.text) == ["one", "three"])
        #expect(notebook.commands[0].recorded == ["  two", ""])
        #expect(notebook.blocks[0].options.timeout == 9 && notebook.blocks[0].indent == 2)
    }

    @Test func aMistypedOptionIsGuessed() throws {
        let found = try #require(throws: Diagnostic.self) {
            try Notebook("```console tmeout=5\n$ a\n```", path: "a.md")
        }
        #expect(found.description.contains("did you mean timeout=?"))
    }
}

/// The programming languages that code is sorted into, by the endings of file names.
public enum ProgrammingLanguage {
    /// The language of an ending, in small letters and without dot: ROOTS' thirteen, and those that scientific code uses.
    public static let byExtension: [String: String] = [
        "c": "c", "h": "c",
        "cc": "cpp", "cpp": "cpp", "cxx": "cpp", "hh": "cpp", "hpp": "cpp", "hxx": "cpp",
        "cs": "csharp", "go": "go", "java": "java",
        "js": "javascript", "jsx": "javascript", "mjs": "javascript", "cjs": "javascript",
        "lua": "lua", "php": "php", "py": "python", "rb": "ruby", "rs": "rust", "scala": "scala",
        "ts": "typescript", "tsx": "typescript",
        "f": "fortran", "f90": "fortran", "f95": "fortran", "f03": "fortran", "f08": "fortran",
        "hs": "haskell", "jl": "julia", "kt": "kotlin", "ml": "ocaml", "mli": "ocaml", "pl": "perl", "pm": "perl",
        "r": "r", "sh": "shell", "bash": "shell", "sql": "sql", "swift": "swift", "cu": "cuda", "cuh": "cuda",
    ]

    /// Their codes.
    public static let all = Set(byExtension.values)
}

import Diagnostics

/// Debian packages and tar archives.
extension SourceReader {
    func archiveUnits(_ archives: ArchiveFiles, endings: [String]) throws(Diagnostic) -> [WorkUnit] {
        let files = try InputFiles(archives.paths, passingOver: passedOver) { path in
            endings.contains { path.hasSuffix($0) }
        }
        return try units(of: files) { (file) throws(Diagnostic) in
            [WorkUnit(id: file.place, bytes: file.size, stamp: file.stamp(), content: .archive(file))]
        }
    }

    /// Reads the members of an archive whose paths match, in the archive's order.
    ///
    /// Damage ends the reading with a skip named `damaged-archive`; the members before it are kept.
    func readArchive(
        _ file: InputFile, _ archives: ArchiveFiles, isPackage: Bool, _ progress: ReadingProgress, _ body: ItemBody
    ) throws(Diagnostic) {
        let globs = try globs(archives.include)
        do throws(InputProblem) {
            let input = CountedInput(try file.open(), progress)
            let archive =
                isPackage
                ? try packageContent(input, name: file.path)
                : try ArchiveReader(input, form: .tar, name: file.path, limits: limits)
            while let member = try archive.nextMember() {
                guard case .yes(let language) = globs.match(member.path) else { continue }
                let document = DocumentFile(
                    place: "\(file.place)/\(member.path)", language: source.language ?? language,
                    format: archives.format)
                try stopping { () throws(Diagnostic) in try read(member, of: archive, document, body) }
                if archive.isDamaged { return }
            }
            try input.checkUnchanged()
        } catch {
            switch error {
            case .skip(let reason, let detail): try body(.skip(SkippedInput(file.place, reason, detail)))
            case .stop(let diagnostic): throw diagnostic
            }
        }
    }

    private func read(
        _ member: ArchiveReader.Member, of archive: ArchiveReader, _ document: DocumentFile, _ body: ItemBody
    ) throws(Diagnostic) {
        if member.isLink {
            return try body(.skip(SkippedInput(document.place, .link, "the file is read where it lies")))
        }
        if member.isFolder { return }
        guard member.isRegular else { return try body(.skip(SkippedInput(document.place, .notAFile))) }
        try read(document, body) { () throws(InputProblem) in
            (try expanded(archive, name: member.path), member.size)
        }
    }

    /// The archive of files within a Debian package: an `ar` archive with `debian-binary` first, then `control.tar`
    /// and `data.tar`, each compressed or not (deb(5)).
    private func packageContent(_ input: ByteInput, name: String) throws(InputProblem) -> ArchiveReader {
        let package = try ArchiveReader(input, form: .ar, name: name, limits: limits)
        guard try package.nextMember()?.path == "debian-binary" else {
            throw .skip(.damagedArchive, "not a Debian package: its first member is not debian-binary")
        }
        while let member = try package.nextMember() {
            if member.path.hasPrefix("data.tar") {
                return try ArchiveReader(package, form: .tar, name: name, limits: limits)
            }
        }
        throw .skip(.damagedArchive, "not a Debian package: it has no data.tar")
    }

    /// The patterns as read.
    func globs(_ patterns: [String]) throws(Diagnostic) -> [Glob] {
        var globs = [Glob]()
        for pattern in patterns { globs.append(try Glob(pattern)) }
        return globs
    }
}

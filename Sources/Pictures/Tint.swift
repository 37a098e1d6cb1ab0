/// A colour of a picture, with what it is in the light and in the dark.
///
/// The colours that tell curves and bars apart are those of Okabe and Ito (2008), which people with any colour vision tell
/// apart; the dark ones are lighter where they would not stand out from a dark ground.
package enum Tint: String, CaseIterable {
    /// The ground, and what stands on it.
    case paper, track, grid, axis, soft, ink
    case blue, orange, green, purple, vermilion, sky
    /// What can be read on blue, and on the other colours.
    case onBlue, onLight

    /// The colours of curves, in the order in which they are given out.
    package static let curves: [Tint] = [.blue, .vermilion, .green, .purple, .orange, .sky]

    /// In the light.
    var light: String {
        switch self {
        case .paper, .onBlue: "#ffffff"
        case .track: "#f2f2f2"
        case .grid: "#dcdcdc"
        case .axis: "#6b6b6b"
        case .soft: "#404040"
        case .ink: "#1a1a1a"
        case .blue: "#0072b2"
        case .orange: "#e69f00"
        case .green: "#009e73"
        case .purple: "#cc79a7"
        case .vermilion: "#d55e00"
        case .sky: "#56b4e9"
        case .onLight: "#000000"
        }
    }

    /// Where the reader's screen is dark.
    var dark: String {
        switch self {
        case .paper: "#15181c"
        case .track: "#252a31"
        case .grid: "#3a4048"
        case .axis: "#8c949e"
        case .soft: "#b9c0c8"
        case .ink: "#eceff2"
        case .blue: "#4ba6e0"
        case .orange: "#f0b429"
        case .green: "#2bbf94"
        case .purple: "#dc93bd"
        case .vermilion: "#f5834a"
        case .sky: "#8fd0f5"
        case .onBlue, .onLight: "#000000"
        }
    }
}

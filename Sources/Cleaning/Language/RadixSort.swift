/// Sorts 32-bit numbers by four passes over their bytes.
enum RadixSort {
    static func sort(_ numbers: inout [UInt32]) {
        var other = [UInt32](repeating: 0, count: numbers.count)
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            var starts = [Int](repeating: 0, count: 257)
            for number in numbers { starts[Int(number >> shift & 255) + 1] += 1 }
            for place in 0..<256 { starts[place + 1] += starts[place] }
            for number in numbers {
                let digit = Int(number >> shift & 255)
                other[starts[digit]] = number
                starts[digit] += 1
            }
            swap(&numbers, &other)
        }
    }
}

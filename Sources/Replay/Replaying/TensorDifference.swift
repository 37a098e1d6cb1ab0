import Diagnostics
import Foundation
import Numerics
import Recipes
import Training

/// The first element of the state, in model order, in which a trainer and a recorded checkpoint of the same step differ.
public struct TensorDifference: Sendable, Equatable {
    /// The parameter, and whether it is its values or one of its moments.
    public var parameter: String
    public var tensor: StateTensor
    /// The element's place in the whole tensor, row-major.
    public var element: Int
    /// In the checkpoint, and now.
    public var expected: Float
    public var found: Float
    /// How many elements of this tensor differ, and the tensors that do.
    public var elements: Int
    public var tensors: [String]
    /// The rank of the layout that wrote the checkpoint which saved the element.
    public var rank: Int?

    /// `nil` when no whole checkpoint of this step lies in the folders, or when it holds the trainer's very state.
    static func find(_ trainer: Trainer, in folders: [RunFolder], after step: Int) -> TensorDifference? {
        let saved = folders.lazy.compactMap { try? Checkpoint($0.checkpoint(step)) }.first
        return saved.flatMap { between($0, trainer.executor) }
    }

    /// Compares what the executor's host owns; on one host that is everything.
    static func between(_ saved: Checkpoint, _ executor: Executor) -> TensorDifference? {
        var result: TensorDifference?
        let pieces = executor.ownedPieces.sorted {
            ($0.modelIndex, $0.elements.lowerBound) < ($1.modelIndex, $1.elements.lowerBound)
        }
        for parameter in saved.index.parameters {
            for tensor in StateTensor.allCases {
                guard let values = try? saved.values(of: parameter.name, tensor) else { continue }
                let mine = pieces.filter { $0.parameter.name == parameter.name }
                guard let difference = first(values, mine, parameter.name, tensor) else { continue }
                if result == nil { result = difference }
                result?.tensors.append(difference.parameter + (tensor == .parameters ? "" : ".\(tensor.rawValue)"))
            }
        }
        guard var result else { return nil }
        result.rank = rank(of: result, in: saved.index)
        return result
    }

    private static func first(
        _ saved: [Float], _ pieces: [StatePiece], _ parameter: String, _ tensor: StateTensor
    ) -> TensorDifference? {
        var result: TensorDifference?
        for piece in pieces {
            let now = piece.place(of: tensor)
            for (offset, element) in piece.elements.enumerated()
            where saved[element].bitPattern != now[offset].bitPattern {
                if result == nil {
                    result = TensorDifference(
                        parameter: parameter, tensor: tensor, element: element, expected: saved[element],
                        found: now[offset], elements: 0, tensors: [], rank: nil)
                }
                result?.elements += 1
            }
        }
        return result
    }

    /// Files are named after the ranks that wrote them, `rank-00003.safetensors`.
    private static func rank(of difference: TensorDifference, in index: CheckpointIndex) -> Int? {
        let file = index.files.first { file in
            file.pieces.contains { piece in
                piece.parameter == difference.parameter && piece.tensor == difference.tensor.rawValue
                    && (piece.begin..<(piece.begin + piece.count)).contains(difference.element)
            }
        }
        return file.flatMap { Int($0.name.drop { !$0.isNumber }.prefix { $0.isNumber }) }
    }
}

extension StatePiece {
    fileprivate func place(of tensor: StateTensor) -> UnsafeMutablePointer<Float> {
        switch tensor {
        case .parameters: values
        case .firstMoment: firstMoment
        case .secondMoment: secondMoment
        }
    }
}

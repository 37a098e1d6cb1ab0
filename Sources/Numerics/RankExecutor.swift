import Diagnostics
import Fabrics
import Programs
import Recipes

/// One rank's program counter and memory. ``run()`` goes on until the rank waits for a message or its actions are done.
final class RankExecutor {
    let rank: Int
    /// The program of the batch size at hand, and the recipe with that size throughout.
    private(set) var program: Program
    private(set) var recipe: Recipe
    /// The programs of all batch sizes of the ramp-up: the same buffers and passes, other folds and schedules.
    private let programs: [(recipe: Recipe, program: Program)]
    let kernels: KernelContext
    let fabric: any Fabric
    let memory: RankMemory
    let statistics: RankStatistics
    let wide: WideOperands

    private(set) var actions: [Action] = []
    private(set) var action = 0
    private(set) var instruction = 0
    var pending: Pending?
    /// Instructions of the pass at hand on the communication stream that have been reached and have not ended, in order;
    /// the first has begun if `travelling` is set.
    private(set) var issued: [Int] = []
    private(set) var travelling: Collective?
    /// Since when it has got no further, as far as anyone asked.
    var waitsSince: ContinuousClock.Instant?
    /// How long it was at work since it was given its actions, in seconds.
    var busySeconds = 0.0
    var input: StepInput?
    /// Folds of the micro-batch at hand (A6).
    var laneSteps: [LaneFold.Step] = []
    /// Where the time of each instruction is added, when someone asks.
    var times: OperationTimes?
    /// Who is told of every instruction, when someone asks.
    var observer: (any InstructionObserver)?
    private var tokens: [Int32]

    /// An exchange that has begun and waits for messages.
    enum Pending {
        case collective(Collective)
        case gather(ByteGather)
    }

    convenience init(
        rank: Int, recipe: Recipe, kernels: KernelContext, fabric: any Fabric, wide: WideOperands
    ) throws(Diagnostic) {
        let programs = try Lowering.programsByBatch(recipe, at: Coordinate(rank: rank, in: recipe.layout))
        try self.init(
            rank: rank, programs: programs, memory: RankMemory(Program.holding(programs.map { $0.program })),
            kernels: kernels, fabric: fabric, wide: wide)
    }

    /// A single rank that holds the parameters alone, for others that read with them.
    convenience init(
        parametersOf recipe: Recipe, kernels: KernelContext, fabric: any Fabric, wide: WideOperands
    ) throws(Diagnostic) {
        let program = try Lowering.parametersProgram(recipe)
        try self.init(
            rank: 0, programs: [(recipe, program)], memory: RankMemory(program), kernels: kernels, fabric: fabric,
            wide: wide)
    }

    /// A rank that reads by a program with the parameters of another.
    convenience init(reading program: Program, parametersOf other: RankExecutor) throws(Diagnostic) {
        try self.init(
            rank: 0, programs: [(other.recipe, program)],
            memory: RankMemory(program, parametersOf: (other.program, other.memory)), kernels: other.kernels,
            fabric: other.fabric, wide: other.wide)
    }

    private init(
        rank: Int, programs: [(recipe: Recipe, program: Program)], memory: RankMemory, kernels: KernelContext,
        fabric: any Fabric, wide: WideOperands
    ) throws(Diagnostic) {
        self.rank = rank
        self.wide = wide
        self.programs = programs
        (recipe, program) = programs[programs.count - 1]
        self.kernels = kernels
        self.fabric = fabric
        self.memory = memory
        statistics = try RankStatistics(program: program, recipe: recipe)
        tokens = [Int32](repeating: 0, count: recipe.model.sequenceLength + 1)
        writeConstants()
    }

    var layout: Layout { recipe.layout }
    var coordinate: Coordinate { program.coordinate }
    var context: OpaquePointer { kernels.pointer }
    var isDone: Bool { action == actions.count }
    var sequence: Int { recipe.model.sequenceLength }
    /// 1/N, rounded once (A10): N itself is a float32 up to 2^24, where the quotient's one rounding is the only one.
    var inverseTargets: Float {
        let targets = recipe.batch.global * sequence
        return targets <= 1 << 24 ? 1 / Float(targets) : Float(1 / Double(targets))
    }

    /// Takes up the program of a batch size that the recipe's ramp-up names.
    func use(batch samples: Int) {
        guard recipe.batch.global != samples, let sized = programs.first(where: { $0.recipe.batch.global == samples })
        else { return }
        (recipe, program) = sized
        statistics.samples = samples
    }

    /// Takes up a program whose buffers are those of the rank's own and no larger.
    func use(_ program: Program) { self.program = program }

    /// Starts over with a list of actions: a step, an evaluation, or, without an input, a reading.
    func begin(_ actions: [Action], input: StepInput?) {
        precondition(isDone, "a rank was given new actions before it had done the old ones")
        self.actions = actions
        self.input = input
        action = 0
        instruction = 0
        busySeconds = 0
    }

    /// Runs until the rank must wait; `true` when it did anything.
    func run() throws(Diagnostic) -> Bool {
        var progressed = false
        while action < actions.count {
            let current = actions[action]
            let pass = program.passes[current.pass]
            if instruction == 0, pending == nil { prepare(current) }
            progressed = try communicate(pass, current) || progressed
            // In place: a copy of each instruction would count the references to all that it names.
            let ended = try pass.instructions.withUnsafeBufferPointer { (list) throws(Diagnostic) in
                try run(list, of: pass, current, &progressed)
            }
            guard ended, issued.isEmpty else { return progressed }
            instruction = 0
            action += 1
        }
        return progressed
    }

    /// Goes on in a pass; whether all its instructions have been reached.
    private func run(
        _ list: UnsafeBufferPointer<Instruction>, of pass: Pass, _ current: Action, _ progressed: inout Bool
    ) throws(Diagnostic) -> Bool {
        guard let first = list.baseAddress else { return true }
        while instruction < list.count {
            // Whatever this instruction reads or writes must not be on its way.
            if let travelling = issued.first, travelling <= pass.waits[instruction] { return false }
            let next = first + instruction
            if next.pointee.stream == .communication {
                issued.append(instruction)
                progressed = true
            } else {
                let before = pendingProgress
                guard try timed(next.pointee, { () throws(Diagnostic) in try execute(next, current) }) else {
                    progressed = progressed || pendingProgress != before
                    return false
                }
                progressed = true
                if observer != nil { tell(instruction, of: current, at: action) }
            }
            instruction += 1
            if !issued.isEmpty { progressed = try communicate(pass, current) || progressed }
        }
        return true
    }

    /// Takes the communication stream as far as messages allow; `true` when anything moved.
    private func communicate(_ pass: Pass, _ action: Action) throws(Diagnostic) -> Bool {
        var moved = false
        while let index = issued.first {
            let instruction = pass.instructions[index]
            guard case .collective(let operation) = instruction.operation else {
                preconditionFailure("only collectives run on the communication stream")
            }
            let collective = travelling ?? makeCollective(operation, instruction, action.microbatch)
            travelling = collective
            let before = collective.progress
            let ended = try timed(instruction) { () throws(Diagnostic) in try collective.step(fabric) }
            guard ended else { return moved || collective.progress != before }
            issued.removeFirst()
            travelling = nil
            moved = true
            tell(index, of: action, at: self.action)
        }
        return moved
    }

    /// How far the compute stream's exchange has come.
    private var pendingProgress: Int {
        if case .collective(let collective)? = pending { return collective.progress }
        return 0
    }

    private func prepare(_ action: Action) {
        laneSteps = program.laneFold(recipe).steps(microbatch: action.microbatch)
    }

    private func timed(
        _ instruction: @autoclosure () -> Instruction, _ body: () throws(Diagnostic) -> Bool
    ) throws(Diagnostic) -> Bool {
        guard let times else { return try body() }
        return try times.measure(instruction(), body)
    }

    /// Does one instruction; `false` when it waits.
    private func execute(_ instruction: UnsafePointer<Instruction>, _ action: Action) throws(Diagnostic) -> Bool {
        let microbatch = action.microbatch
        switch instruction.pointee.operation {
        case .send(let transfer):
            let x = instruction.pointee.reads[0]
            let bytes = UnsafeRawBufferPointer(
                start: memory.bytes(x, microbatch: microbatch), count: memory.elementBytes(x) * x.count)
            fabric.send(
                bytes, from: rank, to: transfer.peer.rank(of: coordinate, in: layout), tag: Tag.transfer(transfer))
            return true
        case .receive(let transfer):
            let x = instruction.pointee.writes[0]
            let bytes = UnsafeMutableRawBufferPointer(
                start: memory.bytes(x, microbatch: microbatch), count: memory.elementBytes(x) * x.count)
            return try fabric.receive(
                into: bytes, from: transfer.peer.rank(of: coordinate, in: layout), to: rank, tag: Tag.transfer(transfer)
            )
        case .collective(let operation):
            return try exchange(operation, instruction.pointee, microbatch)
        case .statistics(let phase):
            return try statisticsPhase(phase, instruction.pointee)
        case .loadTokens, .loadTargets:
            load(instruction.pointee, microbatch)
            return true
        default:
            let operands = Operands(
                memory: memory, instruction: instruction, microbatch: microbatch, wide: wide, context: context)
            wide.begin()
            compute(operands)
            operands.store()
            return true
        }
    }

    /// Copies a micro-batch's tokens, or its targets (the tokens one place on).
    private func load(_ instruction: Instruction, _ microbatch: Int) {
        let shift = if case .loadTargets = instruction.operation { 1 } else { 0 }
        let place = memory.integers(instruction.writes[0], microbatch: microbatch)
        let fold = program.laneFold(recipe)
        for i in 0..<layout.microBatch {
            let sample = fold.sample(microbatch * layout.microBatch + i, of: coordinate.data, among: layout.data)
            tokens.withUnsafeMutableBufferPointer { buffer in
                input?.sample(sample, buffer)
                for t in 0..<sequence { place[i * sequence + t] = buffer[t + shift] }
            }
        }
    }
}

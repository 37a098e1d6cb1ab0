import CAllocation

/// How memory is handed out while thousands of small programs are lowered and forgotten.
enum PlanningMemory {
    /// Has freed pieces join their neighbours at once, and keeps what was freed for what comes next.
    ///
    /// By its defaults the C library keeps small freed pieces apart until a large one is freed, then walks all of them, and
    /// gives the top of the heap back to the system just before it is needed again: an eighth of a plan's time. Training
    /// keeps the defaults: it allocates little, and what it gives back is others' memory.
    static func settle() { serre_keep_freed_memory(1 << 28) }
}

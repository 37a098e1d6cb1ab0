import Testing

/// The built `serre` as a user meets it: real processes, real mpirun, real git repositories.
///
/// One test at a time: the machine is shared with the processes that each test starts.
@Suite(.serialized)
struct EndToEnd {}

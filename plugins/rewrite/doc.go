// Package rewrite checks a WebAssembly module and adds to it what the host needs to stop it.
//
// # Why
//
// Go cannot preempt the machine code that wazero makes of a guest. A guest that computes holds up the garbage collector,
// and with it the whole process; one in an endless loop does so for ever. wazero's own remedy (WithCloseOnContextDone)
// leaves the machine code at every turn of a loop, which makes guests 7 to 14 times slower, and does not see functions
// that call each other without a loop, or long bulk operations.
//
// # What is added
//
// A stoppable module counts, and once in a while it calls a small function, leave, that has been appended to it. leave
// crosses into Go by asking for more memory than there can be ([YieldSize]): that needs no import, and reaches the host's
// memory allocator. There the scheduler can let others run, and a panic ends the module.
//
//   - The count is in bytes of code, in a global. It is looked at every few kilobytes of a path, and what has been passed since
//     is taken off; what a call passes, its caller counts.
//   - Functions that may be on the stack more than once, for they call themselves or each other or are called through a table,
//     look when they are entered.
//   - A loop counts where its turns begin. It becomes two loops, one in the other, and what happens when the count is used up
//     is between them: the inner one has nothing more in it than a step and a branch. While nothing is called in a loop, the
//     count is in a local.
//   - The body of a small loop is written four times, so that four turns are counted at once.
//   - The branches forward of a function that begins with a dispatch, as all that Go compiles, take the direct way.
//   - memory.fill and memory.copy of more than 64 KiB go piece by piece through an appended function; other bulk
//     instructions of such length call leave first.
//   - Mutable globals are exported as [GlobalExport], so that the host can put an instance back to an earlier state.
//   - The start function is not run by instantiation any more: it is exported as [StartExport], for the host to call when
//     it is able to stop it.
//
// So at most about four million bytes of code run between two leaves, which takes a millisecond or so; mostly it is much less,
// for a path is counted as if it were the longest there is. Code whose loads all miss the caches takes longer; the host may
// give it less, see [CountExport].
//
// Everything new stands behind what was there (functions, types, globals, exports, locals), so no index in the module
// changes. Tables get a greatest size. Custom sections are dropped, but for the names of functions: debug information
// would point to the wrong places.
//
// # What is checked
//
// [Parse] walks through all sections and refuses what would make the decoder of wazero allocate memory out of
// proportion to the size of the module: counts that cannot be true, millions of locals, huge tables. Whether the code is
// valid is for wazero to say.
package rewrite

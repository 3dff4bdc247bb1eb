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
//   - A loop counts its turns in a local, and reports every 64. It becomes two loops, one in the other, and the report is
//     between them: the inner one has nothing more in it than a step and a branch.
//   - A function counts in a global when it is entered, unless it is small: short, without loops, and calling nothing but
//     small functions.
//   - A function that begins with a dispatch, as all that Go compiles, counts turns in the global as well. In return its
//     branches forward take the direct way.
//   - A long run of instructions without either gets a count in the middle.
//   - memory.fill and memory.copy of more than 64 KiB go piece by piece through an appended function; other bulk
//     instructions of such length call leave first.
//   - Mutable globals are exported as [GlobalExport], so that the host can put an instance back to an earlier state.
//   - The start function is not run by instantiation any more: it is exported as [StartExport], for the host to call when
//     it is able to stop it.
//
// So at most about two million bytes of code run between two leaves, which takes a millisecond or so.
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

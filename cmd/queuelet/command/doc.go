// Package command implements the command line.
//
// Every command is a function of a context, its streams and its arguments to an exit
// code. What a script wants to read goes to standard output, notes and errors go to
// standard error. An error is one sentence, then a line "Try: …".
package command

// Package function keeps deployed functions, their versions, aliases and event source mappings in JetStream.
//
// It decides what AWS Lambda's API promises of them, as package queue does for SQS; lambdaapi is the wire in front of
// it. What runs code is a [Runtime] that it is handed, so it knows nothing of modules beyond how to find one in a
// package.
//
// # What is where
//
//   - The key-value bucket queuelet-functions holds one document per function and one per event source mapping. A
//     function's document has all of its versions and aliases, so that every change of it is one compare-and-swap.
//   - The object bucket queuelet-code holds packages as they were uploaded, each under the SHA-256 of its content.
//
// Both are in the engine's account, so every node has them. A [Service] reads them when it opens, follows them in
// [Service.Run] and answers reads from memory.
//
// # Changes
//
// New code is put into service before its document is written: what does not compile changes nothing, and an answer
// means that the change is stored, on disk, and running. Calls on one function take turns; two nodes that change the
// same function at once are told apart by the revision of its document, and the slower one gets [CodeConflict].
//
// The functions of the configuration file are known here too, so that they can be listed, invoked and mapped. They
// are changed in the file only.
package function

// Package javascript runs scripts in a JavaScript engine that is itself a WebAssembly guest.
//
// The engine is QuickJS-NG (folder engine). [Bundle] makes one module of a handler with what it imports, TypeScript
// included; a file that imports nothing runs as it is. A [VM] is an engine in an instance of the host: it evaluates the
// script once and then calls its handler for each event. Promises, timers and operations of the host are driven by the
// host, which alone knows how long there is time. What a script finds in its world is in prelude.js, and in
// folder world what few scripts need.
package javascript

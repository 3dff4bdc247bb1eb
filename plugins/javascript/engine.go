package javascript

import _ "embed"

// What the engine is; folder engine says where it comes from.
const (
	EngineVersion = "quickjs-wasi 3.6.2"
	EngineHash    = "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9" // SHA-256
)

//go:embed engine/quickjs.wasm
var engine []byte

// Engine is the engine's module. Its imports are WASI preview 1 and what Export defines.
func Engine() []byte { return engine }

package plugins_test

// The guest in testdata/extism needs it, where the module's requirements are not looked for.
import _ "github.com/extism/go-pdk"

package javascript

import (
	"context"
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

// world are the parts of a script's world that few scripts need. The prelude asks for one when it is used first, so that
// the others cost an instance nothing.
//
//go:embed world/*.js
var world embed.FS

// part is a function that makes a part of the world.
func (v *VM) part(ctx context.Context, args []uint32) (uint32, error) {
	const longest = 64
	name, err := v.read(ctx, args[0], longest)
	if err != nil {
		return 0, err
	}
	source, err := world.ReadFile(path.Join("world", string(name)+".js"))
	if err != nil {
		return 0, fmt.Errorf("find a part of the world: %w", err)
	}
	// The engine's function for it may be at work, on a stack of its own: the script asks while it is evaluated. Another one
	// of the same export has another stack. What it evaluates only makes a function, and does not call the host.
	return v.evaluate(ctx, v.mod.ExportedFunction(evalExport), preludeName, source, 0)
}

// nodeModules are the modules of Node.js that scripts can import, with the names that they export; world/node.js makes them.
var nodeModules = map[string][]string{
	"buffer":          {"Buffer", "atob", "btoa"},
	"console":         {},
	"crypto":          {"createHash", "createHmac", "getRandomValues", "randomBytes", "randomUUID", "subtle", "timingSafeEqual", "webcrypto"},
	"events":          {"EventEmitter", "once"},
	"perf_hooks":      {"performance"},
	"process":         {"argv", "cwd", "env", "hrtime", "nextTick", "platform", "version"},
	"timers":          {"clearImmediate", "clearInterval", "clearTimeout", "setImmediate", "setInterval", "setTimeout"},
	"timers/promises": {"setImmediate", "setTimeout"},
	"url":             {"URL", "URLSearchParams"},
	"util":            {"TextDecoder", "TextEncoder", "format", "inspect", "promisify"},
}

// nodeModule is the source of a module of Node.js, by its name with or without node: before it.
func nodeModule(name string) (source string, ok bool) {
	name = strings.TrimPrefix(name, "node:")
	names, ok := nodeModules[name]
	if !ok {
		return "", false
	}
	source = fmt.Sprintf("const module = globalThis.require(%q);\nexport default module;\n", "node:"+name)
	if len(names) > 0 {
		source += fmt.Sprintf("export const { %s } = module;\n", strings.Join(names, ", "))
	}
	return source, true
}

// nodeModuleNames are the names for people.
func nodeModuleNames() string {
	names := make([]string, 0, len(nodeModules))
	for name := range nodeModules {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

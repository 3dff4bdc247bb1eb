package plugins

import (
	"context"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// WithWazeroChecks stops guests by wazero's own check, as a module does that cannot be rewritten.
func (o Options) WithWazeroChecks() Options {
	o.checks = checksWazero
	return o
}

// WithoutChecks does not stop guests at all.
func (o Options) WithoutChecks() Options {
	o.checks = checksNone
	return o
}

// HostFunctions are what a module of some kind may import, by module and name.
func HostFunctions(ctx context.Context, kind ModuleKind) (map[string]map[string]api.FunctionDefinition, error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	all := map[string]map[string]api.FunctionDefinition{}
	for name, export := range hostModules(kind) {
		builder := r.NewHostModuleBuilder(name)
		export(builder)
		compiled, err := builder.Compile(ctx)
		if err != nil {
			return nil, err
		}
		all[name] = compiled.ExportedFunctions()
	}
	return all, r.Close(ctx)
}

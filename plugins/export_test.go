package plugins

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

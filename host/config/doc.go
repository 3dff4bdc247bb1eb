// Package config reads a YAML file, the environment and flags into one validated
// value, and says precisely what is wrong and where.
//
// A value comes from the first of these that has it: a flag, the environment
// (QUEUELET_SQS_LISTEN for the key sqs.listen), the file, the default. Every key
// has a default, so an empty file is valid. In the file, ${NAME} and
// ${NAME:-default} stand for variables of the environment, and $${ for a plain
// "${".
//
// All mistakes are reported at once, each with its key, line, column, value,
// reason and a hint. Secrets are of type [Secret], which prints as dots.
package config

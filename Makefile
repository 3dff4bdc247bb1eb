# The targets that people type. CI runs .ci/run.
.DEFAULT_GOAL := help
GOLANGCI_LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build the binary into ./bin
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/queuelet ./cmd/queuelet

.PHONY: dev
dev: ## Run everything with the example handler
	go run ./cmd/queuelet dev

.PHONY: test
test: ## Run all tests
	go test ./...

.PHONY: race
race: ## Run all tests with the race detector
	go test -race ./...

.PHONY: lint
lint: ## Run the linters (the first run compiles them, which takes minutes)
	$(GOLANGCI_LINT) run ./...

.PHONY: fmt
fmt: ## Format the code
	$(GOLANGCI_LINT) fmt ./...

.PHONY: fuzz
fuzz: ## Run every fuzz target for ten seconds
	.ci/fuzz 10s

.PHONY: check
check: lint race ## Run what a change must pass

.PHONY: ci
ci: ## Run everything that CI runs
	.ci/run

# signoff: `make run` to try it, `make test` before you push. `make help` lists the rest.

BIN     := bin/signoff
DATA    ?= ./data
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOFLAGS_BUILD := -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
export CGO_ENABLED := 0

.PHONY: help run build web dev check test test-go test-postgres test-web e2e deps-browser fuzz sim bench pictures clean go-there node-there

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

run: build ## build everything and start the server with its sandbox on http://localhost:8080
	./$(BIN) serve --sandbox --data $(DATA)

build: web $(BIN) ## the binary, pages included

.PHONY: $(BIN)
$(BIN): go-there
	go build $(GOFLAGS_BUILD) -o $(BIN) ./cmd/signoff

web: web/dist/index.html ## build the pages into web/dist

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | node-there
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(shell find web/src web/index.html web/vite.config.ts -type f 2>/dev/null)
	cd web && npm run build
	@touch $@

dev: web/node_modules/.package-lock.json $(BIN) ## pages reload as you edit them, behind the real server
	cd web && npx vite --port 5173 --strictPort & vite=$$!; trap "kill $$vite" EXIT; \
	./$(BIN) serve --sandbox --data $(DATA) --dev http://localhost:5173

check: go-there web/node_modules/.package-lock.json ## fast: format, vet, types, the house's rules
	@out=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$out" || { echo "gofmt these: $$out"; exit 1; }
	go vet ./...
	go test -count=1 .
	cd web && npm run types

# Tests wait for disks more than they work: what they write goes to memory where
# the system has a disk in memory with room.
IN_MEMORY := $(shell test -w /dev/shm && test $$(df -Pk /dev/shm | awk 'NR==2 {print $$4}') -gt 4000000 && echo TMPDIR=/dev/shm)

test: check build test-web ## everything; installs Chromium on Debian when it is missing
	$(IN_MEMORY) $(MAKE) -j3 test-go test-postgres e2e

test-go: go-there clients
	go test -vet=off ./...

test-postgres: go-there clients ## what keeps data, on PostgreSQL; skips itself where no server is installed
	SIGNOFF_TEST_STORE=postgres go test -vet=off ./store/... ./library ./runner ./worklist ./identity ./directory ./provision ./mailroom/... ./inhouse ./oauth ./broker/... ./httpapi/...

CLIENTS := scim/clients sandbox/entra/clients sandbox/exchange/clients-graph httpapi/odata/clients cmd/signoff/testdata/clients

.PHONY: clients
clients: ## other people's clients and a provider, which tests run where node is installed
	@command -v npm >/dev/null || { echo "npm is not installed: the tests with other people's clients skip themselves"; exit 0; }; \
	for d in $(CLIENTS); do test -e $$d/node_modules/.package-lock.json || (cd $$d && npm ci --ignore-scripts --no-audit --no-fund) || exit 1; done

test-web: web/node_modules/.package-lock.json
	cd web && npm run api:check && npm test

e2e: build deps-browser
	cd web && SIGNOFF_BIN=$(CURDIR)/$(BIN) npm run e2e

deps-browser:
	@command -v $${CHROMIUM:-chromium} >/dev/null || \
	if command -v apt-get >/dev/null && test "$$(id -u)" = 0; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation; \
	else echo "The browser journeys need Chromium: install it, or set CHROMIUM to where it is."; exit 1; fi

fuzz: ## a minute of fuzzing for every parser
	@for p in $$(go list ./...); do for f in $$(go test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; go test -run '^$$' -fuzz "^$$f\$$" -fuzztime 60s $$p || exit 1; done; done

SEEDS ?= 100000
CHECKS ?= 10000
sim: go-there ## people, nodes and everything that goes wrong, 100,000 times (SEEDS=); SEED=7 tells the story of one; and random processes (CHECKS=)
	SEEDS=$(SEEDS) SEED=$(SEED) FROM=$(FROM) go test -count=1 -timeout 6h -v -run '^Test(NothingIsLostOrDoneTwice|MessagesSignalsCallsAndSchedulesComeOnce)WhateverGoesWrong$$' ./runner
	go test -count=1 -timeout 6h -run '^TestRandom' ./engine -rapid.checks=$(CHECKS)

bench: $(BIN) ## the speed of the store and the engine, against a floor written by hand
	./$(BIN) bench

pictures: build deps-browser ## make the README's pictures anew from the program itself
	cd web && SIGNOFF_BIN=$(CURDIR)/$(BIN) npm run e2e -- pictures

clean: ## remove what was built; data stays
	rm -rf bin web/dist/assets web/dist/index.html web/node_modules

go-there:
	@command -v go >/dev/null || { echo "signoff is built with Go 1.26 or newer: https://go.dev/dl"; exit 1; }

node-there:
	@command -v node >/dev/null || { echo "The pages are built with Node 20.19 or newer."; exit 1; }
	@node -e 'const [a,b]=process.versions.node.split(".").map(Number); if (a<20||a==20&&b<19) { console.log("The pages are built with Node 20.19 or newer; this is "+process.versions.node+"."); process.exit(1) }'

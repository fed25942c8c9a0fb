# Polypod's make targets. Run `make` without a target to list them.

.POSIX:

# Further arguments for `polypod demo`, which `make run` starts.
ARGS =
# The engine of the node's runtime: wasmedge, wasmtime or wasmer.
ENGINE = wasmedge
# The engines in one node image, for `make node-image-test`.
ENGINES = wasmedge wasmtime
# How long `make fuzz` runs for each parser, and for which parsers: those of Tests/FuzzTests/Corpus, if it is empty.
FUZZ_SECONDS = 60
FUZZ_PARSERS =
# The same seed gives `make fuzz` the same inputs; 0 gives new ones.
FUZZ_SEED = 1
# Further flags for swift run, swift build and swift test, such as `-j 2`.
SWIFT_FLAGS =

# The registry to which `make examples-push` pushes the examples' images, over plain HTTP.
REGISTRY = localhost:5000

# The packages that Swift needs on Debian. `make setup` installs missing ones if apt is available.
PACKAGES = binutils ca-certificates g++ git libc6-dev libcurl4-openssl-dev libssl-dev libxml2-dev pkg-config tzdata zlib1g-dev
LINT_PACKAGES = shellcheck
EXAMPLE_PACKAGES = clang lld wasi-libc libclang-rt-dev-wasm32 wabt
BUNDLE_PACKAGES = ca-certificates curl debootstrap
CLUSTER_PACKAGES = binutils curl jq openssl python3 wabt busybox-static
PRODUCTION_PACKAGES = apache2-utils docker-registry

SCRIPTS = .ci/run .ci/kubernetes-source .ci/fix-apiserver .ci/fix-reflect2 .ci/restart-apiserver certs/make-certs deploy/examples/modules/build deploy/webhook/build-static deploy/webhook/make-image Tests/cluster/run Tests/cluster/node/run Tests/cluster/production/run \
  Tests/node-image/run Tests/FuzzTests/run \
  deploy/node-image/make-bundle deploy/node-image/bundle/build deploy/node-image/bundle/debian-root deploy/node-image/bundle/fetch \
  deploy/node-image/bundle/llvm-stand-in deploy/node-image/kind/add-runtime deploy/local/up deploy/local/down
SWIFT_SOURCES = Package.swift Sources Tests

.PHONY: help setup setup-lint setup-examples setup-cluster-test run test fuzz build release image examples examples-push bundle node-image-test kind-up k3d-up down measure cluster-test node-test production-test lint format clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

setup: ## install the packages that Swift needs (only on Debian with apt)
	@$(MAKE) -s install-packages WANTED="$(PACKAGES)"
	@command -v swift >/dev/null || { echo "Swift 6.3 is not on the PATH: see https://www.swift.org/install/linux/" >&2; exit 1; }

setup-lint:
	@$(MAKE) -s install-packages WANTED="$(LINT_PACKAGES)"

setup-examples:
	@$(MAKE) -s install-packages WANTED="$(EXAMPLE_PACKAGES)"

setup-cluster-test:
	@$(MAKE) -s install-packages WANTED="$(CLUSTER_PACKAGES)"

run: setup ## build what is needed and run polypod demo
	swift run $(SWIFT_FLAGS) polypod demo $(ARGS)

test: setup ## run every test that needs no cluster
	swift build $(SWIFT_FLAGS) --build-tests
	swift test $(SWIFT_FLAGS) --skip-build

fuzz: setup ## search for inputs that end a parser or break its rules, FUZZ_SECONDS (60) for each of FUZZ_PARSERS (all)
	Tests/FuzzTests/run $(FUZZ_SECONDS) $(FUZZ_SEED) $(FUZZ_PARSERS)

build: setup ## create a debug build
	swift build $(SWIFT_FLAGS)

release: setup ## build static, stripped binaries in build/release
	deploy/webhook/build-static polypod-webhook build/release
	deploy/webhook/build-static polypod build/release

image: ## build the webhook's image with docker, podman or buildah; IMAGE_FROM_HOST=1 pulls nothing
	@deploy/webhook/make-image

examples: setup-examples ## build the Wasm modules of deploy/examples in build/examples
	@deploy/examples/modules/build build/examples

examples-push: examples ## build the modules and push their images to REGISTRY=HOST:PORT, over plain HTTP
	@$(MAKE) -s install-packages WANTED=python3
	@Tests/cluster/push_image.py http://$(REGISTRY)/polypod-dev deploy/examples/modules/images build/examples

bundle: ## build the node's runtime, crun with ENGINE (wasmedge), in .build/crun-ENGINE; as root, on Debian, without Docker
	@$(MAKE) -s install-packages WANTED="$(BUNDLE_PACKAGES)"
	deploy/node-image/make-bundle $(ENGINE) .build/crun-$(ENGINE)

node-image-test: setup ## build every target of deploy/node-image/Dockerfile with buildah, on stand-ins for the base images
	@$(MAKE) -s install-packages WANTED="$(BUNDLE_PACKAGES) buildah busybox-static"
	ENGINES="$(ENGINES)" Tests/node-image/run

kind-up: ## create a kind cluster with Polypod and an example, with docker or podman
	@deploy/local/up kind

k3d-up: ## create the same cluster with k3d
	@deploy/local/up k3d

down: ## remove the clusters of kind-up and k3d-up and their registry
	@deploy/local/down

measure: setup ## measure every promised figure on this machine (about a minute and a half, after two release builds)
	@$(MAKE) -s install-packages WANTED="openssl python3 wrk"
	deploy/webhook/build-static polypod-webhook build/measure
	deploy/webhook/build-static constant-server build/measure
	Benchmarks/measure build/measure/polypod-webhook build/measure/constant-server

cluster-test: setup-cluster-test ## run the tests on a cluster; see Tests/cluster/README.md for the variables
	@Tests/cluster/run

production-test: setup-cluster-test ## test Polypod on a cluster as a platform team runs it; see Tests/cluster/README.md
	@$(MAKE) -s install-packages WANTED="$(PRODUCTION_PACKAGES)"
	@Tests/cluster/production/run

node-test: setup-cluster-test setup-examples ## run the tests on a node that has only runc; see Tests/cluster/README.md
	@$(MAKE) -s install-packages WANTED="nginx-light"
	@Tests/cluster/node/run

docs: setup ## write the documentation of the library PodAdmission to build/docs; warnings are errors
	@mkdir -p build
	swift package $(SWIFT_FLAGS) --allow-writing-to-package-directory generate-documentation --target PodAdmission \
	  --output-path build/docs --transform-for-static-hosting --warnings-as-errors

lint: ## check the code style with swift format and shellcheck
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	@if command -v shellcheck >/dev/null; then echo shellcheck; shellcheck -x $(SCRIPTS); \
	else echo "shellcheck is not installed: scripts not checked (make setup-lint)"; fi

format: ## format the code with swift format
	swift format --in-place --recursive --parallel $(SWIFT_SOURCES)

clean: ## remove the build results
	rm -rf .build build

# install-packages WANTED="..." installs the missing ones of these packages, as root or with sudo.
.PHONY: install-packages
install-packages:
	@command -v apt-get >/dev/null || exit 0; \
	missing=; \
	for package in $(WANTED); do \
	  dpkg -s $$package 2>/dev/null | grep -q '^Status: install ok installed' || missing="$$missing $$package"; \
	done; \
	[ -n "$$missing" ] || exit 0; \
	echo "installing$$missing"; \
	if [ "$$(id -u)" -eq 0 ]; then sudo=; else sudo=sudo; fi; \
	$$sudo apt-get update -qq; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing >/dev/null

# What can be done here; `make` alone lists it. CARGO_TARGET_DIR is respected.

CARGO ?= cargo

.DEFAULT_GOAL := help
.PHONY: help demo build test bench fuzz lint prerequisites

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## builds, then loads the sample data from an in-process broker into SQLite (more: ARGS="--help")
	@$(CARGO) run --release --locked --quiet -- demo $(ARGS)

build: prerequisites ## builds the release binary: target/release/flatsink
	$(CARGO) build --release --locked

test: prerequisites ## all tests, with Kafka and the databases found or started (a filter: ARGS=delivery)
	tests/services run $(CARGO) test --locked --lib --bins --tests $(ARGS)

bench: prerequisites ## rows a second end to end, beside COPY; decoding beside apache-avro; peak memory
	tests/services run $(CARGO) bench --locked $(ARGS)

fuzz: prerequisites ## each fuzz target in turn, on a nightly compiler with cargo-fuzz, for so many seconds: ARGS=60
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is not installed: cargo install cargo-fuzz --locked"; exit 1; }
	@for target in $$($(CARGO) +nightly fuzz list); do \
		mkdir -p fuzz/corpus/$$target; \
		$(CARGO) +nightly fuzz run -s none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-dict=fuzz/schema.dict -max_total_time=$(or $(ARGS),60) -timeout=5 -rss_limit_mb=512 -max_len=4096 \
			-print_final_stats=1 || exit 1; \
	done

lint: prerequisites ## formatting, clippy, and licences and sources if cargo-deny is installed
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then $(CARGO) deny --locked check bans licenses sources; \
	else echo "cargo-deny is not installed (cargo install cargo-deny --locked): licences and sources not checked"; fi

prerequisites:
	@tools/prerequisites

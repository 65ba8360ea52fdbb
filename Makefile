# PGXS build: `make && make install && make installcheck`. Set PG_CONFIG to choose a server.

EXTENSION = journey
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" journey.control)

# The rooms, in the order in which their SQL needs one another: a line `-- Room: NAME. Needs: ROOM...` says which.
FOLDERS := $(filter-out base pg,$(patsubst src/%/,%,$(sort $(wildcard src/*/))))
needs = $(shell sed -n 's/^-- Room: $(1)\. Needs: //p' src/$(1)/*.sql 2>/dev/null)
$(foreach room,$(FOLDERS),$(if $(call needs,$(room)),,$(error src/$(room) is no room: no SQL file there says `-- Room: $(room). Needs: ...`)))
ROOMS := $(shell printf '%s\n' $(foreach room,$(FOLDERS),$(foreach need,$(subst none,$(room),$(call needs,$(room))),'$(need) $(room)')) | tsort)

MODULE_big = journey
SOURCES = $(sort $(wildcard src/*/*.cpp))
OBJS = $(SOURCES:.cpp=.o)
DATA = $(wildcard upgrade/journey--*.sql)
DATA_built = journey--$(EXTVERSION).sql
REGRESS = $(basename $(notdir $(wildcard sql/*.sql)))

# compile_flags.txt is for every build and for editors. It has no fused multiply-add, so that results are the same on every
# machine. Asserts are for the tests.
PG_CXXFLAGS = $(shell cat compile_flags.txt) -MMD -MP -Wno-register -Wno-unused-parameter -Wno-missing-field-initializers
PG_CXXFLAGS += $(if $(filter yes,$(ASSERTS)),-D_GLIBCXX_ASSERTIONS,-DNDEBUG)
ifeq ($(CI),true)
PG_CXXFLAGS += -Werror -g0 # debug information takes a quarter of the compile time
endif
ifneq ($(findstring clang,$(CXX)),)
# The server's flags and headers are made for the compiler it was built with.
PG_CXXFLAGS += -Wno-unknown-warning-option -Wno-ignored-attributes
endif
SHLIB_LINK = -lstdc++ -lm -lpsl
SHLIB_EXPORTS = build/exports.txt
EXTRA_CLEAN = build $(DATA_built) $(OBJS:.o=.d)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
# JIT can inline nothing across C++ entry points, so no bitcode is built (it would also need clang).
override with_llvm = no
include $(PGXS)

ROOM_SQL = src/pg/schema.sql src/pg/rule_tables.sql $(foreach room,$(ROOMS),$(sort $(wildcard src/$(room)/*.sql)))

journey--$(EXTVERSION).sql: $(ROOM_SQL) Makefile journey.control
	@{ printf '%s\n' '\echo Use "CREATE EXTENSION journey" to load this file. \quit'; \
	   for file in $(ROOM_SQL); do printf '\n'; cat $$file; done; } > $@

# Only what the server calls leaves the library: the names are read from the SQL, never listed by hand.
build/exports.txt: $(ROOM_SQL) Makefile
	@mkdir -p build
	@{ echo Pg_magic_func; echo _PG_init; \
	   grep -oh "'MODULE_PATHNAME', '[a-z0-9_]*'" $(ROOM_SQL) | cut -d"'" -f4 | sort -u | sed 'p;s/^/pg_finfo_/'; } > $@

# The solver of Markov chains is one loop that wants the compiler's best: four times as fast as with -O2.
src/attribution/removal.o: CXXFLAGS += -O3

# The demo's event generator, a program of its own.
build/generate: $(wildcard scripts/generate/*.[ch]pp)
	@mkdir -p build
	$(CXX) -std=c++20 -O2 -Wall -Wextra -o $@ $(filter %.cpp,$^)

# The public SQL as it is, written down where a test compares.
.PHONY: signatures
signatures:
	scripts/signatures

# The archive that PGXN takes: what is committed, the same bytes from the same commit.
.PHONY: dist
dist:
	git archive --format=zip --prefix=journey-$(EXTVERSION)/ --output=journey-$(EXTVERSION).zip HEAD

# The functions that are also there in SQL alone: the script, and one that installs it through pg_tle.
.PHONY: journey_sql
journey_sql:
	python3 journey_sql/generate.py
build/journey_sql_pg_tle.sql: journey_sql/generate.py $(wildcard journey_sql/src/*.sql src/channels/*.sql)
	@mkdir -p build
	python3 $< --pg-tle > $@

-include $(OBJS:.o=.d)

.PHONY: format lint lint-format lint-tidy
# One version for everybody, since versions differ in their judgement.
LLVM ?= 14
CXX_FILES = $(wildcard src/*/*.[ch]pp test/*/*.[ch]pp test/*/*.c scripts/*/*.[ch]pp)
# The analyzer takes more than half of the time, so CI leaves it to those who lint by hand.
TIDY = printf '%s\0' $(1) | xargs -0 -P $(shell nproc) -I FILE clang-tidy-$(LLVM) --quiet $(if $(filter true,$(CI)),--warnings-as-errors='*' --checks='-clang-analyzer-*') FILE --
format:
	clang-format-$(LLVM) -i $(CXX_FILES)
lint: lint-format lint-tidy
lint-format:
	clang-format-$(LLVM) --dry-run --Werror $(CXX_FILES)
lint-tidy:
	$(call TIDY,$(SOURCES)) -xc++ $(filter-out -MMD -MP -Werror,$(PG_CXXFLAGS)) $(filter -I%,$(CPPFLAGS)) -D_GNU_SOURCE
	$(call TIDY,$(wildcard scripts/*/*.cpp)) -std=c++20

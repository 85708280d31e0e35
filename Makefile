# libntk. `make help` lists the targets and the variables.

VERSION := $(shell cat VERSION 2>/dev/null)
# The number in the SONAME: raised when the ABI breaks, whatever VERSION says.
SOVERSION = 0

CC ?= cc
CXX ?= c++
AR ?= ar
INSTALL = install
CFLAGS ?= -O3
CPPFLAGS ?=
LDFLAGS ?=
PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBDIR = $(PREFIX)/lib
INCLUDEDIR = $(PREFIX)/include
DESTDIR =
BUILD = build
PKG_CONFIG ?= pkg-config
BLAS =
BLAS_CFLAGS =
BLAS_LIBS =
BLAS_SUFFIX =
THREADS = 1
ZLIB = auto
WERROR = 0
SANITIZE =
BENCH_FLAGS =
V = 0

# make cannot hold a path with spaces, and rm -rf must not see one in pieces.
$(foreach folder,BUILD PREFIX DESTDIR,$(if $(word 2,$($(folder))),$(error $(folder) must be one path without spaces)))

.DEFAULT_GOAL := all
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: FORCE all lib everything deps demo check install uninstall bench bench-kernel bench-peers bench-limit bench-ensemble bench-spread bench-svm check-accuracy examples abi-baseline format clean help
CHECKS = suites oom cli headers symbols abi consumers readme python docs style
.PHONY: $(CHECKS:%=check-%)
# What a sanitizer watches over: programs of which every part was built with it.
ifneq ($(SANITIZE),)
CHECKS = suites oom cli
endif

# As many jobs as processors, unless the user says otherwise (a -j on the command line wins).
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
endif

# deps, clean and format change what the other goals start from: with one of them, goals are made one after the other, each
# by a make of its own. So `make deps demo` looks for the packages after it has installed them.
ifneq ($(and $(filter deps clean format,$(MAKECMDGOALS)),$(word 2,$(MAKECMDGOALS))),)

$(firstword $(MAKECMDGOALS)):
	@set -e; for goal in $(MAKECMDGOALS); do $(MAKE) --no-print-directory $$goal; done
$(filter-out $(firstword $(MAKECMDGOALS)),$(sort $(MAKECMDGOALS))): $(firstword $(MAKECMDGOALS))
	@:

else

deps:
	@CC='$(CC)' PKG_CONFIG='$(PKG_CONFIG)' BLAS='$(BLAS)' BLAS_LIBS='$(BLAS_LIBS)' sh scripts/deps.sh

# --- What the machine offers: found once by scripts/configure.sh; make reads the file again after making it -----------

ifneq ($(filter-out deps help clean format uninstall,$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/config.mk
endif

PROBED = CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' PKG_CONFIG='$(PKG_CONFIG)' BLAS='$(BLAS)' \
	BLAS_CFLAGS='$(BLAS_CFLAGS)' BLAS_LIBS='$(BLAS_LIBS)' BLAS_SUFFIX='$(BLAS_SUFFIX)' ZLIB='$(ZLIB)'

$(BUILD)/config.mk: scripts/configure.sh $(BUILD)/config.key
	@$(PROBED) sh scripts/configure.sh >$@.part && mv $@.part $@

# $(call stamp,FILE,TEXT) rewrites FILE only when TEXT is another one, so that what depends on it follows the flags.
stamp = @mkdir -p $(dir $(1)) && printf '%s\n' '$(subst ','\'',$(2))' >$(1).new && \
	if cmp -s $(1).new $(1); then rm $(1).new; else mv $(1).new $(1); fi

# Packages that come, go or change make the answers old.
PACKAGE_VERSIONS = $(shell for package in openblas lapacke zlib check $(BLAS); do \
	$(PKG_CONFIG) --modversion $$package; done 2>/dev/null)
$(BUILD)/config.key: FORCE
	$(call stamp,$@,$(PROBED) $(PKG_CONFIG_PATH) $(PACKAGE_VERSIONS))
FORCE:

# --- Flags ------------------------------------------------------------------------------------------------------------

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
ifeq ($(WERROR),1)
WARNINGS += -Werror
endif
ifneq ($(SANITIZE),)
SANITIZE_FLAGS = -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer -g
endif
THREAD_FLAGS = $(if $(filter 0,$(THREADS)),-DNTK_NO_THREADS,-pthread)
# CFLAGS comes first, so that it cannot switch off what the results depend on.
NTK_CFLAGS = $(CFLAGS) -std=c11 -fno-fast-math -fno-math-errno -fno-trapping-math -ffp-contract=off \
	-fvisibility=hidden -fPIC $(THREAD_FLAGS) $(SANITIZE_FLAGS) $(WARNINGS)
NTK_CPPFLAGS = -Iinclude -I. -DNTK_BLAS_PROVIDER='"$(CONFIG_BLAS_PROVIDER)"' $(CPPFLAGS)
ifneq ($(BLAS_SUFFIX),)
NTK_CPPFLAGS += -DNTK_BLAS_SUFFIX='"$(BLAS_SUFFIX)"'
endif
NTK_LDFLAGS = $(LDFLAGS) $(filter -pthread,$(THREAD_FLAGS)) $(SANITIZE_FLAGS)
NTK_LIBS = $(strip $(CONFIG_BLAS_LIBS)) -lm
CLI_CPPFLAGS =
CLI_LIBS =
ifeq ($(CONFIG_ZLIB),1)
CLI_CPPFLAGS += -DNTK_HAVE_ZLIB $(CONFIG_ZLIB_CFLAGS)
CLI_LIBS += $(CONFIG_ZLIB_LIBS)
endif

ifeq ($(shell uname -s),Darwin)
# Written after Apple's documentation; our CI has no such machine.
SHARED_NAME = libntk.$(VERSION).dylib
SHARED_SONAME = libntk.$(SOVERSION).dylib
SHARED_LINK = libntk.dylib
EXPORTS = $(BUILD)/exports.txt
SHARED_LDFLAGS = -dynamiclib -install_name $(LIBDIR)/$(SHARED_SONAME) -exported_symbols_list $(EXPORTS)
else
SHARED_NAME = libntk.so.$(VERSION)
SHARED_SONAME = libntk.so.$(SOVERSION)
SHARED_LINK = libntk.so
EXPORTS = src/ntk.map
SHARED_LDFLAGS = -shared -Wl,-soname,$(SHARED_SONAME) -Wl,--version-script=$(EXPORTS)
# A sanitizer's runtime comes with the program, not with the library.
ifeq ($(SANITIZE),)
SHARED_LDFLAGS += -Wl,--no-undefined -Wl,-z,defs
endif
endif

# --- Library and command ----------------------------------------------------------------------------------------------

ROOMS = mlp loss network kernel train flow bayes features solve svm spectrum
LIB_SOURCES := $(sort $(wildcard lib/*/*.c $(ROOMS:%=src/%/*.c)))
CLI_SOURCES := $(sort $(wildcard src/cli/*.c))
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o)
CLI_OBJECTS := $(CLI_SOURCES:%.c=$(BUILD)/obj/%.o)
STATIC = $(BUILD)/libntk.a
SHARED = $(BUILD)/$(SHARED_NAME)
SHARED_LINKS = $(BUILD)/$(SHARED_SONAME) $(BUILD)/$(SHARED_LINK)

# Short lines, or with V=1 the commands themselves.
ifeq ($(V),0)
quiet = @printf '  %-5s %s\n' $(1) $@;
endif

all: lib $(BUILD)/ntk
lib: $(STATIC) $(SHARED) $(SHARED_LINKS)

$(BUILD)/compile.key: FORCE
	$(call stamp,$@,$(CC) $(NTK_CFLAGS) $(NTK_CPPFLAGS) $(CLI_CPPFLAGS))
$(BUILD)/link.key: FORCE
	$(call stamp,$@,$(CC) $(SHARED_LDFLAGS) $(NTK_LDFLAGS) $(NTK_LIBS) $(CLI_LIBS) $(LIB_SOURCES) $(CLI_SOURCES))

EXTRA_CPPFLAGS =
$(BUILD)/obj/src/cli/%.o: EXTRA_CPPFLAGS = $(CLI_CPPFLAGS)
$(BUILD)/obj/tests/%.o: EXTRA_CPPFLAGS = $(CONFIG_CHECK_CFLAGS)
$(BUILD)/obj/bench/%.o: EXTRA_CPPFLAGS = $(CONFIG_BLAS_CFLAGS)
$(BUILD)/obj/%.o: %.c $(BUILD)/compile.key
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(NTK_CFLAGS) $(NTK_CPPFLAGS) $(EXTRA_CPPFLAGS) -MMD -MP -c $< -o $@

$(STATIC): $(LIB_OBJECTS) $(BUILD)/link.key
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $(LIB_OBJECTS)

$(BUILD)/exports.txt: src/ntk.map
	@sed -n 's/^ *\(ntk_[a-z0-9_]*\);.*/_\1/p' $< >$@

$(SHARED): $(LIB_OBJECTS) $(EXPORTS) $(BUILD)/link.key
	$(call quiet,LINK)$(CC) $(SHARED_LDFLAGS) $(NTK_LDFLAGS) $(LIB_OBJECTS) $(NTK_LIBS) -o $@

$(SHARED_LINKS): $(SHARED)
	@ln -sf $(SHARED_NAME) $@

$(BUILD)/ntk: $(CLI_OBJECTS) $(STATIC) $(BUILD)/link.key
	$(call quiet,LINK)$(CC) $(NTK_LDFLAGS) $(CLI_OBJECTS) $(STATIC) $(CLI_LIBS) $(NTK_LIBS) -o $@

# --- Installation -----------------------------------------------------------------------------------------------------

HEADERS := $(sort $(wildcard include/ntk/*.h include/ntk/*.hpp))
TO_BIN = $(DESTDIR)$(BINDIR)
TO_LIB = $(DESTDIR)$(LIBDIR)
TO_INCLUDE = $(DESTDIR)$(INCLUDEDIR)/ntk
# Paths below the prefix are written relative to it, so that an installed tree can be moved.
fill = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|g' \
	-e 's|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|g' -e 's|@VERSION@|$(VERSION)|g' \
	-e 's|@PRIVATE_LIBS@|$(strip $(NTK_LIBS) $(filter -pthread,$(THREAD_FLAGS)))|g' \
	-e 's|@SHARED@|$(SHARED_SONAME)|g'

install: all
	$(INSTALL) -d $(TO_BIN) $(TO_LIB)/pkgconfig $(TO_LIB)/cmake/ntk $(TO_INCLUDE)
	$(INSTALL) -m 755 $(BUILD)/ntk $(TO_BIN)/ntk
	$(INSTALL) -m 644 $(STATIC) $(TO_LIB)/libntk.a
	$(INSTALL) -m 755 $(SHARED) $(TO_LIB)/$(SHARED_NAME)
	ln -sf $(SHARED_NAME) $(TO_LIB)/$(SHARED_SONAME)
	ln -sf $(SHARED_SONAME) $(TO_LIB)/$(SHARED_LINK)
	$(INSTALL) -m 644 $(HEADERS) $(TO_INCLUDE)
	@for file in pkgconfig/ntk.pc cmake/ntk/ntk-config.cmake cmake/ntk/ntk-config-version.cmake; do \
		$(fill) pkgconfig/$${file##*/}.in >$(TO_LIB)/$$file && chmod 644 $(TO_LIB)/$$file || exit 1; done

uninstall:
	rm -f $(TO_BIN)/ntk $(TO_LIB)/libntk.a $(TO_LIB)/$(SHARED_NAME) $(TO_LIB)/$(SHARED_SONAME) $(TO_LIB)/$(SHARED_LINK)
	rm -f $(HEADERS:include/ntk/%=$(TO_INCLUDE)/%) $(TO_LIB)/pkgconfig/ntk.pc
	rm -f $(TO_LIB)/cmake/ntk/ntk-config.cmake $(TO_LIB)/cmake/ntk/ntk-config-version.cmake
	-@rmdir $(TO_INCLUDE) $(TO_LIB)/cmake/ntk 2>/dev/null || true

# --- Tests ------------------------------------------------------------------------------------------------------------

SUITES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/test_*.c)))
OOM_TESTS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/oom/*.c)))
# What the test scripts have to know.
TEST_ENV = BUILD='$(BUILD)' CC='$(CC)' CXX='$(CXX)' PKG_CONFIG='$(PKG_CONFIG)' VERSION='$(VERSION)' \
	SOVERSION='$(SOVERSION)' BLAS_LIBS='$(NTK_LIBS)' BLAS_SUFFIX='$(BLAS_SUFFIX)'

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(NTK_LDFLAGS) $< $(STATIC) $(CONFIG_CHECK_LIBS) $(NTK_LIBS) -o $@

# Everything is built first, in parallel; then the checks run one after the other, all of them even when one fails.
check: all $(SUITES) $(OOM_TESTS)
	@failed=; for name in $(CHECKS); do echo "== check-$$name"; \
	$(MAKE) --no-print-directory check-$$name || failed="$$failed check-$$name"; done; \
	if [ -n "$$failed" ]; then echo "check: FAILED:$$failed"; exit 1; fi; echo 'check: all passed'

check-suites: $(SUITES)
	@sh scripts/run-tests.sh $(SUITES)

check-oom: $(OOM_TESTS)
	@sh scripts/run-tests.sh $(OOM_TESTS)

check-cli: $(BUILD)/ntk
	@$(TEST_ENV) bash tests/cli/run.sh $(BUILD)/ntk

check-headers:
	@$(TEST_ENV) sh tests/headers/run.sh

check-symbols: lib
	@$(TEST_ENV) sh tests/abi/symbols.sh

check-abi:
	@if command -v abidiff >/dev/null; then \
	$(MAKE) --no-print-directory BUILD=$(BUILD)/abi CFLAGS='-g -Og' SANITIZE= lib && \
	$(TEST_ENV) sh tests/abi/abi.sh compare $(BUILD)/abi/libntk.so; \
	else echo 'check-abi: SKIPPED: no abidiff (Debian: abigail-tools)'; fi

abi-baseline:
	@$(TEST_ENV) sh tests/abi/abi.sh update

check-consumers: all
	@$(TEST_ENV) MAKE='$(MAKE)' sh tests/consumers/run.sh

check-readme: all
	@$(TEST_ENV) MAKE='$(MAKE)' sh tests/consumers/readme.sh

check-python: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' sh python/tests/run.sh

check-docs:
	@sh docs/check.sh

check-style:
	@sh tests/style/direction.sh && sh tests/style/length.sh

# Worst errors per activation, depth and kind of pair, beside their limits.
check-accuracy: $(BUILD)/tests/accuracy/accuracy
	@$<

# --- Programs ---------------------------------------------------------------------------------------------------------

EXAMPLES := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard examples/*.c)))
# The C++ form of examples/NAME.c is examples/NAME.cpp; its program is called NAME-cpp.
CPP_EXAMPLES := $(patsubst %.cpp,$(BUILD)/%-cpp,$(sort $(wildcard examples/*.cpp)))
# One program of several sources.
BENCHMARKS := $(BUILD)/bench/kernel
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard bench/*.c)))

$(BENCHMARKS): $(BENCH_OBJECTS) $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(NTK_LDFLAGS) $(BENCH_OBJECTS) $(STATIC) $(NTK_LIBS) -ldl -o $@

$(EXAMPLES): $(BUILD)/%: $(BUILD)/obj/%.o $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(NTK_LDFLAGS) $< $(STATIC) $(NTK_LIBS) -o $@

$(CPP_EXAMPLES): $(BUILD)/%-cpp: %.cpp $(HEADERS) $(STATIC)
	@mkdir -p $(@D)
	$(call quiet,CXX)$(CXX) -std=c++11 $(CFLAGS) -Wall -Wextra -Wpedantic -Iinclude $(CPPFLAGS) $< \
		$(NTK_LDFLAGS) $(STATIC) $(NTK_LIBS) -o $@

examples: all $(EXAMPLES) $(CPP_EXAMPLES)
	@if [ -f examples/run.sh ]; then $(TEST_ENV) bash examples/run.sh; \
	else set -e; for program in $(EXAMPLES) $(CPP_EXAMPLES); do echo "== $$program"; $$program; done; fi

demo: all $(EXAMPLES)
	@$(TEST_ENV) bash examples/demo.sh

# The same work by other libraries, in a virtual environment of build/.
bench-peers: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' python3 bench/peers/run.py --output '$(abspath $(BUILD))' $(PEERS_FLAGS)

# How finite networks meet the limit of infinite width: slopes in width and number of networks.
bench-limit: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' python3 bench/infinite_limit.py --output '$(abspath $(BUILD))' $(LIMIT_FLAGS)

# The mean of really trained networks beside that of the infinite ensemble.
bench-ensemble: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' python3 bench/ensemble.py --output '$(abspath $(BUILD))' $(ENSEMBLE_FLAGS)

# Mean and covariance of really trained networks beside those of ntk_ensemble.
bench-spread: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' python3 bench/ensemble_spread.py --output '$(abspath $(BUILD))' $(SPREAD_FLAGS)

# Support vector machines beside LIBSVM, on UCI sets.
bench-svm: lib
	@NTK_LIBRARY='$(abspath $(BUILD))/$(SHARED_LINK)' python3 bench/svm_libsvm.py --output '$(abspath $(BUILD))' $(SVM_FLAGS)

bench bench-kernel: all $(BENCHMARKS)
	@$(BUILD)/bench/kernel $(BENCH_FLAGS)

# Whatever the compiler sees.
everything: all $(SUITES) $(OOM_TESTS) $(EXAMPLES) $(CPP_EXAMPLES) $(BENCHMARKS)

# --- Housekeeping -----------------------------------------------------------------------------------------------------

format:
	clang-format -i $$(sh tests/style/sources.sh)

clean:
	rm -rf $(BUILD)

help:
	@cat scripts/help.txt

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
endif

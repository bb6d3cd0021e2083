# hookkeeper: `make run` shows it, `make test` proves it, plain `make` builds.
# To take it elsewhere:
#
#	make install	into $(DESTDIR)$(PREFIX), as built here
#	make dist	build/dist/hookkeeper-VERSION-linux-x86_64.tar.gz: static programs
#			for any Linux, install.sh, SHA256SUMS; the same bytes each time
#	make deb	build/dist/hookkeeper_VERSION_amd64.deb, of the same programs
#	make test-dist	both made, installed, upgraded and taken away, and the tarball
#			installed in an empty Debian
#
# Where a file lies says what it is: a folder of src/ is a room, a file of
# cgi-bin/ is a program, a test_*.c of tests/unit/ROOM a test of that room.
# No list here names a source file.

# Each room uses only rooms to its left; each is a library, and a room's tests
# link no library to its right, so the linker proves the order.
ROOMS	:= base crypto http sign store outbox books provider inbox api stream admin deliver work cli
# What the FastCGI programs are made of: never libcurl.
SERVED	:= base crypto http sign store outbox books provider inbox api stream admin

SAN	?=
DEV	?=
# FAULT=1: programs that die and fail when told to; see base/fault.h.
FAULT	?=
B	?= build$(if $(SAN),/san-$(subst $(empty) ,-,$(subst $(comma),-,$(SAN))))$(if $(DEV),/dev)$(if $(FAULT),/fault)
comma	:= ,
CC	?= cc
VERSION	:= 0.1.0

WARN	:= -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wcast-qual -Wwrite-strings \
	   -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla -Wformat=2
CFLAGS	?= -O2 -g
CPPFLAGS += $(if $(WHOLE),-DHK_WHOLE) -D_GNU_SOURCE -DHK_VERSION='"$(VERSION)"' -Isrc -I$(B)/gen $(if $(DEV),-DHK_DEV) $(if $(FAULT),-DHK_FAULT)
ALL_C	= $(CC) -std=c11 $(WARN) $(CPPFLAGS) $(CFLAGS) -pthread -MMD -MP \
	  $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer -O1,-D_FORTIFY_SOURCE=2 -fstack-protector-strong)
LINK	= $(CC) -pthread $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

# The FastCGI programs are static: a plain CGI start is three times as fast,
# and one file runs on any Linux.  Not under a sanitizer.
STATIC	:= $(if $(SAN),,-static)
# The linker says what libcrypto would need to look up hosts and load modules,
# which nobody asks of it; everything else it says is shown.
quiet	= 2>$@.said; s=$$?; \
	  grep -v -e 'in statically linked applications requires' -e ': in function' $@.said >&2; \
	  rm -f $@.said; exit $$s
# What a static libcrypto needs besides: zlib and zstd in Debian 13, nothing in 12.
CRYPTO	:= $(or $(shell pkg-config --static --libs-only-l libcrypto 2>/dev/null),-lcrypto)
LIBS	:= -lsqlite3 -ljson-c -linih -llz4 $(CRYPTO) -lm
CURL	:= -lcurl
# WHOLE=1: hookkeeper static too, for `make dist`.  Of what Debian's libcurl can
# use, what hookkeeper never does stays out; see tools/curl-unused.sh.
WHOLE	?=
UNUSED	:= -lrtmp -lssh2 -lpsl -lgssapi_krb5 -lldap -llber
ifdef WHOLE
LIBCURL	:= $(shell $(CC) -print-file-name=libcurl.a)
CURL	:= -lcurl $(filter-out $(UNUSED),$(filter -l%,$(shell curl-config --static-libs))) \
	   -lunistring -lbrotlicommon $(CRYPTO) -lm
endif

sources	= $(sort $(wildcard src/$(1)/*.c))
objects	= $(patsubst %.c,$(B)/%.o,$(call sources,$(1)))
upto	= $(if $(filter $(1),$(firstword $(2))),$(1),$(firstword $(2)) $(call upto,$(1),$(wordlist 2,99,$(2))))
reverse	= $(if $(1),$(call reverse,$(wordlist 2,99,$(1))) $(firstword $(1)))
libs	= $(foreach r,$(call reverse,$(1)),$(B)/lib/$(r).a)

PROGRAMS := $(patsubst cgi-bin/%.c,$(B)/cgi-bin/%.fcgi,$(sort $(wildcard cgi-bin/*.c)))
COMMAND	:= $(if $(wildcard src/cli/main.c),$(B)/bin/hookkeeper)
UNIT	:= $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(sort $(wildcard tests/unit/*/test_*.c)))
BENCH	:= $(patsubst tests/bench/%.c,$(B)/bench/%,$(sort $(wildcard tests/bench/*.c)))
BENCH	:= $(patsubst %/slowsync,%/slowsync.so,$(BENCH))
SAMPLES	:= $(sort $(wildcard samples/*/*.json))
SCHEMA	:= $(sort $(wildcard schema/*.sql))
OPENAPI	:= docs/openapi.json
PAGES	:= $(sort $(wildcard www/*.html www/*.css www/*.js www/*.svg))

all: programs
programs: $(PROGRAMS) $(COMMAND)
unit-programs: $(UNIT)
bench-programs: $(BENCH)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(ALL_C) -c -o $@ $<
$(B)/gen/%.o: $(B)/gen/%.c
	$(ALL_C) -c -o $@ $<
$(B)/tools/embed: tools/embed.c
	@mkdir -p $(@D)
	$(CC) -o $@ $<
$(B)/gen/schema.c: $(B)/tools/embed $(SCHEMA)
	@mkdir -p $(@D)
	$(B)/tools/embed schema_files schema $(SCHEMA) >$@.new && mv $@.new $@
$(B)/gen/samples.c: $(B)/tools/embed $(SAMPLES)
	@mkdir -p $(@D)
	$(B)/tools/embed sample_files samples $(SAMPLES) >$@.new && mv $@.new $@
$(B)/gen/www.c: $(B)/tools/embed $(PAGES)
	@mkdir -p $(@D)
	$(B)/tools/embed www_files www $(PAGES) >$@.new && mv $@.new $@
$(B)/gen/openapi.c: $(B)/tools/embed $(OPENAPI)
	@mkdir -p $(@D)
	$(B)/tools/embed openapi_files docs $(OPENAPI) >$@.new && mv $@.new $@

define room
$(B)/lib/$(1).a: $(call objects,$(1)) $(2)
	@mkdir -p $$(@D)
	@rm -f $$@
	$(AR) rcs $$@ $$(filter %.o,$$^)
endef
gen_store	:= $(B)/gen/schema.o
gen_provider	:= $(B)/gen/samples.o
gen_api		:= $(B)/gen/openapi.o
gen_admin	:= $(B)/gen/www.o
$(foreach r,$(ROOMS),$(eval $(call room,$(r),$(gen_$(r)))))

$(PROGRAMS): $(B)/cgi-bin/%.fcgi: $(B)/cgi-bin/%.o $(call libs,$(SERVED))
	@mkdir -p $(@D)
	$(LINK) $(STATIC) -o $@ $< $(call libs,$(SERVED)) $(LIBS) $(quiet)
$(COMMAND): $(call libs,$(ROOMS)) $(if $(WHOLE),$(B)/gen/curl_unused.o)
	@mkdir -p $(@D)
	$(LINK) $(if $(WHOLE),-static) -o $@ $(B)/src/cli/main.o $(call libs,$(ROOMS)) \
	    $(LIBS) $(firstword $(CURL)) $(filter %.o,$^) $(wordlist 2,99,$(CURL)) $(quiet)
$(B)/gen/curl_unused.c: tools/curl-unused.sh
	@mkdir -p $(@D)
	tools/curl-unused.sh $(LIBCURL) >$@.new && mv $@.new $@

# tests/unit/ROOM/test_x links ROOM and what stands left of it.
define unit
$(1): $(1).o $(call libs,$(call upto,$(notdir $(patsubst %/,%,$(dir $(1)))),$(ROOMS)))
	$$(LINK) -o $$@ $$^ -lcmocka $$(LIBS) $$(CURL)
endef
$(foreach t,$(UNIT),$(eval $(call unit,$(t))))
BENCH_O	:= $(patsubst %.c,$(B)/%.o,$(wildcard tests/bench/lib/*.c))
$(B)/bench/lib.a: $(BENCH_O)
	@mkdir -p $(@D)
	$(AR) rcs $@ $^
$(B)/tests/bench/%.o: CPPFLAGS += -Itests/bench/lib
$(filter-out %.so,$(BENCH)): $(B)/bench/%: $(B)/tests/bench/%.o $(B)/bench/lib.a $(call libs,$(call upto,store,$(ROOMS)))
	@mkdir -p $(@D)
	$(LINK) $(STATIC) -o $@ $^ -lfcgi $(LIBS) $(quiet)
$(B)/bench/slowsync.so: tests/bench/slowsync.c
	@mkdir -p $(@D)
	$(CC) -std=c11 $(WARN) $(CPPFLAGS) $(CFLAGS) -fPIC -shared -o $@ $<

# Runs every unit test; each prints its own count.
unit: $(UNIT)
	@HK_SHARED=$${HK_SHARED:-../shared} tests/unit/run $(UNIT)

clean:
	rm -rf build

.PHONY: all programs unit-programs bench-programs unit clean
.SECONDARY:
# Only what the compiler wrote: the empty Debian of tests/dist has folders of such names.
-include $(shell find $(B) -name empty-debian -prune -o -type f -name '*.d' -print 2>/dev/null)

# --- The two commands, and the patient ones. --------------------------------
# Each first sees to what it needs, then builds, then starts; so they call make
# again, for nothing can be built before the compiler is there.
deps:
	@tools/deps.sh test
run:
	@tools/deps.sh run
	@$(MAKE) --no-print-directory programs
	@HK_BUILD=$(B) exec tools/run.sh
test:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory programs unit-programs
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory e2e
	@$(MAKE) --no-print-directory browser
fault-programs:
	@$(MAKE) --no-print-directory FAULT=1 B=$(B)/fault programs
e2e: programs fault-programs
	@HK_BUILD=$(B) HK_FAULT_BUILD=$(B)/fault tests/e2e/run
# The pages, in a real Chromium; screenshots go to $(B)/screenshots.
browser: programs
	@HK_BUILD=$(B) tests/e2e/run tests/browser/*.test.mjs
# Steady load, kill -9 at random, each fault point in turn (base/fault.h), and
# what is packed.
soak: programs fault-programs
	@$(MAKE) --no-print-directory B=$(B)/dynamic STATIC= programs
	@HK_SEED=$${HK_SEED:-$$(date +%s)} HK_BUILD=$(B) HK_FAULT_BUILD=$(B)/fault tests/e2e/run tests/soak/*.mjs
	@$(MAKE) --no-print-directory test-dist
# Every measure of tests/bench, or one: make bench ONLY=core.  The dynamic
# programs are for sync alone, which preloads a slower fsync.
bench: programs bench-programs
	$(if $(filter sync,$(or $(ONLY),sync)),@$(MAKE) --no-print-directory B=$(B)/dynamic STATIC= programs bench-programs)
	@HK_BUILD=$(B) HK_ONLY="$(ONLY)" tests/e2e/run tests/bench/bench.mjs

.PHONY: deps run test fault-programs e2e browser soak bench

# --- Taking it elsewhere. ----------------------------------------------------
DESTDIR	?=
PREFIX	?= /usr/local
at	= $(DESTDIR)$(PREFIX)
DIST	:= hookkeeper-$(VERSION)-linux-x86_64
# The time all files of a package get; nothing else of here and now is in it.
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),$(shell date -r Makefile +%s))
export SOURCE_DATE_EPOCH

install: programs
	install -d "$(at)/bin" "$(at)/lib/hookkeeper" "$(at)/share/hookkeeper" "$(at)/share/man/man1" \
	    "$(at)/share/doc/hookkeeper" "$(at)/share/bash-completion/completions" \
	    "$(at)/share/zsh/site-functions"
	install -m 755 $(COMMAND) "$(at)/bin/"
	install -m 755 $(PROGRAMS) "$(at)/lib/hookkeeper/"
	install -m 644 man/hookkeeper.1 "$(at)/share/man/man1/"
	install -m 644 LICENSE README.md $(wildcard docs/*) "$(at)/share/doc/hookkeeper/"
	tools/web-files.sh "$(PREFIX)" "$(at)/share/hookkeeper"
	$(COMMAND) completion bash >"$(at)/share/bash-completion/completions/hookkeeper"
	$(COMMAND) completion zsh >"$(at)/share/zsh/site-functions/_hookkeeper"

# As small and as still as can be: no path of this machine, no time of day.
whole-programs:
	@tools/deps.sh dist
	@$(MAKE) --no-print-directory WHOLE=1 B=$(B)/whole \
	    CFLAGS='-O2 -g -ffile-prefix-map=$(CURDIR)=.' LDFLAGS='-Wl,--build-id=sha1' programs
dist: whole-programs
	@tools/dist.sh $(B)/whole $(B)/dist $(DIST)
deb: whole-programs
	@tools/deb.sh $(B)/whole $(B)/dist $(VERSION)
test-dist: dist deb
	@HK_BUILD=$(B) tests/e2e/run tests/dist/*.test.mjs

.PHONY: install whole-programs dist deb test-dist

# --- Fuzzing by coverage: patient, and the only one that needs clang. --------
# tests/fuzz/fuzz_NAME.c is a target; what it finds is kept in $(B)/fuzz/NAME.
FUZZ_SECONDS ?= 600
FUZZ_B	:= $(B)/fuzz-obj
FUZZ	:= $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_O	:= $(patsubst %.c,$(B)/%.o,$(filter-out tests/fuzz/fuzz_%,$(wildcard tests/fuzz/*.c)))
fuzz-programs: $(FUZZ)
$(FUZZ): $(B)/fuzz/%: $(B)/tests/fuzz/%.o $(FUZZ_O) $(call libs,$(ROOMS))
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -Wl,--wrap=log_line,--wrap=file_read -o $@ $^ $(LIBS) $(CURL)
# __SANITIZE_ADDRESS__ is gcc's word for it; the arena asks for that.
fuzz:
	@tools/deps.sh fuzz
	@$(MAKE) --no-print-directory CC=clang B=$(FUZZ_B) SAN=fuzzer-no-link,address,undefined \
	    CFLAGS='-g -D__SANITIZE_ADDRESS__' fuzz-programs
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZ_B)/fuzz $(B)/fuzz

.PHONY: fuzz fuzz-programs

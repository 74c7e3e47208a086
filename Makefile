# pyhookd - build, check, install.  `make help` lists the targets.
#
# Everything is made under $(B); the source tree is never written to.
# CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS belong to whoever runs make
# (a developer, dpkg, rpm).  What the project itself needs is in the
# lower-case variables, so neither side overwrites the other.

NAME    := pyhookd
CTL     := pyhookctl
VERSION := $(shell cat VERSION)
# sqlite3: for its header, and for tests; lib/rpm_db loads it (--as-needed leaves it out of the programs).
PKGS    := libsystemd libpcre2-8 libcjson yaml-0.1 libcrypto libcap-ng zlib sqlite3

# ---- where things go --------------------------------------------------------
B          ?= build
DESTDIR    ?=
PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
BINDIR     ?= $(PREFIX)/bin
DATADIR    ?= $(PREFIX)/share
MANDIR     ?= $(DATADIR)/man
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system
BASHDIR    ?= $(DATADIR)/bash-completion/completions
ZSHDIR     ?= $(DATADIR)/zsh/site-functions

# ---- tools and flags --------------------------------------------------------
PKG_CONFIG   ?= pkg-config
INSTALL      ?= install
CFLAGS       ?= -O2 -g
SANITIZE     ?=# e.g. address,undefined
COVERAGE     ?=# 1 instruments for gcov
WERROR       ?=# 1 turns warnings into errors (CI sets it)
TEST_WRAPPER ?=# e.g. valgrind -q --error-exitcode=1
LIVE         ?= all# which live tests: all, or a pattern for tests/live/run
SYSTEM       ?= all# the same for tests/system
DIFF_COUNT   ?= $(if $(SANITIZE),200,2000)# generated files for the comparisons of tests/diff
DIFF         ?=# arguments of tests/diff/test_env.py: --count, --seed, --reader
FUZZ_TIME    ?= 60# seconds for each target of `make fuzz`

warn := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wundef \
        -Wvla -Wimplicit-fallthrough $(if $(WERROR),-Werror)
hard := -fstack-protector-strong -fPIE -pthread
inst := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
        -fno-omit-frame-pointer) $(if $(COVERAGE),--coverage -O0)

# `run`, `check` and `check-system` install what is missing and call make again, so that
# each works as the first command on a fresh machine.
outer := run check check-system deps clean help dist uninstall
ifneq ($(filter-out $(outer),$(or $(MAKECMDGOALS),all)),)
pkg_cflags := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
pkg_libs   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)
test_libs  := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)
ifeq ($(strip $(pkg_libs)),)
$(error pkg-config cannot find all of: $(PKGS) - run packaging/install-build-deps)
endif
endif

# -iquote: <limits.h> is the C library's, "limits.h" ours (PATH_MAX: <linux/limits.h>).
cppflags := -iquote lib -iquote daemon -I$(B) -D_GNU_SOURCE $(pkg_cflags) $(CPPFLAGS)
cflags   := -std=gnu11 $(warn) $(hard) $(CFLAGS) $(inst)
ldflags  := -pie -pthread -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS) $(inst)
# -ldl: dlopen() is in libc itself only since glibc 2.34.
ldlibs   := $(pkg_libs) -ldl $(LDLIBS)

# ---- what there is ----------------------------------------------------------
lib_obj    := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard lib/*.c))) $(B)/builtin.o
rules      := $(sort $(wildcard packaging/rules.d/*.yml))
judgement  := $(sort $(wildcard packaging/judgement.d/*.yml))
daemon_obj := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard daemon/*.c)))
ctl_obj    := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard daemon/ctl/*.c)))
part_obj   := $(filter-out $(B)/daemon/main.o,$(daemon_obj))
unit_bin   := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
fuzz_bin   := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
bench_bin  := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/bench/*.c)))
diff_bin   := $(B)/tests/diff/envdump $(B)/tests/diff/probe
live_bin   := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/live/*.c)))
replays    := $(sort $(wildcard tests/replay/*/events.jsonl))
headers    := $(sort $(wildcard lib/*.h daemon/*.h daemon/ctl/*.h))
manuals    := $(sort $(wildcard docs/*.[58]))
ctl_test   := $(sort $(wildcard tests/ctl/*))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all run check asan tsan coverage fuzz install uninstall dist \
        deps clean help FORCE

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

all: $(B)/$(NAME) $(B)/$(CTL) $(B)/$(NAME).service

# ---- the main job, in the foreground ----------------------------------------
run:
	@packaging/install-build-deps
	+@$(MAKE) --no-print-directory $(B)/$(NAME)
	@mkdir -p $(B)/state
	$(B)/$(NAME) --output text --state-dir $(abspath $(B)/state) --rules-dir packaging/rules.d

deps:
	@packaging/install-build-deps --tests

# ---- compile and link -------------------------------------------------------
$(B)/$(NAME): $(B)/daemon/main.o $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

$(B)/$(CTL): $(ctl_obj) $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

# What is judged with, inside the program, too (lib/builtin.h).  String literals have no bound in gcc and clang.
$(B)/builtin.c: packaging/embed $(rules) $(judgement) Makefile
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D); packaging/embed rules $(rules) -- judgement $(judgement) >$@

$(B)/builtin.o: $(B)/builtin.c $(B)/.flags
	$(call say,CC,$@)
	$(Q)$(CC) $(cppflags) $(cflags) -Wno-overlength-strings -c -o $@ $<

# The daemon's modules without main(), for the tests.
$(B)/libdaemon.a: $(part_obj)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/lib$(NAME).a: $(lib_obj)
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/.flags $(B)/version.h
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(cppflags) $(cflags) -MMD -MP -c -o $@ $<

$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs) $(test_libs)

$(B)/tests/diff/envdump: $(B)/tests/diff/envdump.o $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

# Static and without hardening: it runs ten thousand times.
$(B)/tests/diff/probe: tests/diff/probe.c $(B)/.flags
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D); $(CC) -std=gnu11 $(warn) -D_GNU_SOURCE -O2 -static -fno-pie -o $@ $<

$(B)/tests/replay/replay: $(B)/tests/replay/replay.o $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

$(filter-out $(B)/tests/live/writers,$(live_bin)): %: %.o
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^

$(B)/tests/diff/%: $(B)/tests/diff/%.o $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

$(B)/tests/bench/%: $(B)/tests/bench/%.o $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

# Static: what is measured is an exec, not the dynamic loader.
$(B)/tests/bench/nothing: tests/bench/nothing.c $(B)/.flags
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -static -o $@ $<

# Without a C library, sanitizers or hardening: what they do at the start takes longer than
# the program.  A machine whose system call it does not know takes the C library's.
bare := $(if $(filter x86_64-% aarch64-%,$(shell $(CC) -dumpmachine)),-ffreestanding -nostdlib)
$(B)/tests/live/writers: tests/live/writers.c $(B)/.flags
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 $(warn) -D_GNU_SOURCE -O2 -g -static -fno-pie -fno-stack-protector $(bare) -o $@ $<

# Loaded into other programs, so without sanitizers.
$(B)/tests/live/spoof.so: tests/live/spoof.c $(B)/.flags
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D); $(CC) -std=gnu11 -D_GNU_SOURCE -DSPOOF_LIBRARY $(warn) $(CFLAGS) -fPIC -shared -o $@ $<

# A fuzz target is an ordinary program over its corpus (a regression test)
# unless FUZZ=1 swaps our main() for libFuzzer's.
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libdaemon.a $(B)/lib$(NAME).a \
                        $(if $(FUZZ),,$(B)/tests/fuzz/harness.o)
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(if $(FUZZ),-fsanitize=fuzzer) $(ldflags) -o $@ $^ $(ldlibs)

# Rebuild when the compiler or a flag changes, and only then.
flags := $(CC) $(cppflags) $(cflags) $(ldflags)
$(B)/.flags: FORCE
	@mkdir -p $(@D); printf '%s\n' '$(flags)' | cmp -s - $@ || printf '%s\n' '$(flags)' >$@

$(B)/version.h: VERSION
	@mkdir -p $(@D); printf '#define PYHOOKD_VERSION "%s"\n' '$(VERSION)' >$@

$(B)/%.service: systemd/%.service.in
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D); sed -e 's|@SBINDIR@|$(SBINDIR)|g' $< >$@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- checks: each one is its own target, so -j and -k do the right thing -----
unit_run   := $(unit_bin:%=%.run)
fuzz_run   := $(fuzz_bin:%=%.run)
replay_run := $(replays:tests/replay/%/events.jsonl=$(B)/tests/replay/%.run)
hdr_run    := $(headers:%=$(B)/%.hdr)
man_run    := $(manuals:%=$(B)/%.run)
ctl_run    := $(ctl_test:%=$(B)/%.run)
.PHONY: check-here check-units check-unit check-fuzz check-replay check-headers check-layers \
        check-manuals check-rules check-ctl check-diff-env check-diff-pth check-live check-system check-system-here \
        $(unit_run) $(fuzz_run) $(replay_run) $(man_run) $(ctl_run)

# All that a developer runs; for root that includes the live tests.  tests/report
# counts what the checks printed, so that the last line is the truth.
check:
	@packaging/install-build-deps --tests
	+@tests/report $(MAKE) --no-print-directory check-here

# The live tests after all others, and whatever those said: they share the host's kernel.
check-here:
	+@$(MAKE) --no-print-directory -k check-units; rc=$$?; $(MAKE) --no-print-directory check-live || rc=2; exit $$rc
check-units: check-unit check-fuzz check-replay check-headers check-layers check-manuals check-rules \
             check-ctl check-diff-env check-diff-pth
check-unit: $(unit_run)
check-fuzz: $(fuzz_run)
check-replay: $(replay_run)
check-headers: $(hdr_run)
check-manuals: $(man_run)
check-ctl: $(ctl_run)

$(unit_run): %.run: %
	@tests/run $(TEST_WRAPPER) $<

$(fuzz_run): %.run: %
	@tests/run $(TEST_WRAPPER) $< $(wildcard tests/fuzz/corpus/$(patsubst fuzz_%,%,$(notdir $*))/*)

$(replay_run): $(B)/tests/replay/%.run: $(B)/tests/replay/replay
	@tests/run $(TEST_WRAPPER) $< tests/replay/$*

$(B)/%.h.hdr: %.h $(B)/.flags
	@mkdir -p $(@D); $(CC) $(cppflags) $(cflags) -Wno-unused -fsyntax-only -x c $< && touch $@

check-layers: $(B)/lib$(NAME).a
	@tests/run tests/lint/layers $<

$(man_run): $(B)/%.run:
	@tests/run tests/lint/manual $*

$(ctl_run): $(B)/%.run: $(B)/$(CTL) $(B)/$(NAME)
	@tests/run $* $(B)

# Against the programs that really read such files; DIFF='--count 50000 --seed 7' for a long run.
check-diff-env: $(diff_bin)
	@tests/run /usr/bin/python3 tests/diff/test_env.py $(B) $(DIFF)

check-rules: $(B)/$(NAME)
	@tests/run $< --check --rules-dir packaging/rules.d

# Against every Python that is here.  DIFF_COUNT=20000 takes minutes.
check-diff-pth: $(B)/tests/diff/answers
	@tests/run env B=$(abspath $(B)) /usr/bin/python3 tests/diff/test_pth.py --count $(DIFF_COUNT)
	@tests/run env B=$(abspath $(B)) /usr/bin/python3 tests/diff/test_start.py --count $(DIFF_COUNT)
	@tests/run env B=$(abspath $(B)) /usr/bin/python3 tests/diff/test_source.py --count $(DIFF_COUNT)

check-live: $(B)/$(NAME) $(B)/$(CTL) $(live_bin) $(B)/tests/live/spoof.so
	@tests/live/run $(B) $(LIVE)

# Minutes instead of seconds: what is only true if it is true each of ten thousand times, and every
# installer that Debian has.
check-system:
	@packaging/install-build-deps --system
	+@tests/report $(MAKE) --no-print-directory check-system-here
check-system-here: $(B)/$(NAME) $(live_bin)
	@tests/live/run $(B) $(SYSTEM) tests/system

asan:
	+@tests/report $(MAKE) --no-print-directory B=$(B)/asan SANITIZE=address,undefined LIVE=smoke check-here
tsan:
	+@tests/report $(MAKE) --no-print-directory B=$(B)/tsan SANITIZE=thread LIVE=smoke check-here
coverage:
	+$(MAKE) B=$(B)/cov COVERAGE=1 check-here
	@cd $(B)/cov && gcov -n $$(find . -name '*.gcda') 2>/dev/null \
	| awk '/^File .(lib|daemon)\//{f=$$2} /^Lines/ && f {print f, $$0; f=""}'
fuzz:
	+$(MAKE) B=$(B)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined FUZZ=1 fuzz-here
.PHONY: fuzz-here
fuzz-here: $(fuzz_bin)
	@for f in $(fuzz_bin); do n=$${f##*/fuzz_}; mkdir -p $(B)/corpus/$$n; \
	  echo "  FUZZ    $$n"; \
	  $$f -max_total_time=$(FUZZ_TIME) -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
	      $(B)/corpus/$$n $$(test -d tests/fuzz/corpus/$$n && echo tests/fuzz/corpus/$$n) \
	      >$(B)/$$n.log 2>&1 || { tail -n 40 $(B)/$$n.log; exit 1; }; \
	  grep number_of_executed_units $(B)/$$n.log; done

# What an exec costs, against a reader that discards: a figure, not a check.  Under two minutes.
.PHONY: bench
bench: $(B)/$(NAME) $(bench_bin)
	@B=$(B) /usr/bin/python3 tests/bench/exec_cost.py
	@$(B)/tests/bench/accuracy 10000 $(abspath $(B)/tests/bench/nothing)

# ---- install ----------------------------------------------------------------
install: all
	$(INSTALL) -D -m 755 $(B)/$(NAME) $(DESTDIR)$(SBINDIR)/$(NAME)
	$(INSTALL) -D -m 755 $(B)/$(CTL) $(DESTDIR)$(BINDIR)/$(CTL)
	$(INSTALL) -D -m 644 $(B)/$(NAME).service $(DESTDIR)$(UNITDIR)/$(NAME).service
	$(INSTALL) -d $(DESTDIR)$(SYSCONFDIR)/$(NAME)/rules.d $(DESTDIR)/usr/share/$(NAME)/rules.d
	$(INSTALL) -m 644 packaging/$(NAME).yaml $(DESTDIR)$(SYSCONFDIR)/$(NAME)/$(NAME).yaml
	$(INSTALL) -m 644 $(wildcard packaging/rules.d/*.yml) $(DESTDIR)/usr/share/$(NAME)/rules.d/
	$(INSTALL) -d $(DESTDIR)$(SYSCONFDIR)/$(NAME)/judgement.d $(DESTDIR)/usr/share/$(NAME)/judgement.d
	$(INSTALL) -m 644 $(judgement) $(DESTDIR)/usr/share/$(NAME)/judgement.d/
	for n in $(NAME) $(CTL); do \
	  $(INSTALL) -D -m 644 packaging/completion/$$n.bash $(DESTDIR)$(BASHDIR)/$$n && \
	  $(INSTALL) -D -m 644 packaging/completion/_$$n $(DESTDIR)$(ZSHDIR)/_$$n || exit 1; done
	for m in $(manuals); do \
	  $(INSTALL) -D -m 644 $$m $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/} || exit 1; done

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/$(NAME) $(DESTDIR)$(BINDIR)/$(CTL) $(DESTDIR)$(UNITDIR)/$(NAME).service
	for n in $(NAME) $(CTL); do rm -f $(DESTDIR)$(BASHDIR)/$$n $(DESTDIR)$(ZSHDIR)/_$$n; done
	rm -rf $(DESTDIR)/usr/share/$(NAME)
	for m in $(manuals); do rm -f $(DESTDIR)$(MANDIR)/man$${m##*.}/$${m##*/}; done

stem := $(NAME)-$(VERSION)
dist:
	@mkdir -p $(B)/dist
	git archive --prefix=$(stem)/ -o $(B)/dist/$(stem).tar.gz HEAD

clean:
	rm -rf $(B)

help:
	@echo 'make              build $(NAME) and $(CTL) under $(B)/   (V=1 shows commands)'
	@echo 'sudo make run     watch this host in the foreground and print each alert'
	@echo 'make check        all tests; as root the live ones, too'
	@echo 'make check-system the tests that take minutes, as root'
	@echo 'make asan|tsan    the same under sanitizers, with one live run'
	@echo 'make coverage     the same, then line coverage per file'
	@echo 'make fuzz         libFuzzer over every parser, FUZZ_TIME seconds each'
	@echo 'make bench        what an exec on this host costs; needs root'
	@echo 'make install      honours DESTDIR= PREFIX= BINDIR= SBINDIR= UNITDIR= MANDIR='
	@echo 'make dist         a clean export of HEAD'

# pyhookd - build, check, install and package.  `make help` lists the targets.
#
# Everything is made under $(B); the source tree is never written to.
# CC, CPPFLAGS, CFLAGS, LDFLAGS and LDLIBS belong to whoever runs make
# (a developer, dpkg, rpm).  What the project itself needs is in the
# lower-case variables, so neither side overwrites the other.

NAME    := pyhookd
VERSION := $(shell cat VERSION)
PKGS    := libsystemd libpcre2-8 libcjson yaml-0.1 libcrypto libcap-ng

# ---- where things go --------------------------------------------------------
B          ?= build
DESTDIR    ?=
PREFIX     ?= /usr/local
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
UNITDIR    ?= $(PREFIX)/lib/systemd/system

# ---- tools and flags --------------------------------------------------------
PKG_CONFIG   ?= pkg-config
INSTALL      ?= install
CFLAGS       ?= -O2 -g
SANITIZE     ?=# e.g. address,undefined
COVERAGE     ?=# 1 instruments for gcov
WERROR       ?=# 1 turns warnings into errors (CI sets it)
TEST_WRAPPER ?=# e.g. valgrind -q --error-exitcode=1

warn := -Wall -Wextra -Wshadow -Wformat=2 -Wstrict-prototypes \
        -Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wundef \
        -Wvla -Wimplicit-fallthrough $(if $(WERROR),-Werror)
hard := -fstack-protector-strong -fPIE -pthread
inst := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
        -fno-omit-frame-pointer) $(if $(COVERAGE),--coverage -O0)

ifeq ($(filter clean help dist,$(MAKECMDGOALS)),)
pkg_cflags := $(shell $(PKG_CONFIG) --cflags $(PKGS))
pkg_libs   := $(shell $(PKG_CONFIG) --libs $(PKGS))
ifeq ($(strip $(pkg_libs)),)
$(error pkg-config cannot find all of: $(PKGS) - see docs/HACKING.md)
endif
endif

# -iquote: <limits.h> is the C library's, "limits.h" ours (PATH_MAX: <linux/limits.h>).
cppflags := -iquote lib -iquote daemon -I$(B) -D_GNU_SOURCE $(pkg_cflags) $(CPPFLAGS)
cflags   := -std=gnu11 $(warn) $(hard) $(CFLAGS) $(inst)
ldflags  := -pie -pthread -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS) $(inst)
ldlibs   := $(pkg_libs) $(LDLIBS)

# ---- what there is ----------------------------------------------------------
lib_obj    := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard lib/*.c)))
daemon_obj := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard daemon/*.c)))
part_obj   := $(filter-out $(B)/daemon/main.o,$(daemon_obj))
test_libs  := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)
unit_bin   := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
fuzz_bin   := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
headers    := $(sort $(wildcard lib/*.h daemon/*.h))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all check asan tsan coverage fuzz install uninstall deb rpm dist \
        clean help FORCE

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(2)')

all: $(B)/$(NAME) $(B)/$(NAME).service

# ---- compile and link -------------------------------------------------------
$(B)/$(NAME): $(B)/daemon/main.o $(B)/libdaemon.a $(B)/lib$(NAME).a
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) $(ldflags) -o $@ $^ $(ldlibs)

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

# A fuzz target is an ordinary program over its corpus (a regression test)
# unless FUZZ=1 swaps our main() for libFuzzer's.
$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/lib$(NAME).a \
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
	$(Q)sed -e 's|@SBINDIR@|$(SBINDIR)|g' $< >$@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# ---- checks: each one is its own target, so -j and -k do the right thing -----
unit_run := $(unit_bin:%=%.run)
fuzz_run := $(fuzz_bin:%=%.run)
hdr_run  := $(headers:%=$(B)/%.hdr)
.PHONY: check-unit check-fuzz check-headers check-layers $(unit_run) $(fuzz_run)

check: check-unit check-fuzz check-headers check-layers
check-unit: $(unit_run)
check-fuzz: $(fuzz_run)
check-headers: $(hdr_run)

$(unit_run): %.run: %
	@tests/run $(TEST_WRAPPER) $<

$(fuzz_run): %.run: %
	@tests/run $(TEST_WRAPPER) $< $(wildcard tests/fuzz/corpus/$(patsubst fuzz_%,%,$(notdir $*))/*)

$(B)/%.h.hdr: %.h $(B)/.flags
	@mkdir -p $(@D); $(CC) $(cppflags) $(cflags) -Wno-unused -fsyntax-only -x c $< && touch $@

check-layers: $(B)/lib$(NAME).a
	@tests/run tests/lint/layers $<

asan:
	+$(MAKE) B=$(B)/asan SANITIZE=address,undefined check
tsan:
	+$(MAKE) B=$(B)/tsan SANITIZE=thread check
coverage:
	+$(MAKE) B=$(B)/cov COVERAGE=1 check
	@cd $(B)/cov && gcov -n $$(find . -name '*.gcda') 2>/dev/null \
	| awk '/^File .(lib|daemon)\//{f=$$2} /^Lines/ && f {print f, $$0; f=""}'
fuzz:
	+$(MAKE) B=$(B)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined FUZZ=1 fuzzers
.PHONY: fuzzers
fuzzers: $(fuzz_bin)

# ---- install ----------------------------------------------------------------
install: all
	$(INSTALL) -D -m 755 $(B)/$(NAME) $(DESTDIR)$(SBINDIR)/$(NAME)
	$(INSTALL) -D -m 644 $(B)/$(NAME).service $(DESTDIR)$(UNITDIR)/$(NAME).service
	$(INSTALL) -D -m 644 docs/$(NAME).8 $(DESTDIR)$(MANDIR)/man8/$(NAME).8

uninstall:
	rm -f $(DESTDIR)$(SBINDIR)/$(NAME) $(DESTDIR)$(UNITDIR)/$(NAME).service \
	      $(DESTDIR)$(MANDIR)/man8/$(NAME).8

# ---- package: from a clean export, never from the working tree --------------
stem := $(NAME)-$(VERSION)
dist:
	@mkdir -p $(B)/dist
	git archive --prefix=$(stem)/ -o $(B)/dist/$(stem).tar.gz HEAD

deb: dist
	rm -rf $(B)/deb && mkdir -p $(B)/deb && tar -C $(B)/deb -xzf $(B)/dist/$(stem).tar.gz
	cp -r $(B)/deb/$(stem)/packaging/debian $(B)/deb/$(stem)/debian
	cd $(B)/deb/$(stem) && dpkg-buildpackage -us -uc -b

rpm: dist
	rpmbuild -ba --define '_topdir $(abspath $(B)/rpm)' \
	         --define '_sourcedir $(abspath $(B)/dist)' packaging/$(NAME).spec

clean:
	rm -rf $(B)

help:
	@echo 'make              build $(NAME) under $(B)/   (V=1 shows commands)'
	@echo 'make check        unit tests, fuzz corpora, headers, layering'
	@echo 'make asan|tsan    the same checks under sanitizers'
	@echo 'make coverage     the same checks, then line coverage per file'
	@echo 'make fuzz         libFuzzer programs in $(B)/fuzz/tests/fuzz/'
	@echo 'make install      honours DESTDIR= PREFIX= SBINDIR= UNITDIR= MANDIR='
	@echo 'make deb|rpm      packages from a clean export of HEAD'

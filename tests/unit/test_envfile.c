/* What a file sets, as rows: text in, assignments out.
 *
 * The expected side is written "LINE NAME=VALUE" with ";" between, "+=" for an
 * append, a leading "x" for export, "?" for undecidable.  The rows about shells
 * agree with bash 5.2, dash, fish 3.6 and tcsh 6.24, which were asked. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "envfile.h"
#include "limits.h"

struct row {
	struct bytes text;
	const char *expected;
};

#define ROW(text, expected) { BYTES_LIT(text), expected }

static int collect(const struct env_assignment *a, void *userdata)
{
	struct str *s = userdata;

	return str_appendf(s, "%s%s%s%u %.*s%s=%.*s", s->len ? ";" : "", a->export ? "x" : "",
			   a->undecidable ? "?" : "", a->line, (int)a->name.len, a->name.ptr,
			   a->append ? "+" : "", (int)a->value.len, a->value.ptr);
}

static void check_rows(enum env_syntax syntax, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_str_ struct str got = STR_INIT;
		/* An exact copy: a sanitizer sees a read behind the end. */
		_cleanup_free_ char *copy = malloc(rows[i].text.len ? rows[i].text.len : 1);

		assert_non_null(copy);
		memcpy(copy, rows[i].text.ptr, rows[i].text.len);
		assert_int_equal(envfile_parse(syntax, (struct bytes){ copy, rows[i].text.len },
					       collect, &got), 0);
		if (!bytes_equal(str_bytes(&got), bytes_of(rows[i].expected)))
			print_error("row %zu: %.*s\n", i, (int)rows[i].text.len, rows[i].text.ptr);
		assert_string_equal(got.buf, rows[i].expected);
	}
}

#define CHECK(syntax, rows) check_rows(syntax, rows, ELEMENTSOF(rows))

static void shell_assignments(void **state)
{
	static const struct row rows[] = {
		ROW("export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("PYTHONPATH=/a\nexport PYTHONPATH", "1 PYTHONPATH=/a"),
		ROW("PYTHONPATH=/a python3 x.py", "x1 PYTHONPATH=/a"),
		ROW("A=1 PYTHONPATH=/a B=2", "1 PYTHONPATH=/a"),
		ROW("A=1 PYTHONPATH=/a B=2 cmd PYTHONHOME=/b", "x1 PYTHONPATH=/a"),
		ROW("export A=1 PYTHONPATH=/a PYTHONHOME=/b", "x1 PYTHONPATH=/a;x1 PYTHONHOME=/b"),
		ROW("PYTHONPATH+=:/a", "1 PYTHONPATH+=:/a"),
		ROW("export PYTHONPATH+=:/a", "x1 PYTHONPATH+=:/a"),
		ROW("declare -gx 'PYTHONUSERBASE'=/tmp/u", "x1 PYTHONUSERBASE=/tmp/u"),
		ROW("typeset -x PYTHONWARNINGS=\"all:0:a.x:0:0\"", "x1 PYTHONWARNINGS=all:0:a.x:0:0"),
		ROW("readonly PYTHONPATH=/a", "1 PYTHONPATH=/a"),
		ROW("readonly -x PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("local -x PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("export -n PYTHONPATH=/a", "1 PYTHONPATH=/a"),
		ROW("declare -x +x PYTHONPATH=/a", "1 PYTHONPATH=/a"),
		ROW("\\export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("e'x'port PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("command builtin export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("declare -n r=PYTHONPATH; r=/a", "?1 PYTHONPATH=;1 PYTHONPATH=/a"),
		ROW("typeset -xT PYTHONPATH pythonpath", "x?1 PYTHONPATH="),
		ROW("export __PYVENV_LAUNCHER__=/a", "x1 __PYVENV_LAUNCHER__=/a"),
		ROW("export PYTHONPATH=", "x1 PYTHONPATH="),
		ROW("export \\\n  LANG=C \\\n  PYTHON\\\nPATH=/a", "x3 PYTHONPATH=/a"),
		ROW("PY\0THONPATH=/a", "1 PYTHONPATH=/a"),
		ROW("export PYTHONPATH=/a\r\n", "x1 PYTHONPATH=/a\r"),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

/* What the file itself decides is put in: "NAME=VALUE" is the resolved value here, includes are "LINE <PATH". */
static int collect_resolved(const struct env_assignment *a, void *userdata)
{
	struct env_assignment resolved = *a;

	resolved.value = a->resolved;
	return collect(&resolved, userdata);
}

static int collect_include(const struct env_include *i, void *userdata)
{
	struct str *s = userdata;

	return str_appendf(s, "%s%s%s%u <%.*s %s", s->len ? ";" : "", i->optional ? "-" : "", i->undecidable ? "?" : "",
			   i->line, (int)i->path.len, i->path.ptr, env_syntax_to_string(i->syntax));
}

static void check_resolved(enum env_syntax syntax, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_str_ struct str got = STR_INIT;

		assert_int_equal(envfile_parse_all(syntax, rows[i].text, collect_resolved, collect_include, &got), 0);
		if (!bytes_equal(str_bytes(&got), bytes_of(rows[i].expected)))
			print_error("row %zu: %.*s\n", i, (int)rows[i].text.len, rows[i].text.ptr);
		assert_string_equal(got.buf, rows[i].expected);
	}
}

#define CHECK_RESOLVED(syntax, rows) check_resolved(syntax, rows, ELEMENTSOF(rows))

static void shell_values_of_the_file(void **state)
{
	static const struct row rows[] = {
		ROW("X=/tmp/a; export PYTHONPATH=$X/b", "x1 PYTHONPATH=/tmp/a/b"),
		ROW("X=/tmp/a Y=$X; export PYTHONPATH=\"$Y\"", "x1 PYTHONPATH=/tmp/a"),
		ROW("export PYTHONPATH=$HOME/x:${Z:-/w}", "x1 PYTHONPATH=$HOME/x:/w"),
		ROW("X=/a; X+=/b; unset Y; export PYTHONPATH=$X${Y:-/c}${X:+/d}", "x1 PYTHONPATH=/a/b/c/d"),
		/* For that one command only. */
		ROW("X=/tmp/a; X=/usr true; export PYTHONPATH=$X", "x1 PYTHONPATH=/tmp/a"),
		/* A branch, a subshell, a function: one of several; within it, that one. */
		ROW("X=/tmp; if a; then X=/usr; fi; export PYTHONPATH=$X", "x?1 PYTHONPATH=/usr"),
		ROW("X=/tmp; (X=/usr); export PYTHONPATH=$X", "x?1 PYTHONPATH=/usr"),
		ROW("X=/tmp; f() { X=/usr; }; export PYTHONPATH=$X", "x?1 PYTHONPATH=/usr"),
		ROW("X=/tmp; a && X=/usr; export PYTHONPATH=$X", "x?1 PYTHONPATH=/usr"),
		ROW("X=/tmp; if a; then X=/usr; export PYTHONPATH=$X; fi", "x1 PYTHONPATH=/usr"),
		ROW("f() { export PYTHONPATH=$x; }; x=/tmp", "x?1 PYTHONPATH=$x"),
		ROW("read X; export PYTHONPATH=$X", "x?1 PYTHONPATH=$X"),
		ROW("X=(a b); export PYTHONPATH=$X", "x?1 PYTHONPATH=$X"),
		ROW("X=$(cat f); export PYTHONPATH=$X", "x?1 PYTHONPATH=$X"),
		ROW("export PYTHONPATH=$1", "x?1 PYTHONPATH=$1"),
		ROW("X=abc; export PYTHONPATH=${X#a}", "x?1 PYTHONPATH=${X#a}"),
		/* Names and commands. */
		ROW("n=PYTHONPATH; export $n=/a; export \"$n=/b\"", "x1 PYTHONPATH=/a;x1 PYTHONPATH=/b"),
		ROW("a=PYTHONPATH=/a; export $a", "x1 PYTHONPATH=/a"),
		ROW("c='export PYTHONPATH=/a'; $c", "x1 PYTHONPATH=/a"),
		ROW("c='PYTHONPATH=/a cmd'; $c; env $c", "x1 PYTHONPATH=/a"),
		ROW("c='export PYTHONPATH=/a'; eval \"$c\"", "x1 PYTHONPATH=/a"),
		ROW("n=PYTHONPATH; eval \"export $n=/a\"; printf -v $n %s /b", "x1 PYTHONPATH=/a;1 PYTHONPATH=/b"),
		ROW("eval \"$(echo export PYTHONPATH=/a)\"", "x1 PYTHONPATH=/a"),
		ROW("echo 'export PYTHONPATH=/a' | sh", "x1 PYTHONPATH=/a"),
		ROW(". <(echo export PYTHONPATH=/a)", "x1 PYTHONPATH=/a"),
		ROW("source /dev/stdin <<<'export PYTHONPATH=/a'", "x1 PYTHONPATH=/a"),
		ROW("x=/a\n. /dev/stdin <<E\nexport PYTHONPATH=$x\nE", "x3 PYTHONPATH=/a"),
		ROW("echo 'export PYTHONPATH=/a' | grep x | sh", ""),
		/* Files. */
		ROW(". /etc/x; source \"$HOME/y\"; source_env_if_exists z; dotenv .e",
		    "1 </etc/x shell;1 <$HOME/y shell;-1 <z shell;1 <.e dotenv"),
		ROW(". /etc/x; export PYTHONPATH=$X:$HOME", "1 </etc/x shell;x?1 PYTHONPATH=$X:$HOME"),
		ROW("d=/tmp; . $d/x", "1 </tmp/x shell"),
	};
	static const struct row fish[] = {
		ROW("set X /tmp/a; set -gx PYTHONPATH $X/b", "x1 PYTHONPATH=/tmp/a/b"),
		ROW("set X a b; set -gx PYTHONPATH $X; source f", "x?1 PYTHONPATH=$X;1 <f fish"),
		ROW("echo 'set -gx PYTHONPATH /a' | source", "x1 PYTHONPATH=/a"),
		ROW("set -gx PYTHONPATH a{b,c} *", "x?1 PYTHONPATH=a{b,c}:*"),
	};
	static const struct row csh[] = {
		ROW("set x = /tmp/a\nsetenv PYTHONPATH ${x}/b", "x2 PYTHONPATH=/tmp/a/b"),
		ROW("set x=/a y = /b; setenv PYTHONPATH $y", "x1 PYTHONPATH=/b"),
		ROW("set x = ( a b )\nsetenv PYTHONPATH $x", "x?2 PYTHONPATH=$x"),
		ROW("set x = /a; setenv PYTHONPATH $x:h; source f", "x?1 PYTHONPATH=/a:h;1 <f csh"),
		ROW("sh <<E\nexport PYTHONPATH=/a\nE\nsetenv PYTHONHOME", "x2 PYTHONPATH=/a;x4 PYTHONHOME="),
	};
	static const struct row systemd[] = {
		ROW("EnvironmentFile=-/tmp/x\nEnvironmentFile=/etc/%i", "-1 </tmp/x environment.d;2 </etc/%i environment.d"),
		ROW("Environment=PYTHONPATH=%%a%h \"PYTHONHOME=a\\\\\"\nEnvironment=PYTHONPATH+=x PYTHONPATH=a\\q",
		    "x1 PYTHONPATH=%a%h;x1 PYTHONHOME=a\\"),
	};
	static const struct row environment_d[] = {
		ROW("X=/a\nPYTHONPATH=${X}:$X:${Y:-/b}:${X:+/c}:$$X:${HOME}", "x2 PYTHONPATH=/a:/a:/b:/c:$X:${HOME}"),
	};
	static const struct row pam[] = {
		ROW("X DEFAULT=/a\nPYTHONPATH DEFAULT=${X}:@{HOME}:\\${X}${Y}", "x2 PYTHONPATH=/a:@{HOME}:${X}"),
		ROW("PYTHONPATH=/a\nPYTHONHOME DEFAULT=\"a\" junk", "x1 PYTHONPATH=/a"),
	};

	(void)state;
	CHECK_RESOLVED(ENV_SHELL, rows);
	CHECK_RESOLVED(ENV_FISH, fish);
	CHECK_RESOLVED(ENV_CSH, csh);
	CHECK_RESOLVED(ENV_SYSTEMD, systemd);
	CHECK_RESOLVED(ENV_ENVIRONMENT_D, environment_d);
	CHECK_RESOLVED(ENV_PAM_ENV, pam);
}

/* X=$X$X, more variables than are remembered, and a million scripts within: bounded, and said. */
static void values_are_bounded(void **state)
{
	_cleanup_str_ struct str text = STR_INIT, got = STR_INIT;

	(void)state;
	assert_int_equal(str_append_text(&text, "X=aaaaaaaaaaaaaaaa\n"), 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(str_append_text(&text, "X=$X$X\n"), 0);
	assert_int_equal(str_append_text(&text, "export PYTHONPATH=$X"), 0);
	assert_int_equal(envfile_parse_all(ENV_SHELL, str_bytes(&text), collect_resolved, NULL, &got), 0);
	assert_string_equal(got.buf, "x?66 PYTHONPATH=$X");

	str_clear(&text);
	str_clear(&got);
	for (unsigned i = 0; i <= ENVFILE_VARIABLES_MAX; i++)
		assert_int_equal(str_appendf(&text, "v%u=/a\n", i), 0);
	assert_int_equal(str_appendf(&text, "export PYTHONPATH=$v0:$v%u", ENVFILE_VARIABLES_MAX), 0);
	assert_int_equal(envfile_parse_all(ENV_SHELL, str_bytes(&text), collect_resolved, NULL, &got), 0);
	assert_string_equal(got.buf, "x?258 PYTHONPATH=/a:$v256");
}

static void shell_quotes(void **state)
{
	static const struct row rows[] = {
		ROW("export PYTHON\"\"PATH=x", "x1 PYTHONPATH=x"),
		ROW("export \"PYTHONHOME=x\"", "x1 PYTHONHOME=x"),
		ROW("export PYTHON\\PATH=x", "x1 PYTHONPATH=x"),
		ROW("export $'PYTHON\\x50ATH'=x", "x1 PYTHONPATH=x"),
		ROW("export $'PYTHON\\120ATH=x'", "x1 PYTHONPATH=x"),
		ROW("export $\"PYTHONPATH\"=x", "x1 PYTHONPATH=x"),
		ROW("export PYTHON{PATH,HOME}=x", "x1 PYTHONPATH=x;x1 PYTHONHOME=x"),
		ROW("export {A,PYTHONPATH}=x", "x1 PYTHONPATH=x"),
		ROW("export PYTHONPATH=\"a\"'b'c\\ d", "x1 PYTHONPATH=abc d"),
		ROW("export PYTHONPATH=\"a\\\"b\\$c\\qd\\\\\"", "x1 PYTHONPATH=a\"b$c\\qd\\"),
		ROW("export PYTHONPATH='a\\\nb'", "x1 PYTHONPATH=a\\\nb"),
		ROW("export PYTHONPATH=\"a\\\nb\"", "x1 PYTHONPATH=ab"),
		ROW("export PYTHONPATH=$'a\\'b\\tc\\cad'", "x1 PYTHONPATH=a'b\tc\001d"),
		ROW("export PYTHONPATH=$'a\\0b'c", "x1 PYTHONPATH=ac"),
		ROW("export PYTHONPATH=a#b # c", "x1 PYTHONPATH=a#b"),
		ROW("export PYTHONPATH=a=b", "x1 PYTHONPATH=a=b"),
		ROW("export PYTHONPATH=~/x:$HOME/y:${Z:-w}", "x1 PYTHONPATH=~/x:$HOME/y:${Z:-w}"),
		ROW("export PYTHONPATH=$(echo x)", "x?1 PYTHONPATH=$(echo x)"),
		ROW("export PYTHONPATH=\"`echo \"x\"`\"", "x?1 PYTHONPATH=`echo \"x\"`"),
		ROW("export PYTHONPATH=/a$((1+2))", "x?1 PYTHONPATH=/a$((1+2))"),
		ROW("export PYTHONPATH=<(echo)", "x?1 PYTHONPATH=<(echo)"),
		ROW("x=${y:-\"}\"}; export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("x=\"${y:-'}'}\"; export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("x=\"${y:-it's}\"\nexport PYTHONPATH=/a", "x2 PYTHONPATH=/a"),
		ROW("x=${y//[\\'\\\"]/}; export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("echo \"it's\" 'say \"'; export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("echo $# ${#x} a\\;b; export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void shell_structure(void **state)
{
	static const struct row rows[] = {
		ROW("f() { PYTHONPATH=/a python3; }", "x1 PYTHONPATH=/a"),
		ROW("f () {\n\tlocal x\n\tPYTHONPATH=/a python3 \"$@\"\n}", "x3 PYTHONPATH=/a"),
		ROW("function f { export PYTHONPATH=/a; }", "x1 PYTHONPATH=/a"),
		ROW("if [ -d /a ]; then export PYTHONPATH=/a; else export PYTHONPATH=/b; fi",
		    "x1 PYTHONPATH=/a;x1 PYTHONPATH=/b"),
		ROW("while :; do export PYTHONPATH=/a; done", "x1 PYTHONPATH=/a"),
		ROW("case $x in a|b) export PYTHONPATH=/a;; (c) PYTHONHOME=/c y;; esac",
		    "x1 PYTHONPATH=/a;x1 PYTHONHOME=/c"),
		ROW("case $x in\n a)\n export PYTHONPATH=/a\n;;\nesac\nexport PYTHONHOME=/c",
		    "x3 PYTHONPATH=/a;x6 PYTHONHOME=/c"),
		ROW("x=$(case a in a) echo;; esac); export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("(PYTHONPATH=/a python3)", "x1 PYTHONPATH=/a"),
		ROW("{ export PYTHONPATH=/a; }", "x1 PYTHONPATH=/a"),
		ROW("true && export PYTHONPATH=/a || export PYTHONPATH=/b",
		    "x1 PYTHONPATH=/a;x1 PYTHONPATH=/b"),
		ROW("echo x | PYTHONPATH=/a python3 & PYTHONHOME=/b python3",
		    "x1 PYTHONPATH=/a;x1 PYTHONHOME=/b"),
		ROW("! >/dev/null 2>&1 export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("x=$(PYTHONPATH=/a python3)", "x1 PYTHONPATH=/a"),
		ROW("echo \"$(echo \"$(PYTHONPATH=/a python3)\")\"", "x1 PYTHONPATH=/a"),
		ROW("x=`PYTHONPATH=/a python3`", "x1 PYTHONPATH=/a"),
		ROW("x=$((PYTHONPATH=/a python3); echo)", "x1 PYTHONPATH=/a"),
		ROW("x=$((1<<2)); ((x=1<<2)); export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("for ((i=0;i<1;i++)); do export PYTHONPATH=/a; done", "x1 PYTHONPATH=/a"),
		ROW("[[ a < b && c =~ ^(c|d)$ ]] && export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("a=(1 '2)' \"3 )\" # )\n4); export PYTHONPATH=/a", "x2 PYTHONPATH=/a"),
		ROW("diff <(echo ') ') <(PYTHONPATH=/a x)", "x1 PYTHONPATH=/a"),
		ROW("for PYTHONPATH in /a /b; do x; done", "1 PYTHONPATH=/a;1 PYTHONPATH=/b"),
		ROW(": ${PYTHONPATH:=/a}", "1 PYTHONPATH=/a"),
		ROW("echo \"${PYTHONPATH='/a'}\"", "1 PYTHONPATH=/a"),
		ROW("printf -v PYTHONPATH %s /a", "1 PYTHONPATH=/a"),
		ROW("printf -v PYTHONPATH '%s/%s' /a b", "?1 PYTHONPATH=%s/%s"),
		ROW("read -r -p 'x' PYTHONPATH <<< \"/a\"", "1 PYTHONPATH=/a"),
		ROW("read PYTHONPATH < f", "?1 PYTHONPATH="),
		ROW("for x (a b) export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("case a { a) export PYTHONPATH=/a;; }", "x1 PYTHONPATH=/a"),
		ROW("echo *(N) @(a|b); export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void shell_here_documents(void **state)
{
	static const struct row rows[] = {
		ROW("cat <<E\nexport PYTHONPATH=no\nE\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("cat <<'E'\n$( ' \" `\nE\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("cat <<-E\n\tPYTHONPATH=no\n\tE\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("cat <<A <<\\B\nPYTHONPATH=n\nA\nPYTHONPATH=n\nB\nexport PYTHONPATH=/a",
		    "x6 PYTHONPATH=/a"),
		ROW("x=$(cat <<E\n) ' it\nE\n); export PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("cat <<E\n$(PYTHONPATH=/a x) ${PYTHONHOME:=/b}\nE\n",
		    "x2 PYTHONPATH=/a;2 PYTHONHOME=/b"),
		ROW("cat <<E\n\\$(PYTHONPATH=/a x)\nE\n", ""),
		ROW("cat <<E\n$(unclosed ' \nE\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("sh <<'E'\nPYTHONPATH=/a python3\nE\n", "x2 PYTHONPATH=/a"),
		ROW(". /dev/stdin <<< 'export PYTHONPATH=/a'", "x1 PYTHONPATH=/a"),
		ROW("cat <<E\nx\\\nE\nPYTHONPATH=no\nE\nexport PYTHONPATH=/a", "x6 PYTHONPATH=/a"),
		ROW("cat <<E\nexport PYTHONPATH=no", ""),
		ROW("x=$(cat <<E\nPYTHONPATH=no\nE)\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("x=`cat <<E\nPYTHONPATH=no\nE`\nexport PYTHONPATH=/a", "x4 PYTHONPATH=/a"),
		ROW("a[1<<2]=5; b=$[1<<2]\nexport PYTHONPATH=/a", "x2 PYTHONPATH=/a"),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void shell_commands_that_run_commands(void **state)
{
	static const struct row rows[] = {
		ROW("env PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("/usr/bin/env -i -u HOME PYTHONPATH=/a x PYTHONHOME=/b", "x1 PYTHONPATH=/a"),
		ROW("env -u PYTHONHOME x PYTHONPATH=/a", ""),
		ROW("env -S 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("env -S'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("env --split-string='PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("sudo -u root PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("sudo nice -n 5 nohup env PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("timeout -k 1 5 env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("exec -a x env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("time PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("systemd-run --user --setenv=PYTHONPATH=/a -E PYTHONHOME=/b x",
		    "x1 PYTHONPATH=/a;x1 PYTHONHOME=/b"),
		ROW("systemctl --user set-environment PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("dbus-update-activation-environment --systemd PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("tmux set-environment -g PYTHONPATH /a", "x1 PYTHONPATH=/a"),
		ROW("alias python='PYTHONPATH=/a python3' ll='ls -l'", "x1 PYTHONPATH=/a"),
		ROW("eval \"export PYTHONPATH=/a\"", "x1 PYTHONPATH=/a"),
		ROW("eval export 'PYTHONPATH=\"/a b\"'", "x1 PYTHONPATH=/a b"),
		ROW("eval \"$(x)\" 'export PYTHONPATH=/a'", "x1 PYTHONPATH=/a"),
		ROW("eval \"$(PYTHONPATH=/a x)\"", "x1 PYTHONPATH=/a"),
		ROW("eval 'x=$(PYTHONPATH=/a x)'", "x1 PYTHONPATH=/a"),
		ROW("bash -lc 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("bash -o pipefail -c 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("su - bob -c 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("fish -c 'set -gx PYTHONPATH /a'", "x1 PYTHONPATH=/a"),
		ROW("trap 'export PYTHONPATH=/a' DEBUG", "x1 PYTHONPATH=/a"),
		ROW("PROMPT_COMMAND='export PYTHONPATH=/a'", "x1 PYTHONPATH=/a"),
		ROW("path_add PYTHONPATH src lib", "x1 PYTHONPATH+=src:lib"),
		ROW("PATH_add bin", ""),
		ROW("$SUDO env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("$e PYTHONPATH=/a", "x?1 PYTHONPATH=/a"),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

/* What no shell would take, systemd's EnvironmentFile= does. */
static void shell_open_quotes(void **state)
{
	static const struct row rows[] = {
		ROW("MOTD=it's up\nPYTHONPATH=/a\nexport PYTHONHOME=/b",
		    "2 PYTHONPATH=/a;x3 PYTHONHOME=/b"),
		ROW("PYTHONHOME=/b\nA=\"x\nPYTHONPATH=/a", "1 PYTHONHOME=/b;3 PYTHONPATH=/a"),
		ROW("A='x\nPYTHONPATH=/a\n'", ""),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void shell_names_in_part_unknown(void **state)
{
	static const struct row rows[] = {
		ROW("export PYTHON$x=v", "x?1 PYTHON$x=v"),
		ROW("export ${a}PATH=v", "x?1 ${a}PATH=v"),
		ROW("declare -x \"PYTHON${n}\"=v", "x?1 PYTHON${n}=v"),
		ROW("export $(echo PYTHON)PATH=v", "x?1 PYTHONPATH=v"),
		ROW("export $(cat f)PATH=v PYTHON$(cat f)=v", "x?1 $(cat f)PATH=v;x?1 PYTHON$(cat f)=v"),
		ROW("export PYTH$x=v", "x?1 PYTH$x=v"),
		ROW("env ${x}ONHOME+=v y", "x?1 ${x}ONHOME+=v"),
		ROW("export $v$w=x", ""),
		ROW("export \"$x\"", ""),
		ROW("declare \"$n=1\"", ""),
		ROW("eval \"$x\"", ""),
		ROW("export ${x}_HOME=v JAVA$x=v ${x}_PATH=v", ""),
		ROW("export ${x}TH=v ${x}E=v", ""),
		ROW("export PYTHON${v}_BIN=v PYTHON3$x=v MYPYTHON$x=v", ""),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void shell_text_that_sets_nothing(void **state)
{
	static const struct row rows[] = {
		ROW("echo 'set PYTHONPATH=foo'", ""),
		ROW("echo PYTHONPATH=foo", ""),
		ROW("grep PYTHONPATH= file", ""),
		ROW("$GREP PYTHONPATH= file", ""),
		ROW("# export PYTHONPATH=x", ""),
		ROW("echo a#b PYTHONPATH=c", ""),
		ROW("unset PYTHONPATH", ""),
		ROW("export PYTHONPATH", ""),
		ROW("export PATH=/a:$PATH MYPYTHONPATH=x pythonpath=x PYTHON=python3", ""),
		ROW("[ PYTHONPATH=x ]; [[ PYTHONPATH=x && PYTHONPATH=y ]]", ""),
		ROW("a=(PYTHONPATH=x); PYTHONPATH=(x)", ""),
		ROW("x='PYTHONPATH=y'; x=\"export PYTHONPATH=y\"", ""),
		ROW("case PYTHONPATH=x in PYTHONPATH=x) ;; esac", ""),
		ROW("for x in PYTHONPATH=1; do echo PYTHONPATH=1; done", ""),
		ROW("echo ${PYTHONPATH:-/x} ${PYTHONPATH:+x} ${PYTHONPATH#=}", ""),
		ROW("'PYTHONPATH=x'", ""),
		ROW("PYTHON\"\"PATH=x", ""),
		ROW("\\PYTHONPATH=x", ""),
		ROW("echo > PYTHONPATH=x", ""),
		ROW("printf 'export PYTHONPATH=x\\n'", ""),
		ROW("echo \"a\nexport PYTHONPATH=x\n\"", ""),
		ROW("echo \\\nPYTHONPATH=x", ""),
		ROW("echo ~/.bashrc 'export PYTHONPATH=x' >> f", ""),
	};

	(void)state;
	CHECK(ENV_SHELL, rows);
}

static void fish(void **state)
{
	static const struct row rows[] = {
		ROW("set -gx PYTHONPATH /a $PYTHONPATH", "x1 PYTHONPATH=/a:$PYTHONPATH"),
		ROW("set --export --universal PYTHONSTARTUP ~/s.py", "x1 PYTHONSTARTUP=~/s.py"),
		ROW("set -U -x -- PYTHONPATH '/a b'", "x1 PYTHONPATH=/a b"),
		ROW("set PYTHONHOME /a", "1 PYTHONHOME=/a"),
		ROW("set -gx PYTHONWARNINGS a b", "x1 PYTHONWARNINGS=a b"),
		ROW("set -gxa PYTHONPATH /a", "x1 PYTHONPATH+=/a"),
		ROW("set -gx --prepend PYTHONPATH /a", "x1 PYTHONPATH+=/a"),
		ROW("set PYTHONPATH[1] /a", "1 PYTHONPATH+=/a"),
		ROW("set -gx \\\n PYTHON\\x50ATH /a", "x2 PYTHONPATH=/a"),
		ROW("set -gx PYTHONPATH 'a\\'b\\nc' # d", "x1 PYTHONPATH=a'b\\nc"),
		ROW("set -gx PYTHONPATH \"a\\\"b\\$c\"\\t", "x1 PYTHONPATH=a\"b$c\t"),
		ROW("set -gx PYTHONPATH (echo /a)", "x?1 PYTHONPATH=(echo /a)"),
		ROW("set -gx PYTHONPATH \"$(echo /a)\"", "x?1 PYTHONPATH=$(echo /a)"),
		ROW("set -gx PYTHONPATH '$(echo /a)'", "x1 PYTHONPATH=$(echo /a)"),
		ROW("set -gx PYTHON$x /a", "x?1 PYTHON$x=/a"),
		ROW("export PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("env PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("if true; set -gx PYTHONPATH /a; end", "x1 PYTHONPATH=/a"),
		ROW("test -d /a; and set -gx PYTHONPATH /a", "x1 PYTHONPATH=/a"),
		ROW("function f\n set -gx PYTHONPATH /a\nend", "x2 PYTHONPATH=/a"),
		ROW("alias python 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("alias python='PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("eval 'set -gx PYTHONPATH /a'", "x1 PYTHONPATH=/a"),
		ROW("echo (set -gx PYTHONPATH /a)", "x1 PYTHONPATH=/a"),
		ROW("read -gx PYTHONPATH", "x?1 PYTHONPATH="),
		ROW("set -e PYTHONPATH; set -q PYTHONPATH; set -ge PYTHONPATH 1", ""),
		ROW("set --erase PYTHONPATH; set -gx PYTHONPATH", "x1 PYTHONPATH="),
		ROW("echo set -gx PYTHONPATH x; # set -gx PYTHONPATH x", ""),
		ROW("set -gx X PYTHONPATH; echo 'set -gx PYTHONPATH x'", ""),
		ROW("set -gx PATH /a; grep PYTHONPATH=x f", ""),
	};
	static const struct row variables[] = {
		ROW("# VERSION: 3.0\nSETUVAR --export PYTHONPATH:/tmp/\\x2ef", "x2 PYTHONPATH=/tmp/.f"),
		ROW("SETUVAR --export --path PYTHONPATH:/a\\x1e/b", "x1 PYTHONPATH=/a:/b"),
		ROW("SETUVAR PYTHONHOME:/a", "1 PYTHONHOME=/a"),
		ROW("SET_EXPORT PYTHONHOME:/a\\u002eb", "x1 PYTHONHOME=/a.b"),
		ROW("SETUVAR --export PYTHONPATH:\\x1d", "x1 PYTHONPATH="),
		ROW("SETUVAR --export X:PYTHONPATH\n#SETUVAR PYTHONPATH:x", ""),
	};

	(void)state;
	CHECK(ENV_FISH, rows);
	CHECK(ENV_FISH_VARIABLES, variables);
}

static void csh(void **state)
{
	static const struct row rows[] = {
		ROW("setenv PYTHONPATH /a", "x1 PYTHONPATH=/a"),
		ROW("setenv PYTHONPATH \"/a b\" # c", "x1 PYTHONPATH=/a b"),
		ROW("setenv PYTHONPATH ${PYTHONPATH}:/a", "x1 PYTHONPATH=${PYTHONPATH}:/a"),
		ROW("setenv \\\n PYTHONPATH /a", "x2 PYTHONPATH=/a"),
		ROW("setenv PYTHONPATH a#b", "x1 PYTHONPATH=a"),
		ROW("setenv PYTHONPATH 'a\\b'\"c\"\\ d", "x1 PYTHONPATH=a\\bc d"),
		ROW("setenv PYTHONPATH `x`", "x?1 PYTHONPATH=`x`"),
		ROW("if (! $?PYTHONPATH) setenv PYTHONPATH /a", "x1 PYTHONPATH=/a"),
		ROW("if (1) then\n setenv PYTHONPATH /a\nendif", "x2 PYTHONPATH=/a"),
		ROW("env PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("alias python 'env PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("eval 'setenv PYTHONPATH /a'", "x1 PYTHONPATH=/a"),
		ROW("sh -c 'PYTHONPATH=/a python3'", "x1 PYTHONPATH=/a"),
		ROW("cat <<E\nsetenv PYTHONPATH no\nE\nsetenv PYTHONPATH /a", "x4 PYTHONPATH=/a"),
		ROW("echo 'unmatched\nsetenv PYTHONPATH /a", "x2 PYTHONPATH=/a"),
		ROW("echo setenv PYTHONPATH x; # setenv PYTHONPATH x", ""),
		ROW("set PYTHONPATH = x; unsetenv PYTHONPATH", ""),
		ROW("PYTHONPATH=x cmd", ""),
	};

	(void)state;
	CHECK(ENV_CSH, rows);
}

static void pam_and_environment_d(void **state)
{
	static const struct row etc[] = {
		ROW("PATH=\"/bin\"\nPYTHONPATH=/a\n", "x2 PYTHONPATH=/a"),
		ROW("  export PYTHONPATH='/a b'", "x1 PYTHONPATH=/a b"),
		ROW("PYTHONPATH=\"/a\" # c", "x1 PYTHONPATH=/a\" "),
		ROW("PYTHONPATH=/a\\\n/b", "x1 PYTHONPATH=/a/b"),
		ROW("#PYTHONPATH=/a\nPYTHON PATH=/a\nPYTHONPATH", ""),
		ROW("X=1 PYTHONPATH=/a", ""),
	};
	static const struct row pam[] = {
		ROW("PYTHONPATH\tDEFAULT=/a \\\n\tOVERRIDE=@{PYTHONPATH}",
		    "x1 PYTHONPATH=@{PYTHONPATH};x1 PYTHONPATH=/a"),
		ROW("PYTHONHOME OVERRIDE=\"/a b\"", "x1 PYTHONHOME=/a b"),
		ROW("PYTHONHOME DEFAULT=\\$x\\@{y}", "x1 PYTHONHOME=$x@{y}"),
		ROW("PYTHONHOME DEFAULT=\n#PYTHONHOME DEFAULT=x\nPYTHONHOME", ""),
		ROW("X DEFAULT=PYTHONPATH=/a", ""),
	};
	static const struct row environment_d[] = {
		ROW("PYTHONEXECUTABLE=/a/python3", "x1 PYTHONEXECUTABLE=/a/python3"),
		ROW("\n; x\nPYTHONPATH=${HOME}/a:$B  ", "x3 PYTHONPATH=${HOME}/a:$B"),
		ROW("PYTHONPATH=\"/a\\\"b\"'c d'\nPYTHONHOME=/b", "x1 PYTHONPATH=/a\"bc d;x2 PYTHONHOME=/b"),
		ROW("PYTHONPATH=/a\\\n/b\nPYTHONHOME=/c", "x1 PYTHONPATH=/a/b;x3 PYTHONHOME=/c"),
		ROW("#PYTHONPATH=/a\nexport PYTHONPATH=/b", ""),
	};

	(void)state;
	CHECK(ENV_ETC_ENVIRONMENT, etc);
	CHECK(ENV_PAM_ENV, pam);
	CHECK(ENV_ENVIRONMENT_D, environment_d);
}

static void systemd(void **state)
{
	static const struct row rows[] = {
		ROW("[Service]\nEnvironment=\"LANG=C\" \"PYTHONPATH=/a b\" \\\n   PYTHONUSERBASE=/u\n",
		    "x2 PYTHONPATH=/a b;x2 PYTHONUSERBASE=/u"),
		ROW("Environment='PYTHONPATH=/a\\x2eb' PYTHONHOME=c\\sd", "x1 PYTHONPATH=/a.b;x1 PYTHONHOME=c d"),
		ROW("Environment=A=b \\\n# comment \\\n; another\n PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("DefaultEnvironment=PYTHONPATH=/a\nManagerEnvironment=PYTHONHOME=/b",
		    "x1 PYTHONPATH=/a;x2 PYTHONHOME=/b"),
		ROW("Environment = PYTHONPATH=%h/a", "x1 PYTHONPATH=%h/a"),
		ROW("ExecStart=-/usr/bin/env PYTHONPATH=/a python3 PYTHONHOME=x", "x1 PYTHONPATH=/a"),
		ROW("ExecStartPre=/bin/true ; /usr/bin/env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("ExecStart=/bin/sh -c 'PYTHONPATH=/a exec python3'", "x1 PYTHONPATH=/a"),
		ROW("Environment=\n#Environment=PYTHONPATH=/a\n;Environment=PYTHONPATH=/a", ""),
		ROW("PassEnvironment=PYTHONPATH\nEnvironmentFile=-/tmp/PYTHONPATH=x", ""),
		ROW("UnsetEnvironment=PYTHONPATH=/a\nExecStart=/bin/x PYTHONPATH=/a", ""),
		ROW("ExecStart=PYTHONPATH=/a python3", ""),
	};

	(void)state;
	CHECK(ENV_SYSTEMD, rows);
}

static void cron_and_ssh(void **state)
{
	static const struct row cron[] = {
		ROW("PYTHONPATH=/a\n* * * * * x", "x1 PYTHONPATH=/a"),
		ROW(" \"PYTHONPATH\" = '/a b' ", "x1 PYTHONPATH=/a b"),
		ROW("*/5 * * * * PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("@reboot PYTHONPATH=/a python3 x\\%y", "x1 PYTHONPATH=/a"),
		ROW("17 * * * * root cd / && PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("17 * * * * root PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("@daily env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("#PYTHONPATH=/a\n* * * * * grep PYTHONPATH=/a f\n* * * * * x", ""),
		ROW("* * * * * cat%PYTHONPATH=/a", ""),
	};
	static const struct row environment[] = {
		ROW("PYTHONPATH=\"/a\n\tPYTHONHOME=/b # c", "x1 PYTHONPATH=\"/a;x2 PYTHONHOME=/b # c"),
		ROW("#PYTHONPATH=/a\nX=PYTHONPATH=/a", ""),
	};
	static const struct row keys[] = {
		ROW("environment=\"PYTHONPATH=/a \\\"b\\\"\",no-pty ssh-rsa AAAA= x",
		    "x1 PYTHONPATH=/a \"b\""),
		ROW("no-pty,Environment=\"A=b\",environment=\"PYTHONHOME=/a\" ssh-rsa A", "x1 PYTHONHOME=/a"),
		ROW("\ncommand=\"PYTHONPATH=/a python3\" ssh-rsa A", "x2 PYTHONPATH=/a"),
		ROW("#environment=\"PYTHONPATH=/a\" ssh-rsa A\nssh-rsa A environment=\"PYTHONPATH=/a\"", ""),
	};
	static const struct row sshd[] = {
		ROW("Port 22\n  setenv PYTHONPATH=/a \"PYTHONHOME=/b c\"", "x2 PYTHONPATH=/a;x2 PYTHONHOME=/b c"),
		ROW("SetEnv=PYTHONPATH=/a", "x1 PYTHONPATH=/a"),
		ROW("ForceCommand PYTHONPATH=/a python3", "x1 PYTHONPATH=/a"),
		ROW("#SetEnv PYTHONPATH=/a\nAcceptEnv PYTHONPATH", ""),
	};

	(void)state;
	CHECK(ENV_CRON, cron);
	CHECK(ENV_SSH_ENVIRONMENT, environment);
	CHECK(ENV_SSH_AUTHORIZED_KEYS, keys);
	CHECK(ENV_SSHD_CONFIG, sshd);
}

static void tools(void **state)
{
	static const struct row conda[] = {
		ROW("{\"env_vars\": {\"PYTHONPATH\": \"/a\", \"LANG\": \"C\"}}", "x1 PYTHONPATH=/a"),
		ROW("{\n \"env_vars\": {\n  \"A\": \"b\",\n  \"PYTHON\\u0050ATH\": \"\\/a\"\n }}",
		    "x1 PYTHONPATH=/a"),
		ROW("{\n \"env_vars\": {\n  \"PYTHONHOME\": \"/a\"}}", "x3 PYTHONHOME=/a"),
		ROW("{\"env_vars\": {\"PYTHONPATH\": \"***unset***\", \"PYTHONHOME\": 1}}", ""),
		ROW("{\"other\": {\"PYTHONPATH\": \"/a\"}}", ""),
		ROW("{\"env_vars\": {\"PYTHONPATH\": \"/a\"", ""),
		ROW("[]", ""),
	};
	static const struct row supervisord[] = {
		ROW("[program:x]\nenvironment=A=\"b,c\",PYTHONPATH='/a b',PYTHONHOME=/c",
		    "x2 PYTHONPATH=/a b;x2 PYTHONHOME=/c"),
		ROW("environment =\n  A=\"b\",\n  PYTHONPATH=\"%(here)s/a\" ; c\nuser=x",
		    "x3 PYTHONPATH=%(here)s/a"),
		ROW("command=/usr/bin/env PYTHONPATH=/a x", "x1 PYTHONPATH=/a"),
		ROW("command=sh -c \"PYTHONPATH=/a x\"", "x1 PYTHONPATH=/a"),
		ROW(";environment=PYTHONPATH=/a\nuser=PYTHONPATH=/a", ""),
	};
	static const struct row dotenv[] = {
		ROW("DEBUG=1\nPYTHONPATH=/a # c", "x2 PYTHONPATH=/a"),
		ROW("export  PYTHONPATH = \"a\\nb\"", "x1 PYTHONPATH=a\nb"),
		ROW("A='x\nPYTHONPATH=no\n'\nPYTHONHOME='/a'", "x4 PYTHONHOME=/a"),
		ROW("'PYTHONPATH'=/a#b", "x1 PYTHONPATH=/a#b"),
		ROW("#PYTHONPATH=/a\nX=PYTHONPATH=/a\nPYTHONPATH", ""),
	};

	(void)state;
	CHECK(ENV_CONDA_STATE, conda);
	CHECK(ENV_SUPERVISORD, supervisord);
	CHECK(ENV_DOTENV, dotenv);
}

static void names(void **state)
{
	static const struct {
		struct bytes name;
		bool is;
	} rows[] = {
		{ BYTES_LIT("PYTHONPATH"), true },
		{ BYTES_LIT("PYTHON_FROZEN_MODULES"), true },
		{ BYTES_LIT("PYTHON3"), true },
		{ BYTES_LIT("__PYVENV_LAUNCHER__"), true },
		{ BYTES_LIT("PYTHON"), false },
		{ BYTES_LIT("PYTHONpath"), false },
		{ BYTES_LIT("PYTHONPATH\0"), false },
		{ BYTES_LIT("MYPYTHONPATH"), false },
		{ BYTES_LIT(""), false },
		{ BYTES_NONE, false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(rows); i++)
		assert_int_equal(envfile_is_python_variable(rows[i].name), rows[i].is);
	assert_string_equal(env_syntax_to_string(ENV_SYSTEMD), "systemd");
	assert_string_equal(env_syntax_to_string((enum env_syntax)99), "unknown");
}

static int stop_at_second(const struct env_assignment *a, void *userdata)
{
	unsigned *n = userdata;

	(void)a;
	return ++*n == 2 ? -ECANCELED : 1;
}

static void callback_ends_the_parse(void **state)
{
	unsigned n = 0;

	(void)state;
	assert_int_equal(envfile_parse(ENV_SHELL,
				       BYTES_LIT("export PYTHONA=1 PYTHONB=2 PYTHONC=3"),
				       stop_at_second, &n), -ECANCELED);
	assert_int_equal(n, 2);
}

static int count(const struct env_assignment *a, void *userdata)
{
	(void)a;
	++*(unsigned *)userdata;
	return 0;
}

/* Megabytes of whatever opens something: in time, on a small stack, and an
 * assignment before it is seen. */
static void hostile_repetition(void **state)
{
	static const char *const units[] = {
		"(", "$(", "$((", "((", "`", "'", "\"", "\"$(", "${x:-", "\\", "\\\n", "<<a ",
		"<<a\n", "<(", "a=(", "@(", "case x in ", "eval \"$(", "{a,", "env -S '", "=",
		"$((a) )", "[", "\t", "x\n", "PYTHONPATH=x ",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(units); i++) {
		struct bytes unit = bytes_of(units[i]);
		_cleanup_str_ struct str text = STR_INIT;
		unsigned n = 0;

		assert_int_equal(str_append_text(&text, "export PYTHONPATH=x\n"), 0);
		while (text.len < 256 * 1024)
			assert_int_equal(str_append_bytes(&text, unit), 0);
		for (int syntax = ENV_SHELL; syntax <= ENV_DOTENV; syntax++)
			assert_int_equal(envfile_parse((enum env_syntax)syntax, str_bytes(&text),
						       count, &n), 0);
		assert_true(n >= 1);
	}
}

static void nesting_ends_at_the_limit(void **state)
{
	_cleanup_str_ struct str deep = STR_INIT, deeper = STR_INIT;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < ENVFILE_DEPTH_MAX; i++)
		assert_int_equal(str_append_text(&deep, "$("), 0);
	assert_int_equal(str_append_text(&deep, "PYTHONPATH=x y"), 0);
	assert_int_equal(envfile_parse(ENV_SHELL, str_bytes(&deep), count, &n), 0);
	assert_int_equal(n, 1);

	/* `eval` needs no quotes to be nested.  The comment raises the number of
	 * bytes that may be read again, so that the depth decides. */
	for (unsigned more = 0; more < 2; more++) {
		str_clear(&deeper);
		for (unsigned i = 0; i < ENVFILE_REPARSE_MAX + more; i++)
			assert_int_equal(str_append_text(&deeper, "eval "), 0);
		assert_int_equal(str_append_text(&deeper, "export PYTHONPATH=x\n#"), 0);
		for (unsigned i = 0; i < 1000; i++)
			assert_int_equal(str_append_text(&deeper, "comment "), 0);
		n = 0;
		assert_int_equal(envfile_parse(ENV_SHELL, str_bytes(&deeper), count, &n), 0);
		assert_int_equal(n, more ? 0 : 1);
	}
}

static void many_assignments_before_a_command(void **state)
{
	_cleanup_str_ struct str text = STR_INIT;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * ENVFILE_PENDING_MAX; i++)
		assert_int_equal(str_append_text(&text, "PYTHONPATH=x "), 0);
	assert_int_equal(envfile_parse(ENV_SHELL, str_bytes(&text), count, &n), 0);
	assert_int_equal(n, 10 * ENVFILE_PENDING_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shell_assignments),
		cmocka_unit_test(shell_values_of_the_file),
		cmocka_unit_test(values_are_bounded),
		cmocka_unit_test(shell_quotes),
		cmocka_unit_test(shell_structure),
		cmocka_unit_test(shell_here_documents),
		cmocka_unit_test(shell_commands_that_run_commands),
		cmocka_unit_test(shell_open_quotes),
		cmocka_unit_test(shell_names_in_part_unknown),
		cmocka_unit_test(shell_text_that_sets_nothing),
		cmocka_unit_test(fish),
		cmocka_unit_test(csh),
		cmocka_unit_test(pam_and_environment_d),
		cmocka_unit_test(systemd),
		cmocka_unit_test(cron_and_ssh),
		cmocka_unit_test(tools),
		cmocka_unit_test(names),
		cmocka_unit_test(callback_ends_the_parse),
		cmocka_unit_test(hostile_repetition),
		cmocka_unit_test(nesting_ends_at_the_limit),
		cmocka_unit_test(many_assignments_before_a_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

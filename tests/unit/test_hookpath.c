#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cleanup.h"
#include "hookpath.h"

/* ---- what is a hook, and of which kind ----------------------------------- */

struct expected {
	const char *path;
	enum vector vector;
	enum hook_scope scope;
	enum hook_form form;
	const char *site_dir;
};

#define V(v) VECTOR_##v
static const struct expected python_paths[] = {
	/* .pth and .start: the root of a site directory, whatever is in front of it */
	{ "/usr/lib/python3/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "/usr/lib/python3/dist-packages" },
	{ "/usr/lib/python3.11/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "/usr/lib/python3.11/dist-packages" },
	{ "/usr/lib64/python3.6/site-packages/system.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "/usr/lib64/python3.6/site-packages" },
	{ "/usr/local/lib/python3.13t/site-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "/usr/local/lib/python3.13t/site-packages" },
	{ "/home/bob/.local/lib/python3.12/site-packages/.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "/home/bob/.local/lib/python3.12/site-packages" },
	{ "/srv/v/local/lib/python3.11/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "/w/.venv/lib/python2.7/site-packages/.hid\nden\xff.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "/opt/google-cloud-sdk/platform/bundledpythonunix/lib/python3.11/site-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "/var/lib/docker/overlay2/0a1/diff/usr/lib/python3/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT,
	  "/var/lib/docker/overlay2/0a1/diff/usr/lib/python3/dist-packages" },
	{ "/opt/pypy3.6-v7.3.3-linux64/site-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "/usr/local/lib/pypy3.9/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "/usr/lib/site-python/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, NULL },
	{ "usr/lib/python3/dist-packages/x.pth", V(PTH), SCOPE_SITE, FORM_TEXT, "usr/lib/python3/dist-packages" },
	{ "/a/lib/python3.15/site-packages/e.start", V(START), SCOPE_SITE, FORM_TEXT, "/a/lib/python3.15/site-packages" },

	/* none of these is read */
	{ "/usr/lib/python3/dist-packages/x.PTH", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/x.pth ", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/x.pth~", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/x.pth.bak", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/.x.pth.swp", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/pkg/x.pth", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/.x.start", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/.apk.0011223344556677.pth/", V(NONE), 0, 0, NULL },
	{ "/data/models/resnet50.pth", V(NONE), 0, 0, NULL },
	{ "/srv/target/site-packages/x.pth", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python4.1/site-packages/x.pth", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3.x/site-packages/x.pth", V(NONE), 0, 0, NULL },
	{ "/usr/share/python3.11/site-packages/x.pth", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3.11/site-packages/", V(NONE), 0, 0, NULL },
	{ "", V(NONE), 0, 0, NULL },
	{ "/", V(NONE), 0, 0, NULL },
	{ "x.pth", V(NONE), 0, 0, NULL },

	/* sitecustomize and usercustomize in all their forms */
	{ "/usr/lib/python3/dist-packages/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_SITE, FORM_SOURCE, "/usr/lib/python3/dist-packages" },
	{ "/h/.local/lib/python3.8/site-packages/usercustomize.py", V(USERCUSTOMIZE), SCOPE_SITE, FORM_SOURCE, NULL },
	{ "/usr/lib/python3.11/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_STDLIB, FORM_SOURCE, "/usr/lib/python3.11" },
	{ "/etc/python3.11/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_STDLIB, FORM_SOURCE, "/etc/python3.11" },
	{ "/usr/lib/python3.11/lib-dynload/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/opt/pypy/lib-python/3/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/opt/pypy/lib_pypy/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/srv/agent/bootstrap/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_SOURCE, "/srv/agent/bootstrap" },
	{ "/sitecustomize.py", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_SOURCE, "/" },
	{ "/a/sitecustomize.pyc", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_BYTECODE, "/a" },
	{ "/a/sitecustomize.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/sitecustomize.abi3.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/usercustomize.cpython-313t-aarch64-linux-gnu.so", V(USERCUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/sitecustomize.pypy39-pp73-x86_64-linux-gnu.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/sitecustomize.graalpy-38-native-x86_64-linux.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/sitecustomizemodule.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_EXTENSION, "/a" },
	{ "/a/sitecustomize/__init__.py", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_PACKAGE, "/a" },
	{ "/a/lib/python3.9/site-packages/usercustomize/__init__.pyc", V(USERCUSTOMIZE), SCOPE_SITE, FORM_PACKAGE, NULL },
	{ "/a/sitecustomize/__init__.cpython-311-x86_64-linux-gnu.so", V(SITECUSTOMIZE), SCOPE_ELSEWHERE, FORM_PACKAGE, "/a" },
	{ "/a/sitecustomize/helper.py", V(NONE), 0, 0, NULL },
	{ "/a/Sitecustomize.py", V(NONE), 0, 0, NULL },
	{ "/a/sitecustomize.py.orig", V(NONE), 0, 0, NULL },
	{ "/a/sitecustomize.txt", V(NONE), 0, 0, NULL },
	{ "/a/mysitecustomize.py", V(NONE), 0, 0, NULL },
	{ "/a/sitecustomize.wrong.so", V(NONE), 0, 0, NULL },
	{ "/a/sitecustomize.d/__init__.py", V(NONE), 0, 0, NULL },

	/* compiled in __pycache__ */
	{ "/usr/lib/python3.11/__pycache__/sitecustomize.cpython-311.pyc", V(PYC), SCOPE_STDLIB, FORM_BYTECODE, "/usr/lib/python3.11" },
	{ "/usr/lib/python3.11/encodings/__pycache__/utf_8.cpython-311.pyc", V(PYC), SCOPE_STDLIB, FORM_BYTECODE, "/usr/lib/python3.11" },
	{ "/usr/lib/python3.8/__pycache__/os.cpython-38.opt-2.pyc", V(PYC), SCOPE_STDLIB, FORM_BYTECODE, NULL },
	{ "/a/__pycache__/usercustomize.pypy39.pyc", V(PYC), SCOPE_ELSEWHERE, FORM_BYTECODE, "/a" },
	{ "/a/sitecustomize/__pycache__/__init__.cpython-311.pyc", V(PYC), SCOPE_ELSEWHERE, FORM_BYTECODE, "/a" },
	{ "/usr/lib/python3/dist-packages/__pycache__/sitecustomize.cpython-311.pyc", V(PYC), SCOPE_SITE, FORM_BYTECODE, NULL },
	{ "/cache/usr/lib/python3.11/encodings/aliases.cpython-311.pyc", V(PYC), SCOPE_ELSEWHERE, FORM_BYTECODE, NULL },
	{ "/usr/lib/python3/dist-packages/__pycache__/os.cpython-311.pyc", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3.11/__pycache__/json.cpython-311.pyc", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3.11/encodings/__pycache__/cp037.cpython-311.pyc", V(NONE), 0, 0, NULL },

	/* modules that every start imports */
	{ "/usr/lib/python3.11/encodings/__init__.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, "/usr/lib/python3.11" },
	{ "/usr/lib/python3.11/encodings/aliases.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/usr/lib64/python3.9/os.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/x/.pyenv/versions/3.10.2/lib/python3.10/_collections_abc.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/usr/lib/python3.6/_sysconfigdata_m_linux_x86_64-linux-gnu.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/usr/lib/python3.13/linecache.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/usr/lib/python3.8/io.cpython-38-x86_64-linux-gnu.so", V(STDLIB), SCOPE_STDLIB, FORM_EXTENSION, NULL },
	{ "/usr/lib/python3.8/abc/__init__.py", V(STDLIB), SCOPE_STDLIB, FORM_PACKAGE, "/usr/lib/python3.8" },
	{ "/usr/lib/python2.7/warnings.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/opt/pypy/lib-python/2.7/site.py", V(STDLIB), SCOPE_STDLIB, FORM_SOURCE, NULL },
	{ "/usr/lib/python3.11/warnings.py", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3.11/json/os.py", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/os.py", V(NONE), 0, 0, NULL },
	{ "/usr/lib/python3/dist-packages/os.py", V(NONE), 0, 0, NULL },
	{ "/home/a/os.py", V(NONE), 0, 0, NULL },
	{ "/home/a/encodings/__init__.py", V(NONE), 0, 0, NULL },

	/* the interpreter's own files */
	{ "/usr/bin/python3._pth", V(INTERPRETER_CONFIG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/usr/bin/anything._pth", V(INTERPRETER_CONFIG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/tmp/x/python3.11._pth", V(INTERPRETER_CONFIG), SCOPE_ELSEWHERE, FORM_TEXT, NULL },
	{ "/tmp/x/anything._pth", V(NONE), 0, 0, NULL },
	{ "/usr/bin/pybuilddir.txt", V(INTERPRETER_CONFIG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/src/cpython/pybuilddir.txt", V(INTERPRETER_CONFIG), SCOPE_ELSEWHERE, FORM_TEXT, NULL },
	{ "/usr/lib/python311.zip", V(INTERPRETER_CONFIG), SCOPE_STDLIB, FORM_ARCHIVE, "/usr/lib" },
	{ "/v/lib64/python313t.zip", V(INTERPRETER_CONFIG), SCOPE_STDLIB, FORM_ARCHIVE, NULL },
	{ "/v/python311.zip", V(NONE), 0, 0, NULL },
	{ "/v/lib/python.zip", V(NONE), 0, 0, NULL },
	{ "/srv/v/pyvenv.cfg", V(PYVENV_CFG), SCOPE_PROJECT, FORM_TEXT, NULL },
	{ "/usr/bin/pyvenv.cfg", V(PYVENV_CFG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/usr/pyvenv.cfg", V(PYVENV_CFG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/usr/local/pyvenv.cfg", V(PYVENV_CFG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/pyvenv.cfg", V(PYVENV_CFG), SCOPE_BIN, FORM_TEXT, NULL },
	{ "/home/u/local/pyvenv.cfg", V(PYVENV_CFG), SCOPE_PROJECT, FORM_TEXT, NULL },

	/* IPython and Jupyter */
	{ "/home/a/.ipython/profile_default/startup/00-x.py", V(IPYTHON), SCOPE_USER, FORM_SOURCE, NULL },
	{ "/d/ipy/profile_x/startup/y.ipy", V(IPYTHON), SCOPE_USER, FORM_SOURCE, NULL },
	{ "/home/a/.ipython/profile_default/startup/README", V(NONE), 0, 0, NULL },
	{ "/etc/ipython/startup/x.py", V(IPYTHON), SCOPE_SYSTEM, FORM_SOURCE, NULL },
	{ "/etc/ipython/ipython_config.py", V(IPYTHON), SCOPE_SYSTEM, FORM_SOURCE, NULL },
	{ "/usr/local/etc/ipython/ipython_kernel_config.json", V(IPYTHON), SCOPE_SYSTEM, FORM_JSON, NULL },
	{ "/srv/v/etc/ipython/ipython_config.json", V(IPYTHON), SCOPE_PROJECT, FORM_JSON, NULL },
	{ "/home/a/.ipython/profile_default/ipython_config.py", V(IPYTHON), SCOPE_USER, FORM_SOURCE, NULL },
	{ "/home/a/code/ipython_config.py", V(IPYTHON), SCOPE_ELSEWHERE, FORM_SOURCE, NULL },
	{ "/home/a/.jupyter/jupyter_notebook_config.py", V(JUPYTER), SCOPE_USER, FORM_SOURCE, NULL },
	{ "/etc/jupyter/jupyter_server_config.json", V(JUPYTER), SCOPE_SYSTEM, FORM_JSON, NULL },
	{ "/etc/jupyter/jupyter_server_config.d/x.json", V(JUPYTER), SCOPE_SYSTEM, FORM_JSON, NULL },
	{ "/home/a/.local/share/jupyter/kernels/python3/kernel.json", V(JUPYTER), SCOPE_USER, FORM_JSON, NULL },
	{ "/usr/share/jupyter/kernels/p/kernel.json", V(JUPYTER), SCOPE_SYSTEM, FORM_JSON, NULL },
	{ "/usr/local/share/jupyter/kernels/p/kernel.json", V(JUPYTER), SCOPE_SYSTEM, FORM_JSON, NULL },
	{ "/srv/app/venv/share/jupyter/kernels/p/kernel.json", V(JUPYTER), SCOPE_PROJECT, FORM_JSON, NULL },
	{ "/home/a/kernel.json", V(NONE), 0, 0, NULL },
};

static void classifies_python_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(python_paths); i++) {
		const struct expected *e = &python_paths[i];
		struct hook h;
		bool hit = hookpath_classify(bytes_of(e->path), &h);

		if (hit != (e->vector != VECTOR_NONE) || h.vector != e->vector ||
		    h.scope != e->scope || h.form != e->form || h.syntax != ENV_NONE || h.temporary)
			fail_msg("'%s': %s %s %s", e->path, vector_to_string(h.vector),
				 hook_scope_to_string(h.scope), hook_form_to_string(h.form));
		if (e->site_dir && !bytes_equal(h.site_dir, bytes_of(e->site_dir)))
			fail_msg("'%s': site_dir '%.*s'", e->path, (int)h.site_dir.len, h.site_dir.ptr);
	}
}

static const struct {
	const char *path;
	enum env_syntax syntax;
	enum hook_scope scope;
} env_paths[] = {
	{ "/etc/profile", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/profile.d/x.sh", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/profile.d/x.csh", ENV_CSH, SCOPE_SYSTEM },
	{ "/mnt/root/etc/profile.d/x.sh", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/bash.bashrc", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/bashrc", ENV_SHELL, SCOPE_SYSTEM },
	{ "/root/.bashrc", ENV_SHELL, SCOPE_USER },
	{ "/var/lib/postgresql/.profile", ENV_SHELL, SCOPE_USER },
	{ "/etc/skel/.bashrc", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/skel/.config/fish/config.fish", ENV_FISH, SCOPE_SYSTEM },
	{ "/h/.bash_aliases", ENV_SHELL, SCOPE_USER },
	{ "/h/.xsessionrc", ENV_SHELL, SCOPE_USER },
	{ "/etc/X11/Xsession.d/90x", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/zsh/zshenv", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/zshenv", ENV_SHELL, SCOPE_SYSTEM },
	{ "/h/.config/zsh/.zshenv", ENV_SHELL, SCOPE_USER },
	{ "/h/.config/fish/config.fish", ENV_FISH, SCOPE_USER },
	{ "/h/.config/fish/conf.d/a.fish", ENV_FISH, SCOPE_USER },
	{ "/h/.config/fish/functions/ls.fish", ENV_FISH, SCOPE_USER },
	{ "/h/.config/fish/fish_variables", ENV_FISH_VARIABLES, SCOPE_USER },
	{ "/etc/fish/conf.d/a.fish", ENV_FISH, SCOPE_SYSTEM },
	{ "/h/.cshrc", ENV_CSH, SCOPE_USER },
	{ "/h/.tcshrc", ENV_CSH, SCOPE_USER },
	{ "/h/.login", ENV_CSH, SCOPE_USER },
	{ "/etc/csh.cshrc", ENV_CSH, SCOPE_SYSTEM },
	{ "/etc/csh/login.d/x", ENV_CSH, SCOPE_SYSTEM },
	{ "/etc/environment", ENV_ETC_ENVIRONMENT, SCOPE_SYSTEM },
	{ "/etc/default/locale", ENV_ETC_ENVIRONMENT, SCOPE_SYSTEM },
	{ "/etc/security/pam_env.conf", ENV_PAM_ENV, SCOPE_SYSTEM },
	{ "/h/.pam_environment", ENV_PAM_ENV, SCOPE_USER },
	{ "/etc/environment.d/99.conf", ENV_ENVIRONMENT_D, SCOPE_SYSTEM },
	{ "/usr/lib/environment.d/99.conf", ENV_ENVIRONMENT_D, SCOPE_SYSTEM },
	{ "/h/.config/environment.d/99.conf", ENV_ENVIRONMENT_D, SCOPE_USER },
	{ "/etc/systemd/system/a.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/etc/systemd/system/a.service.d/override.conf", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/etc/systemd/system.conf", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/etc/systemd/system.conf.d/x.conf", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/etc/systemd/user/a.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/lib/systemd/system/a.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/usr/lib/systemd/user/a.socket", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/run/systemd/system/a.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/run/systemd/transient/run-1.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/run/user/1000/systemd/transient/run-1.service", ENV_SYSTEMD, SCOPE_USER },
	{ "/h/.config/systemd/user/sysmon.service", ENV_SYSTEMD, SCOPE_USER },
	{ "/h/.config/systemd/user/default.target.wants/sysmon.service", ENV_SYSTEMD, SCOPE_USER },
	{ "/h/.local/share/systemd/user/a.service", ENV_SYSTEMD, SCOPE_USER },
	{ "/var/lib/docker/overlay2/x/diff/etc/systemd/system/a.service", ENV_SYSTEMD, SCOPE_SYSTEM },
	{ "/usr/lib/systemd/system-environment-generators/10-x", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/default/myapp", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/sysconfig/myapp", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/init.d/x", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/conf.d/x", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/rc.local", ENV_SHELL, SCOPE_SYSTEM },
	{ "/etc/crontab", ENV_CRON, SCOPE_SYSTEM },
	{ "/etc/cron.d/x", ENV_CRON, SCOPE_SYSTEM },
	{ "/var/spool/cron/root", ENV_CRON, SCOPE_USER },
	{ "/var/spool/cron/crontabs/alice", ENV_CRON, SCOPE_USER },
	{ "/h/.ssh/environment", ENV_SSH_ENVIRONMENT, SCOPE_USER },
	{ "/h/.ssh/authorized_keys", ENV_SSH_AUTHORIZED_KEYS, SCOPE_USER },
	{ "/etc/ssh/sshd_config", ENV_SSHD_CONFIG, SCOPE_SYSTEM },
	{ "/etc/ssh/sshd_config.d/x.conf", ENV_SSHD_CONFIG, SCOPE_SYSTEM },
	{ "/opt/conda/envs/ml/conda-meta/state", ENV_CONDA_STATE, SCOPE_PROJECT },
	{ "/opt/conda/etc/conda/activate.d/x.sh", ENV_SHELL, SCOPE_PROJECT },
	{ "/opt/conda/etc/conda/activate.d/x.fish", ENV_FISH, SCOPE_PROJECT },
	{ "/srv/v/bin/activate", ENV_SHELL, SCOPE_PROJECT },
	{ "/srv/v/bin/activate.csh", ENV_CSH, SCOPE_PROJECT },
	{ "/srv/v/bin/activate.fish", ENV_FISH, SCOPE_PROJECT },
	{ "/p/.envrc", ENV_SHELL, SCOPE_PROJECT },
	{ "/p/.env", ENV_DOTENV, SCOPE_PROJECT },
	{ "/h/.config/direnv/direnvrc", ENV_SHELL, SCOPE_USER },
	{ "/h/.config/plasma-workspace/env/x.sh", ENV_SHELL, SCOPE_USER },
	{ "/etc/supervisor/conf.d/x.conf", ENV_SUPERVISORD, SCOPE_SYSTEM },
	{ "/etc/supervisor/supervisord.conf", ENV_SUPERVISORD, SCOPE_SYSTEM },
	{ "/srv/app/supervisord.conf", ENV_SUPERVISORD, SCOPE_PROJECT },
	{ "/etc/supervisord.conf", ENV_SUPERVISORD, SCOPE_SYSTEM },

	{ "/etc/profile.d/x.sh~", ENV_NONE, 0 },
	{ "/etc/profile.d/.x.sh.swp", ENV_NONE, 0 },
	{ "/etc/profile.d/README", ENV_NONE, 0 },
	{ "/etc/default/.myapp.swp", ENV_NONE, 0 },
	{ "/etc/default/4913", ENV_NONE, 0 },
	{ "/etc/default/sedA1b2C3", ENV_NONE, 0 },
	{ "/etc/default/.#myapp", ENV_NONE, 0 },
	{ "/etc/default/myapp.dpkg-old", ENV_NONE, 0 },
	{ "/etc/sysconfig/myapp.rpmsave", ENV_NONE, 0 },
	{ "/var/spool/cron/crontabs/tmp.a1B2c3", ENV_NONE, 0 },
	{ "/usr/share/doc/profile", ENV_NONE, 0 },
	{ "/x/environment", ENV_NONE, 0 },
	{ "/x/state", ENV_NONE, 0 },
	{ "/p/.env.example", ENV_NONE, 0 },
	{ "/p/activate", ENV_NONE, 0 },
	{ "/src/systemd/system/a.service", ENV_NONE, 0 },
	{ "/run/systemd/units/a.service", ENV_NONE, 0 },
	{ "/run/systemd/transient/session-3.scope", ENV_NONE, 0 },
	{ "/etc/systemd/resolved.conf", ENV_NONE, 0 },
	{ "/notetc/profile.d/x.sh", ENV_NONE, 0 },
};

static void classifies_env_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(env_paths); i++) {
		struct hook h;
		bool hit = hookpath_classify(bytes_of(env_paths[i].path), &h);

		if (hit != (env_paths[i].syntax != ENV_NONE) || h.syntax != env_paths[i].syntax ||
		    h.scope != env_paths[i].scope ||
		    h.vector != (hit ? VECTOR_ENV : VECTOR_NONE) || h.temporary)
			fail_msg("'%s': %s, syntax %d, scope %s", env_paths[i].path,
				 vector_to_string(h.vector), (int)h.syntax, hook_scope_to_string(h.scope));
	}
}

static void sees_through_temporary_names(void **state)
{
	static const struct {
		const char *path;
		enum vector vector;
	} cases[] = {
		{ "/usr/lib/python3/dist-packages/x.pth.dpkg-new", VECTOR_PTH },
		{ "/usr/lib/python3/dist-packages/x.pth.dpkg-tmp", VECTOR_PTH },
		{ "/usr/lib/python3.9/site-packages/x.pth;5f3a2b1c", VECTOR_PTH },
		{ "/usr/lib/python3.9/site-packages/sitecustomize.py;5F3A2B1C", VECTOR_SITECUSTOMIZE },
		{ "/usr/lib/python3.9/__pycache__/os.cpython-39.pyc.140234567890123", VECTOR_PYC },
		{ "/etc/default/app.dpkg-new", VECTOR_ENV },
		{ "/usr/lib/python3.9/encodings/__init__.py.dpkg-new", VECTOR_STDLIB },
		{ "/usr/lib/python3.9/site-packages/x.pth;5f3a2b1", VECTOR_NONE },
		{ "/usr/lib/python3.9/site-packages/x.pth;5f3a2b1g", VECTOR_NONE },
		{ "/usr/lib/python3.9/site-packages/.apk.5f3a2b1c5f3a2b1c", VECTOR_NONE },
		{ "/usr/lib/python3.9/__pycache__/os.cpython-39.pyc.", VECTOR_NONE },
		{ "/usr/lib/python3.9/__pycache__/os.cpython-39.pyc.123456789012345678901234", VECTOR_NONE },
		{ "/x/y.pth.dpkg-new", VECTOR_NONE },
		{ "/x/.dpkg-new", VECTOR_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct hook h;
		bool hit = hookpath_classify(bytes_of(cases[i].path), &h);

		if (h.vector != cases[i].vector || hit != (h.vector != VECTOR_NONE) ||
		    h.temporary != hit)
			fail_msg("'%s': %s", cases[i].path, vector_to_string(h.vector));
	}
}

/* ---- the three questions agree ------------------------------------------- */

static void assert_agree(struct bytes path)
{
	struct hook h;

	if (!hookpath_classify(path, &h)) {
		assert_int_equal(h.vector, VECTOR_NONE);
		return;
	}
	if (!hookpath_name_is_candidate(bytes_basename(path)) &&
	    !hookpath_dir_takes_any_name(bytes_dirname(path)))
		fail_msg("'%.*s' is a %s that neither its name nor its directory shows",
			 (int)path.len, path.ptr, vector_to_string(h.vector));
}

/* Every name of the tables in every directory of the tables, with and without a
 * package manager's ending: about 60 000 paths. */
static void name_and_directory_show_every_hook(void **state)
{
	static const char *const endings[] = { "", ".dpkg-new", ";01234567", ".123456" };
	const char *paths[ELEMENTSOF(python_paths) + ELEMENTSOF(env_paths)];
	size_t n = 0, hits = 0;

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(python_paths); i++)
		paths[n++] = python_paths[i].path;
	for (size_t i = 0; i < ELEMENTSOF(env_paths); i++)
		paths[n++] = env_paths[i].path;

	for (size_t d = 0; d < n; d++)
		for (size_t f = 0; f < n; f++)
			for (size_t e = 0; e < ELEMENTSOF(endings); e++) {
				_cleanup_str_ struct str s = STR_INIT;
				struct hook h;

				assert_int_equal(str_append_bytes(&s, bytes_dirname(bytes_of(paths[d]))), 0);
				assert_int_equal(str_append_char(&s, '/'), 0);
				assert_int_equal(str_append_bytes(&s, bytes_basename(bytes_of(paths[f]))), 0);
				assert_int_equal(str_append_text(&s, endings[e]), 0);
				assert_agree(str_bytes(&s));
				hits += hookpath_classify(str_bytes(&s), &h);
			}
	assert_true(hits > 1000);
}

static void common_names_are_no_candidates(void **state)
{
	static const char *const common[] = {
		"", "a", "x.c", "main.o", "__init__.py", "models.py", "index.html", "libc.so.6",
		"libfoo.so", "data.json", "x.txt", "README", "config", "state", "x.conf", "x.service",
		"x.sh", "utils.cpython-311.pyc", "__init__.cpython-311.pyc", "x.zip", "system.journal",
		"setup.py", "x.pyc", "lib.rs", "x.start.bak", "4913", ".git", "x.path",
	};
	static const char *const candidates[] = {
		".pth", "x.pth", "\xff\n.pth", "x.start", "sitecustomize.py", "sitecustomize",
		"usercustomize.so", "python3._pth", "pyvenv.cfg", ".bashrc", ".env", "kernel.json",
		"os.py", "x.pth.dpkg-new", "x.pth;01234567", "utf_8.py.not", "sitecustomize.cpython-311.pyc.1234",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(common); i++)
		if (hookpath_name_is_candidate(bytes_of(common[i])))
			fail_msg("'%s' should not be looked at", common[i]);
	for (size_t i = 0; i < ELEMENTSOF(candidates); i++)
		if (hookpath_name_is_candidate(bytes_of(candidates[i])) !=
		    (i != ELEMENTSOF(candidates) - 2))
			fail_msg("'%s'", candidates[i]);
}

static void knows_directories(void **state)
{
	static const char *const any[] = {
		"/etc/profile.d", "/etc/default", "/etc/cron.d", "/var/spool/cron/crontabs",
		"/etc/systemd", "/etc/systemd/system", "/etc/systemd/system/a.service.d",
		"/h/.config/systemd/user", "/etc/environment.d", "/usr/lib/python3.11/encodings",
		"/usr/lib/python3.11/encodings/__pycache__", "/h/.ipython/profile_default/startup",
		"/a/sitecustomize", "/a/usercustomize/__pycache__", "/opt/conda/conda-meta",
		"/h/.jupyter/jupyter_server_config.d", "/usr/lib/python3.8/os", "etc/default",
		"/etc/supervisor/conf.d", "/x/diff/etc/default",
	};
	static const char *const not_any[] = {
		"", "/", "/usr/lib/python3/dist-packages", "/tmp", "/home/a", "/usr/lib/python3.11",
		"/usr/bin", "/a/encodings", "/run/systemd/units", "/etc", "/xetc/default",
		"/usr/lib/python3.11/json", "/usr/lib/python3.11/__pycache__",
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(any); i++)
		if (!hookpath_dir_takes_any_name(bytes_of(any[i])))
			fail_msg("'%s' takes any name", any[i]);
	for (size_t i = 0; i < ELEMENTSOF(not_any); i++)
		if (hookpath_dir_takes_any_name(bytes_of(not_any[i])))
			fail_msg("'%s' does not take any name", not_any[i]);
}

static void knows_what_packages_have(void **state)
{
	static const struct {
		const char *path;
		bool has;
	} cases[] = {
		{ "/usr/lib/python3/dist-packages/x.pth", true },
		{ "/usr/lib/python3/dist-packages/x.start", true },
		{ "/usr/lib/python3/dist-packages/sitecustomize.py", true },
		{ "/home/a/.local/lib/python3.11/site-packages/usercustomize/__init__.py", true },
		{ "/usr/lib/python3/dist-packages/x.pth.dpkg-new", false },
		{ "/usr/lib/python3/dist-packages/__pycache__/sitecustomize.cpython-311.pyc", false },
		{ "/usr/lib/python3.11/encodings/utf_8.py", false },
		{ "/etc/profile", false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
		struct hook hook;

		assert_true(hookpath_classify(bytes_of(cases[i].path), &hook));
		if (hook_is_of_package(&hook) != cases[i].has)
			fail_msg("%s", cases[i].path);
	}
}

static void knows_what_links_lead_to_hooks(void **state)
{
	static const struct {
		const char *path;
		bool leads;
	} dirs[] = {
		{ "/v/lib/python3.11/site-packages", true },	{ "/usr/lib/python3/dist-packages", true },
		{ "/v/lib/python3.11", true },			{ "/v/lib", true },
		{ "/v/lib64", true },				{ "/etc/profile.d", true },
		{ "/usr/lib/python3.11/encodings", true },	{ "/v/sitecustomize", true },
		{ "/v/site-packages", false },			{ "/v/data/python3.11", false },
		{ "/v/python", false },				{ "/v/library", false },
		{ "/v", false },				{ "/", false },
		{ "", false },
	};
	static const struct {
		const char *name, *real;
		bool differs;
	} aliases[] = {
		{ "/v/lib/python3.11/site-packages", "/data/sp", true },
		{ "/v/lib/python3.11", "/data/p", true },
		{ "/v/lib", "/data/l", true },
		{ "/etc/profile.d", "/data/pd", true },
		{ "/v/sitecustomize", "/data/s", true },
		{ "/lib", "/usr/lib", false },
		{ "/v/lib64", "/v/lib", false },
		{ "/v/lib/python3.11/site-packages", "/usr/lib/python3/dist-packages", false },
		{ "/data/a", "/data/b", false },
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTSOF(dirs); i++) {
		struct bytes path = bytes_of(dirs[i].path);

		if (hookpath_leads_to_hooks(path) != dirs[i].leads)
			fail_msg("%s", dirs[i].path);
		if (dirs[i].leads && !hookpath_linkname_is_candidate(bytes_basename(path)))
			fail_msg("%s is no candidate", dirs[i].path);
	}
	for (size_t i = 0; i < ELEMENTSOF(aliases); i++)
		if (hookpath_alias_differs(bytes_of(aliases[i].name), bytes_of(aliases[i].real)) != aliases[i].differs)
			fail_msg("%s, %s", aliases[i].name, aliases[i].real);
	/* Every well-known directory may be a link as well. */
	for (const char *const *w = hookpath_well_known; *w; w++) {
		struct bytes path = bytes_of(*w);

		if (bytes_find_byte(path, '*', 0) < 0 && hookpath_leads_to_hooks(path) &&
		    !hookpath_linkname_is_candidate(bytes_basename(path)) &&
		    !hookpath_dir_takes_any_name(bytes_dirname(path)))
			fail_msg("%s is no candidate", *w);
	}
}

static void scan_stays_out_of_kernel_filesystems(void **state)
{
	(void)state;
	assert_false(hookpath_scan_enters(BYTES_LIT("/proc")));
	assert_false(hookpath_scan_enters(BYTES_LIT("/proc/1/root")));
	assert_false(hookpath_scan_enters(BYTES_LIT("/sys")));
	assert_false(hookpath_scan_enters(BYTES_LIT("/dev/pts")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/dev")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/dev/shm")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/dev/shm/x")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/process")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/srv/proc")));
	assert_true(hookpath_scan_enters(BYTES_LIT("/devel")));
}

/* The globs for the start must name what the classifier knows: try each with its
 * wild parts filled in. */
static void well_known_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; hookpath_well_known[i]; i++) {
		_cleanup_str_ struct str s = STR_INIT;
		struct bytes glob = bytes_of(hookpath_well_known[i]);
		struct hook h;

		for (size_t k = 0; k < glob.len; k++) {
			if (glob.ptr[k] == '~')
				assert_int_equal(str_append_text(&s, "/home/a"), 0);
			else if (glob.ptr[k] == '[')
				k += 3, assert_int_equal(str_append_char(&s, '3'), 0);
			else if (glob.ptr[k] != '*')
				assert_int_equal(str_append_char(&s, glob.ptr[k]), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT("systemd/")))
				assert_int_equal(str_append_text(&s, "system"), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT("ipython/")))
				assert_int_equal(str_append_text(&s, "ipython"), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT("jupyter")))
				assert_int_equal(str_append_text(&s, "_server"), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT("_config.")))
				assert_int_equal(str_append_text(&s, "py"), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT(".")))
				assert_int_equal(str_append_text(&s, "11"), 0);
			else if (bytes_has_suffix(str_bytes(&s), BYTES_LIT("/etc/python")))
				assert_int_equal(str_append_text(&s, "3.11"), 0);
			else if (!bytes_has_suffix(str_bytes(&s), BYTES_LIT("lib")))
				assert_int_equal(str_append_text(&s, "x"), 0);
		}
		if (!hookpath_dir_takes_any_name(str_bytes(&s)) && !hookpath_classify(str_bytes(&s), &h))
			fail_msg("'%s' (as '%s') is neither", hookpath_well_known[i], s.buf);
	}
}

static void long_and_odd_paths(void **state)
{
	_cleanup_str_ struct str s = STR_INIT;
	struct hook h;

	(void)state;
	for (int i = 0; i < 8000; i++)
		assert_int_equal(str_append_text(&s, "/systemd"), 0);
	assert_agree(str_bytes(&s));
	assert_int_equal(str_append_text(&s, "/lib/python3.11/site-packages/x.pth"), 0);
	assert_true(hookpath_classify(str_bytes(&s), &h));
	assert_false(hookpath_classify(BYTES_LIT("/usr/lib/python3/dist-packages/x.pth\0"), &h));
	assert_true(hookpath_classify(BYTES_LIT("/usr\0/lib/python3/dist-packages/x\0.pth"), &h));
	assert_false(hookpath_classify(BYTES_NONE, &h));
	assert_false(hookpath_name_is_candidate(BYTES_NONE));
	assert_false(hookpath_dir_takes_any_name(BYTES_NONE));
}

static void names_its_values(void **state)
{
	(void)state;
	assert_string_equal(vector_to_string(VECTOR_PTH_EXEC), "pth-exec");
	assert_string_equal(vector_to_string(VECTOR_INTERPRETER_CONFIG), "interpreter-config");
	assert_string_equal(vector_to_string(VECTOR_PYVENV_CFG), "pyvenv-cfg");
	assert_string_equal(hook_scope_to_string(SCOPE_ELSEWHERE), "elsewhere");
	assert_string_equal(hook_form_to_string(FORM_PACKAGE), "package");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classifies_python_paths),
		cmocka_unit_test(classifies_env_paths),
		cmocka_unit_test(sees_through_temporary_names),
		cmocka_unit_test(name_and_directory_show_every_hook),
		cmocka_unit_test(common_names_are_no_candidates),
		cmocka_unit_test(knows_directories),
		cmocka_unit_test(knows_what_packages_have),
		cmocka_unit_test(knows_what_links_lead_to_hooks),
		cmocka_unit_test(scan_stays_out_of_kernel_filesystems),
		cmocka_unit_test(well_known_is_known),
		cmocka_unit_test(long_and_odd_paths),
		cmocka_unit_test(names_its_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pycode_scope.c - names, of the source and of what is outside.
 *
 * Both tables are open hashes with bounded probes: a name that finds no slot within PYCODE_PROBES_MAX is not
 * remembered, which is said (INDICATOR_NOT_UNDERSTOOD), so that names made to collide cost no more than others.
 */
#include "pycode_private.h"

#include "cleanup.h"

static size_t hash_bytes(size_t h, struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		h = (h ^ (unsigned char)b.ptr[i]) * 0x100000001b3u;	/* FNV-1a */
	return h;
}

#define HASH_START ((size_t)0xcbf29ce484222325u)

/* ---- scopes ----------------------------------------------------------------------------- */

struct pyscope *scope_new(struct evaluation *e, struct pyscope *parent)
{
	struct pyscope *s = pyheap_alloc(&e->heap, sizeof(*s));

	if (!s)
		return parent;	/* full: names go astray, which is said */
	s->parent = parent;
	s->module = parent ? parent->module : s;
	return s;
}

/* The slot of a name, or the free one where it would be; NULL: there is none near. */
static struct variable *scope_slot(struct variable *slots, size_t size, struct bytes name)
{
	size_t at = hash_bytes(HASH_START, name);

	for (size_t i = 0; i < PYCODE_PROBES_MAX && i < size; i++) {
		struct variable *v = &slots[(at + i) & (size - 1)];

		if (!v->name.ptr || bytes_equal(v->name, name))
			return v;
	}
	return NULL;
}

struct variable *scope_find(const struct pyscope *s, struct bytes name)
{
	struct variable *v = scope_slot(s->slots, s->size, name);

	return v && v->name.ptr ? v : NULL;
}

static void scope_grow(struct evaluation *e, struct pyscope *s)
{
	size_t size = s->size ? s->size * 4 : 8;
	struct variable *slots = size <= 2 * PYCODE_VARIABLES_MAX ? pyheap_alloc(&e->heap, size * sizeof(*slots)) : NULL;

	if (!slots)
		return;
	for (size_t i = 0; i < s->size; i++) {
		struct variable *to = s->slots[i].name.ptr ? scope_slot(slots, size, s->slots[i].name) : NULL;

		if (to)
			*to = s->slots[i];
	}
	s->slots = slots;
	s->size = size;
}

void scope_set(struct evaluation *e, struct pyscope *s, struct bytes name, struct pyvalue v, bool either)
{
	struct variable *slot;

	if (2 * s->count >= s->size)
		scope_grow(e, s);
	slot = scope_slot(s->slots, s->size, name);
	if (!slot || (!slot->name.ptr && 2 * s->count >= s->size)) {
		e->heap.full = true;
		return;
	}
	if (slot->name.ptr && slot->global && s != s->module) {
		scope_set(e, s->module, name, v, either);
		return;
	}
	if (slot->name.ptr && either)
		v = pyvalue_either(&e->heap, slot->value, v);
	s->count += !slot->name.ptr;
	slot->name = name;
	slot->value = v;
}

static bool is_known(struct pyvalue v)
{
	return v.kind == PYVALUE_NAME && (v.name->classes || v.name->known);
}

/* `v`, or what "from module import *" has brought in by its name. */
static struct pyvalue of_star(struct evaluation *e, struct bytes name, struct pyvalue v)
{
	for (size_t i = 0; i < e->star_count && !is_known(v); i++) {
		struct pyvalue of_module = outside_name(e, e->stars[i], name);

		if (is_known(of_module))
			return of_module;
	}
	return v;
}

/* A name that is bound nowhere here: a builtin, or something of "from x import *". */
static struct pyvalue unbound(struct frame *f, struct bytes name)
{
	struct evaluation *e = f->e;
	struct bytes directory = e->directory;

	if (bytes_equal(name, BYTES_LIT("__file__")) && e->request->path.ptr)
		return pyvalue_text(e->request->path, 0);
	if (bytes_equal(name, BYTES_LIT("sitedir")) && e->request->is_line && directory.len > 1)
		return pyvalue_text(bytes_slice(directory, 0, directory.len - 1), 0);
	if (bytes_equal(name, BYTES_LIT("fullname")) && e->request->is_line && e->request->path.ptr)
		return pyvalue_text(e->request->path, 0);
	return of_star(e, name, outside_name(e, BYTES_NONE, name));
}

struct pyvalue scope_get(struct frame *f, struct bytes name)
{
	for (const struct pyscope *s = f->scope; s; s = s->parent) {
		struct variable *v;

		if (s->count == 0 || (s->is_class && s != f->scope))
			continue;
		v = scope_find(s, name);
		if (v && !v->global)
			return v->value;
	}
	return unbound(f, name);
}

/* ---- names of what is outside -------------------------------------------------------------- */

static struct pyname **name_slot(struct pyname **slots, size_t size, struct bytes text)
{
	size_t at = hash_bytes(HASH_START, text);

	for (size_t i = 0; i < PYCODE_PROBES_MAX && i < size; i++) {
		struct pyname **slot = &slots[(at + i) & (size - 1)];

		if (!*slot || bytes_equal((*slot)->text, text))
			return slot;
	}
	return NULL;
}

static void names_grow(struct evaluation *e)
{
	struct name_table *t = &e->names;
	size_t size = t->size ? t->size * 4 : 64;
	struct pyname **slots = size <= 2 * PYCODE_NAMES_MAX ? pyheap_alloc(&e->heap, size * sizeof(struct pyname *)) : NULL;

	if (!slots)
		return;
	for (size_t i = 0; i < t->size; i++) {
		struct pyname **to = t->slots[i] ? name_slot(slots, size, t->slots[i]->text) : NULL;

		if (to)
			*to = t->slots[i];
	}
	t->slots = slots;
	t->size = size;
}

/* Texts come here, too, as names to be looked up: no vocabulary knows "" or "..x". */
static bool is_dotted(struct bytes text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '.' && (i == 0 || i + 1 == text.len || text.ptr[i - 1] == '.'))
			return false;
	return text.len > 0;
}

static unsigned sources_of_name(struct bytes text)
{
	static const struct bytes environments[] = { BYTES_LIT("os.environ"), BYTES_LIT("posix.environ"), BYTES_LIT("os.environb") };

	for (size_t i = 0; i < ELEMENTSOF(environments); i++)
		if (bytes_equal(text, environments[i]))
			return PYVALUE_WHOLE_ENVIRONMENT;
	return 0;
}

static struct pyname *new_name(struct evaluation *e, struct bytes text)
{
	struct pyname *n = pyheap_alloc(&e->heap, sizeof(*n));
	struct pyvalue copy = pyvalue_copy(&e->heap, text, 0);

	if (!n || copy.kind != PYVALUE_TEXT)
		return NULL;
	n->text = copy.text;
	n->sources = sources_of_name(n->text);
	n->classes = is_dotted(n->text) ? judgement_name(e->request->judgement, n->text) : 0;
	n->sources |= n->classes & NAME_INPUT ? PYVALUE_INPUT : 0;
	n->known = known_function(n->text);
	return n;
}

static struct pyvalue intern(struct evaluation *e, struct bytes text)
{
	struct name_table *t = &e->names;
	struct pyname **slot;

	if (2 * t->count >= t->size)
		names_grow(e);
	slot = name_slot(t->slots, t->size, text);
	if (!slot || (!*slot && 2 * t->count >= t->size)) {
		e->heap.full = true;
		return PYVALUE_NONE;
	}
	if (!*slot) {
		*slot = new_name(e, text);
		t->count += *slot != NULL;
	}
	return *slot ? (struct pyvalue){ .kind = PYVALUE_NAME, .flags = (uint16_t)(*slot)->sources, .name = *slot } : PYVALUE_NONE;
}

/* Modules that are another name for what has an ordinary one. */
static bool is_builtins(struct bytes base)
{
	return bytes_equal(base, BYTES_LIT("builtins")) || bytes_equal(base, BYTES_LIT("__builtins__")) ||
	       bytes_equal(base, BYTES_LIT("__builtin__"));
}

struct pyvalue outside_name(struct evaluation *e, struct bytes base, struct bytes attribute)
{
	char buffer[PYCODE_NAME_MAX];
	size_t len = base.len + 1 + attribute.len;

	if (base.len == 0 || is_builtins(base))
		return attribute.len <= PYCODE_NAME_MAX ? intern(e, attribute) : PYVALUE_NONE;
	if (len > sizeof(buffer))
		return PYVALUE_NONE;
	memcpy(buffer, base.ptr, base.len);
	buffer[base.len] = '.';
	memcpy(buffer + base.len + 1, attribute.ptr, attribute.len);
	return intern(e, (struct bytes){ buffer, len });
}

/* "__del__", and those of enum, "_missing_". */
bool is_special_name(struct bytes name)
{
	return name.len > 2 && bytes_has_prefix(name, BYTES_LIT("_")) && bytes_has_suffix(name, BYTES_LIT("_"));
}

bool name_is(struct pyvalue v, const char *name)
{
	return v.kind == PYVALUE_NAME && bytes_equal(v.name->text, bytes_of(name));
}

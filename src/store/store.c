#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "geo/geo.h"
#include "log/note.h"
#include "store/audit.h"
#include "store/handle.h"
#include "store/layer.h"
#include "store/logtable.h"
#include "store/member.h"
#include "store/submit.h"

#include "sql_gen.h"

const char *
store_sqlite_version(void)
{
	return "SQLite " SQLITE_VERSION;
}

static enum err_code
handle_create(const char *path, enum store_mode mode, struct store **ret, struct err *e)
{
	struct store *st = mem_calloc(1, sizeof(*st));
	const char *dot = strrchr(path, '.');
	size_t stem = dot && text_eq_nocase(dot, ".gpkg") ? (size_t)(dot - path) : strlen(path);

	if (!st)
		return err_set(e, ERR_NOMEM, "out of memory for the register");
	st->mode = mode;
	arena_init(&st->mem, 16u << 20);
	st->path = arena_strdup(&st->mem, path);
	st->files_dir = arena_printf(&st->mem, "%.*s.files", (int)stem, path);
	st->geo = geo_create();
	if (!st->path || !st->files_dir || !st->geo) {
		store_close(st);
		return err_set(e, ERR_NOMEM, "out of memory for the register");
	}
	*ret = st;
	return ERR_OK;
}

void
store_close(struct store *st)
{
	if (!st)
		return;
	group_close(st);
	submit_cancel(st);
	for (int i = 0; i < DB_KEPT; i++)
		sqlite3_finalize(st->kept[i]);
	kinds_free(st);
	geo_free(st->geo);
	keys_wipe(&st->keys);
	mem_free(st->note);
	buf_done(&st->find.unlocated);
	for (size_t k = 0; k < STORE_MAX_KINDS; k++)
		count_free(st->count[k]);
	sqlite3_close(st->db);
	if (st->has_scratch)
		scratch_close(&st->scratch);
	arena_done(&st->mem);
	mem_free(st);
}

struct scratch *
store_scratch(struct store *st)
{
	if (!st->has_scratch)
		scratch_open(&st->scratch, st->path);
	st->has_scratch = true;
	return &st->scratch;
}

/* "file:PATH?immutable=1": SQLite then makes no files beside the register and takes no locks. */
static void
write_uri(const char *path, struct buf *out)
{
	buf_adds(out, "file:");
	for (const char *p = path; *p; p++) {
		if (*p == '%' || *p == '?' || *p == '#')
			buf_printf(out, "%%%02x", (unsigned)(unsigned char)*p);
		else
			buf_addc(out, *p);
	}
	buf_adds(out, "?immutable=1");
}

/* To read, SQLite makes two small files beside a register. Where that cannot be, a register whose
 * log was carried over into it is read as it lies, if nobody can change it there. */
static enum err_code
open_unwritable(struct store *st, struct err *e)
{
	struct statvfs fs;
	struct stat wal;
	struct buf name;
	bool waiting;
	enum err_code rc = ERR_OK;

	buf_init(&name, 1u << 16);
	buf_printf(&name, "%s-wal", st->path);
	waiting = buf_ok(&name) && stat(buf_text(&name), &wal) == 0 && wal.st_size > 0;
	if (waiting || statvfs(st->path, &fs) != 0 || !(fs.f_flag & ST_RDONLY)) {
		(void)err_set(e, ERR_IO, "%s cannot be read where it lies: %s", st->path,
		              waiting ? "part of it stands in its write-ahead log, and its folder "
		                        "cannot be written"
		                      : "its folder cannot be written");
		(void)err_hint(e, "copy it with its -wal file, if there is one, and its folder of "
		                  "originals to where you may write");
		buf_done(&name);
		return ERR_IO;
	}
	(void)sqlite3_close_v2(st->db);
	st->db = NULL;
	buf_reset(&name);
	write_uri(st->path, &name);
	if (!buf_ok(&name))
		rc = err_set(e, ERR_NOMEM, "out of memory for a register's name");
	else if (sqlite3_open_v2(buf_text(&name), &st->db,
	                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
	                                 SQLITE_OPEN_EXRESCODE,
	                         NULL) != SQLITE_OK)
		rc = err_set(e, ERR_IO, "could not open %s: %s", st->path,
		             st->db ? sqlite3_errmsg(st->db) : "out of memory");
	buf_done(&name);
	return rc ? rc : db_configure(st->db, STORE_READ, e);
}

static enum err_code
open_database(struct store *st, int flags, struct err *e)
{
	enum err_code rc;
	int code;

	if (file_is_dir(st->path))
		return err_set(e, ERR_INVALID, "%s is not a register: it is a folder", st->path);
	if (sqlite3_open_v2(st->path, &st->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
	                    NULL) != SQLITE_OK)
		return err_set(e, ERR_IO, "could not open %s: %s", st->path,
		               st->db ? sqlite3_errmsg(st->db) : "out of memory");
	rc = db_configure(st->db, flags & SQLITE_OPEN_READONLY ? STORE_READ : STORE_WRITE, e);
	code = sqlite3_errcode(st->db) & 0xff;
	if (rc && code == SQLITE_NOTADB)
		return err_set(e, ERR_INVALID, "%s is not a register: it is no GeoPackage",
		               st->path);
	if (rc && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY))
		return flags & SQLITE_OPEN_READONLY
		               ? open_unwritable(st, e)
		               : err_set(e, ERR_DENIED, "%s or its folder cannot be written",
		                         st->path);
	return rc;
}

struct store_meta_kept {
	struct store_meta_kept *next;
	const char *key, *value;
};

/* A copy that lives as long as the handle; the same one for the same text. */
static const char *
meta_keep(struct store *st, const char *key, const char *value)
{
	struct store_meta_kept *m;

	for (m = st->meta; m; m = m->next)
		if (text_eq(m->key, key) && text_eq(m->value, value))
			return m->value;
	m = arena_alloc(&st->mem, sizeof(*m));
	if (!m)
		return NULL;
	m->key = arena_strdup(&st->mem, key);
	m->value = arena_strdup(&st->mem, value);
	m->next = st->meta;
	st->meta = m;
	return m->value;
}

const char *
store_meta(struct store *st, const char *key)
{
	sqlite3_stmt *q = NULL;
	const char *value = "";

	if (db_prepare(st, SQL_STORE_META_GET, &q, NULL))
		return "";
	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW)
		value = meta_keep(st, key, (const char *)sqlite3_column_text(q, 0));
	sqlite3_finalize(q);
	return value ? value : "";
}

static enum err_code
meta_put(struct store *st, const char *key, const char *value, struct err *e)
{
	sqlite3_stmt *q = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_META_PUT, &q, e);

	if (rc)
		return rc;
	(void)sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(q, 2, value, -1, SQLITE_STATIC);
	rc = db_run(st, q, e);
	sqlite3_finalize(q);
	return rc;
}

static enum err_code
put_forms(struct store *st, struct err *e)
{
	const char *const *name = form_builtin_kinds();
	sqlite3_stmt *kind = NULL, *form = NULL;
	enum err_code rc = db_prepare(st, SQL_STORE_KIND_PUT, &kind, e);

	if (!rc)
		rc = db_prepare(st, SQL_STORE_FORM_PUT, &form, e);
	for (int i = 0; !rc && name[i]; i++) {
		const char *survey = NULL, *choices = NULL;

		if (!form_builtin(name[i], &survey, &choices)) {
			rc = err_set(e, ERR_INTERNAL, "the program has no form for %s", name[i]);
			break;
		}
		(void)sqlite3_bind_int(kind, 1, i + 1);
		(void)sqlite3_bind_text(kind, 2, name[i], -1, SQLITE_STATIC);
		rc = db_run(st, kind, e);
		(void)sqlite3_bind_int(form, 1, i + 1);
		(void)sqlite3_bind_int(form, 2, 1);
		(void)sqlite3_bind_text(form, 3, survey, -1, SQLITE_STATIC);
		(void)sqlite3_bind_text(form, 4, choices, -1, SQLITE_STATIC);
		if (!rc)
			rc = db_run(st, form, e);
	}
	sqlite3_finalize(kind);
	sqlite3_finalize(form);
	return rc;
}

static enum err_code
put_description(struct store *st, const char *country, const char *name, struct err *e)
{
	struct note_key k;
	struct buf vkey;
	char created[28], version[12];
	enum err_code rc;

	buf_init(&vkey, 4096);
	clock_format_us(clock_now_us(), created);
	(void)snprintf(version, sizeof(version), "%d", STORE_SCHEMA_VERSION);
	checkpoint_origin(st->keys.log.public_key, st->origin);
	rc = note_key_make(st->origin, NOTE_ED25519, st->keys.log.public_key, &k, e);
	if (!rc)
		note_vkey_write(&vkey, &k);
	if (!rc)
		rc = meta_put(st, "uuid", st->uuid, e);
	if (!rc)
		rc = meta_put(st, "country", country, e);
	if (!rc)
		rc = meta_put(st, "name", name, e);
	if (!rc)
		rc = meta_put(st, "origin", st->origin, e);
	if (!rc)
		rc = meta_put(st, "log_vkey", buf_text(&vkey), e);
	if (!rc)
		rc = meta_put(st, "created", created, e);
	if (!rc)
		rc = meta_put(st, "schema", version, e);
	buf_done(&vkey);
	return rc;
}

static enum err_code
fill_new(struct store *st, const char *country, const char *name, struct err *e)
{
	enum err_code rc = db_exec(st, "BEGIN IMMEDIATE", e);

	if (!rc)
		rc = db_exec(st, SQL_SCHEMA_0001_INIT, e);
	if (!rc)
		rc = db_exec(st, SQL_STORE_METADATA_PUT, e);
	if (!rc)
		rc = put_forms(st, e);
	if (!rc)
		rc = put_description(st, country, name, e);
	if (!rc)
		rc = kinds_load(st, e);
	for (int i = 0; !rc && i < (int)st->kind_count; i++)
		rc = layer_ensure(st, i, e);
	return rc ? rc : db_exec(st, "COMMIT", e);
}

/* ISO 3166-1 alpha-3 (Debian's iso-codes 4.15), the user-assigned XKX of Kosovo, and XXA .. XXZ for
 * fictional countries. */
static bool
is_country(const char *code)
{
	static const char all[] = "ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT "
				  "AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL "
				  "BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG "
				  "COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM "
				  "DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR "
				  "GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY "
				  "HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA "
				  "JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY "
				  "LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL "
				  "MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM "
				  "NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER "
				  "PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU "
				  "SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR "
				  "SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON "
				  "TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB "
				  "VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE "
				  "XKX ";

	if (strlen(code) != 3 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return false;
	if (code[0] == 'X' && code[1] == 'X')
		return true;
	for (const char *p = all; *p; p += 4)
		if (strncmp(p, code, 3) == 0)
			return true;
	return false;
}

static enum err_code
check_init(const char *path, const char *country, const char *name, struct err *e)
{
	if (file_exists(path)) {
		(void)err_set(e, ERR_CONFLICT, "%s exists already; nothing was changed", path);
		return err_hint(e, "choose another name for the new register");
	}
	if (!is_country(country))
		return err_set(
			e, ERR_INVALID,
			"--country is \"%.20s\"; it must be a country's three capital letters "
			"(ISO 3166-1), such as UKR",
			country);
	if (!text_is_utf8(name, strlen(name)) || text_utf8_length(name, strlen(name)) < 1 ||
	    text_utf8_length(name, strlen(name)) > 200)
		return err_set(e, ERR_INVALID, "the name must have 1 to 200 characters");
	return ERR_OK;
}

enum err_code
store_init(const char *path, const char *country, const char *name, struct err *e)
{
	struct store *st = NULL;
	struct uuid id;
	enum err_code rc = check_init(path, country, name, e);

	if (!rc)
		rc = handle_create(path, STORE_WRITE, &st, e);
	if (!rc)
		rc = sign_init(e);
	if (!rc)
		rc = submit_new_id(&id, e);
	if (!rc)
		uuid_format(id, st->uuid);
	if (!rc)
		rc = keys_author(&st->keys, e);
	if (!rc)
		rc = keys_create(&st->keys, st->uuid, e);
	if (!rc)
		rc = open_database(st, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, e);
	if (!rc)
		rc = db_exec(st, "PRAGMA application_id=0x47504B47; PRAGMA user_version=10300", e);
	if (!rc)
		rc = fill_new(st, country, name, e);
	if (!rc)
		rc = file_mkdirs(st->files_dir, 0700, e);
	if (rc && st && st->db) {
		sqlite3_close(st->db);
		st->db = NULL;
		(void)unlink(path); /* half a register is none */
	}
	store_close(st);
	return rc;
}

/* Is it a register, and one that this program knows? */
static enum err_code
check_identity(struct store *st, struct err *e)
{
	int64_t app = 0;
	const char *schema, *uuid, *origin;
	int64_t version = 0;

	if (db_int(st, "PRAGMA application_id", 0, &app, e) || app != 0x47504B47)
		return err_set(e, ERR_INVALID, "%s is not a register: it is no GeoPackage",
		               st->path);
	schema = store_meta(st, "schema");
	uuid = store_meta(st, "uuid");
	origin = store_meta(st, "origin");
	if (!*schema || strlen(uuid) != 36 || !*origin || strlen(origin) >= sizeof(st->origin))
		return err_set(e, ERR_INVALID,
		               "%s is a GeoPackage, but no register of this program", st->path);
	if (!text_parse_i64(schema, strlen(schema), &version) || version > STORE_SCHEMA_VERSION)
		return err_set(e, ERR_UNSUPPORTED,
		               "%s has schema %s; this program knows schemas up to %d", st->path,
		               schema, STORE_SCHEMA_VERSION);
	if (version < STORE_SCHEMA_VERSION) {
		(void)err_set(e, ERR_UNSUPPORTED, "%s has schema %s; this program writes schema %d",
		              st->path, schema, STORE_SCHEMA_VERSION);
		return err_hint(e, "run: fallow upgrade %s", st->path);
	}
	memcpy(st->uuid, uuid, 37);
	memcpy(st->origin, origin, strlen(origin) + 1);
	return ERR_OK;
}

static enum err_code
load_keys(struct store *st, struct err *e)
{
	struct err why = { 0 };
	enum err_code rc = keys_load(&st->keys, st->uuid, &why);
	char origin[NOTE_ORIGIN_SIZE];

	if (rc == ERR_NOTFOUND && st->mode == STORE_READ) {
		(void)snprintf(st->warning, sizeof(st->warning),
		               "the keys of this register are not on this machine: sealed values "
		               "stay sealed, and whether "
		               "it is the newest copy cannot be told");
		return ERR_OK;
	}
	if (rc) {
		*e = why;
		if (rc == ERR_NOTFOUND)
			(void)err_hint(e, "writing needs the register's keys; put their folder "
			                  "where FALLOW_HOME points");
		return rc;
	}
	checkpoint_origin(st->keys.log.public_key, origin);
	if (!text_eq(origin, st->origin))
		return err_set(e, ERR_VERIFY, "the log key on this machine is not the one of %s",
		               st->path);
	st->has_log_key = st->has_register_key = true;
	return ERR_OK;
}

/* A register that was renamed or copied without its folder of originals. */
static enum err_code
look_for_originals(struct store *st, struct err *e)
{
	size_t n = strlen(st->warning);
	sqlite3_stmt *q = NULL;
	enum err_code rc = ERR_OK;

	if (file_is_dir(st->files_dir))
		return ERR_OK;
	rc = db_prepare(st, SQL_STORE_ORIGINALS, &q, e);
	if (!rc && sqlite3_step(q) == SQLITE_ROW)
		(void)snprintf(
			st->warning + n, sizeof(st->warning) - n,
			"%sthe folder of its originals, %.150s, is not there; it goes with the "
			"file when that is renamed or copied",
			n ? "; " : "", st->files_dir);
	sqlite3_finalize(q);
	return rc;
}

enum err_code
store_open(const char *path, enum store_mode mode, struct store **ret, struct err *e)
{
	struct store *st = NULL;
	bool keys = mode != STORE_READ_NO_KEYS;
	enum err_code rc = ERR_OK;

	if (!keys)
		mode = STORE_READ;
	if (!file_exists(path)) {
		(void)err_set(e, ERR_NOTFOUND, "%s does not exist", path);
		return err_hint(
			e, "make a register with: fallow init %s --country ISO3 --name TEXT", path);
	}
	rc = sign_init(e);
	if (!rc)
		rc = handle_create(path, mode, &st, e);
	if (!rc)
		rc = open_database(
			st, mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE, e);
	if (!rc)
		rc = check_identity(st, e);
	if (!rc && keys)
		rc = load_keys(st, e);
	if (!rc && mode == STORE_WRITE)
		rc = keys_author(&st->keys, e);
	if (!rc && st->has_log_key)
		rc = log_check_local(st, e);
	if (!rc)
		rc = kinds_load(st, e);
	if (!rc)
		rc = look_for_originals(st, e);
	/* a submission that was committed but not signed when the power went: finish it by the same
	 * code */
	if (!rc && mode == STORE_WRITE)
		rc = audit_and_sign(st, NULL, e);
	if (rc) {
		store_close(st);
		return rc;
	}
	*ret = st;
	return ERR_OK;
}

const char *
store_files_dir(const struct store *st)
{
	return st->files_dir;
}

const char *
store_warning(const struct store *st)
{
	return st->warning;
}

int64_t
store_log_size(struct store *st)
{
	int64_t n = 0;

	return db_int(st, SQL_STORE_LOG_SIZE, 0, &n, NULL) ? 0 : n;
}

int64_t
store_last_received_us(struct store *st)
{
	sqlite3_stmt *q = NULL;
	int64_t t = 0;

	if (db_keep(st, KEPT_RECEIVED, SQL_STORE_LAST_RECEIVED, &q, NULL))
		return 0;
	if (sqlite3_step(q) == SQLITE_ROW)
		t = sqlite3_column_int64(q, 0);
	(void)sqlite3_reset(q);
	return t;
}

struct store_checkpoint
store_checkpoint_newest(struct store *st)
{
	struct store_checkpoint r = { .note = "" };
	struct checkpoint cp;
	struct buf b;

	buf_init(&b, NOTE_MAX_BYTES);
	if (!log_newest(st, &b, &r.size, NULL) && r.size > 0) {
		const char *end = strstr(buf_text(&b), "\n\n");

		if (end && !checkpoint_parse(b.data, (size_t)(end - b.data) + 1, &cp, NULL)) {
			memcpy(r.root, cp.root, 32);
			mem_free(st->note);
			st->note = mem_strdup(buf_text(&b));
			r.note = st->note ? st->note : "";
		}
	}
	buf_done(&b);
	return r;
}

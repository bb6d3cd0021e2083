/*
 * The part of JSON Schema (draft 2020-12) that payloads are checked by: type,
 * properties, required, additionalProperties (true, false or a schema), items,
 * enum, const, minimum, maximum, minLength, maxLength (in characters), minItems,
 * maxItems.  title, description, examples, default, format, $schema and $id say
 * nothing; any other keyword is refused when a schema is saved, so that nobody
 * believes it is checked.
 */
#ifndef OUTBOX_SCHEMA_H
#define OUTBOX_SCHEMA_H

#include "base/err.h"
#include "base/span.h"

#define SCHEMA_DEPTH	16

/* HK_SYNTAX: err_last() is "schema: AT: what is wrong". */
enum hk_err	 schema_good(struct span schema) HK_MUST_USE;
/* HK_SYNTAX: "payload: AT: what is wrong"; or as schema_good(). */
enum hk_err	 schema_check(struct span schema, struct span payload) HK_MUST_USE;

#endif

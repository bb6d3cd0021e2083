/*
 * Plans that are told in words: of one, what `plan set` takes; of many, a file of
 * such lines, or the JSON that `plan list --json` prints.
 */
#ifndef CLI_PLANS_FILE_H
#define CLI_PLANS_FILE_H

#include "books/books.h"
#include "cli/cli.h"

#define PLAN_REF_RULE	"must be price_..., plink_..., cplan_... or a currency such as usd"

/* What follows "plan set"; spans live in the arena or argv.  HK_USAGE. */
enum hk_err	 plan_of_words(struct arena *, int argc, char **argv, struct plan *) HK_MUST_USE;
/*
 * All of a file, in the arena:
 *
 *	# what a purchase is worth
 *	price_1 --credits 100 --name "Gold for a year"
 *	usd --credits 5 --per 100
 *
 * HK_USAGE: err_last() names the line.  HK_IO: it cannot be read.
 */
enum hk_err	 plans_file(struct arena *, const char *path, struct plan **, size_t *n)
		    HK_MUST_USE;

#endif

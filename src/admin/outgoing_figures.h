/*
 * Deliveries by endpoint over a range of time: a part of the dashboard.
 */
#ifndef ADMIN_OUTGOING_FIGURES_H
#define ADMIN_OUTGOING_FIGURES_H

#include "admin/admin.h"

/*
 * "outgoing": null when there is no endpoint; else {"width", "any", "left_out",
 * "rows": [{"endpoint","state","look","good","failed","waiting","more","bar":
 * [{"kind","x","w"}]}]}: those with the most tries first, and those that are in
 * trouble.  Tries are counted by the hour; waiting is what is not delivered now.
 */
enum hk_err	 outgoing_figures_put(struct visit *, int64_t from, int64_t to) HK_MUST_USE;

#endif

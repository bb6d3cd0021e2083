/* Parts that several statements of the books have in common. */
#ifndef STORE_BOOKS_PART_H
#define STORE_BOOKS_PART_H

/* An item's life, as that of subscriptions; of two words of the same time the later stays. */
#define ITEM_RANK(t)	\
    "CASE " t ".status WHEN 'incomplete' THEN 1 WHEN 'upcoming' THEN 2 WHEN 'trialing' THEN 3"	\
    " WHEN 'active' THEN 4 WHEN 'past_due' THEN 5 WHEN 'unpaid' THEN 6 WHEN 'paused' THEN 7"	\
    " WHEN 'canceled' THEN 8 WHEN 'incomplete_expired' THEN 9 WHEN 'ended' THEN 10"		\
    " WHEN 'abandoned' THEN 11 ELSE 0 END"

/* The final states of a Clerk session, in order; 0: it goes on. */
#define SESSION_RANK(t)	\
    "CASE " t ".status WHEN 'ended' THEN 1 WHEN 'removed' THEN 2 WHEN 'revoked' THEN 3"	\
    " WHEN 'expired' THEN 4 WHEN 'abandoned' THEN 5 WHEN 'replaced' THEN 6 ELSE 0 END"

/* Credits that payment p granted: purchases by its names, and what it added to periods. */
#define PAYMENT_SHARES	\
    "((SELECT COALESCE(SUM(t.amount), 0) FROM transfer t WHERE t.kind = 'purchase'"		\
    "  AND t.business_key IN (SELECT 'stripe:' || p.ref UNION ALL"				\
    "  SELECT 'stripe:' || a.ref FROM payment_alias a WHERE a.payment = p.id))"			\
    " + (SELECT COALESCE(SUM(MAX(0, m.credits - COALESCE((SELECT MAX(o.credits)"		\
    "  FROM period_share o WHERE o.provider = m.provider AND o.item = m.item"		\
    "  AND o.period_start = m.period_start AND (o.paid_us, o.credits, o.payment) <"	\
    "  (m.paid_us, m.credits, m.payment)), 0))), 0)"					\
    "  FROM period_share m WHERE m.payment = p.id))"

/*
 * How much of payment p's amount went back: refunds by the newest word of each
 * charge, without those that failed since, and what disputes hold.
 */
#define PAYMENT_BACK	\
    "((SELECT COALESCE(SUM(MAX(0, r.refunded - COALESCE((SELECT SUM(f.amount)"		\
    "  FROM refund_failed f WHERE f.charge = r.charge AND f.version_us >= r.version_us), 0))), 0)"	\
    "  FROM refund r WHERE r.payment = p.id)"						\
    " + (SELECT COALESCE(SUM(d.amount), 0) FROM dispute d WHERE d.payment = p.id AND d.holds = 1))"

#endif

/* Pieces of the statements in replay.def. */
#ifndef STORE_REPLAY_PART_H
#define STORE_REPLAY_PART_H

/* Not worked on yet, or just then: what it will do is not in today's books. */
#define REPLAY_QUEUED							\
    "(e.status = 'processing' OR (e.status = 'pending' AND e.waits_for IS NULL))"
/* A person has settled it. */
#define REPLAY_RESOLVED		"(e.outcome IS 'resolved')"
#define REPLAY_WANTED							\
    "((:provider IS NULL OR e.provider = :provider)"			\
    " AND (:type IS NULL OR e.event_type = :type)"			\
    " AND (:prefix IS NULL OR substr(e.event_type, 1, length(:prefix)) IS :prefix)" \
    " AND (:since IS NULL OR e.created_at >= :since)"			\
    " AND (:until IS NULL OR e.created_at < :until)"			\
    " AND (:status IS NULL OR e.status = :status))"

#define REPLAY_PICKS							\
    "(" REPLAY_WANTED " AND NOT " REPLAY_RESOLVED			\
    " AND (:status IS NOT NULL OR NOT " REPLAY_QUEUED "))"

/* Whose: own ids differ, Clerk's do not. */
#define WHO(kind, owner)						\
    "CASE WHEN " kind " = 'user' THEN COALESCE((SELECT n.clerk_id FROM site_user n"	\
    " WHERE n.id = " owner "), " owner ") ELSE " owner " END"
#define WHO_KIND(kind, owner)						\
    "CASE " kind " WHEN 'system' THEN 'system ' || " owner " ELSE " WHO(kind, owner) " END"
#define PERIOD(t)							\
    t ".provider || ':' || " t ".item || ':' || (" t ".period_start / 1000000)"

#endif

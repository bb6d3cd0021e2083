/* Mail addresses: RFC 5321's Dot-string and Domain, nothing more. */
#include "base/mailbox.h"

#include <ctype.h>

#define LOCAL_MOST	64
#define LABEL_MOST	63

static bool
local_good(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char	c = (unsigned char)s.p[i];

		if (!isalnum(c) && memchr(".!#$%&'*+-/=?^_`{|}~", c, 20) == NULL)
			return false;
		if (c == '.' && (i == 0 || i + 1 == s.len || s.p[i - 1] == '.'))
			return false;
	}
	/* sendmail would take it for an option. */
	return s.len > 0 && s.len <= LOCAL_MOST && s.p[0] != '-';
}

static bool
label_good(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			return false;
	return s.len > 0 && s.len <= LABEL_MOST && s.p[0] != '-' && s.p[s.len - 1] != '-';
}

bool
mailbox_good(struct span s)
{
	const char	*at = s.len > 0 ? memrchr(s.p, '@', s.len) : NULL;
	struct span	 domain;

	if (at == NULL || s.len > MAILBOX_MOST || !local_good(span_of(s.p, (size_t)(at - s.p))))
		return false;
	domain = span_of(at + 1, (size_t)(s.p + s.len - at - 1));
	while (domain.p != NULL)
		if (!label_good(span_cut(&domain, '.')))
			return false;
	return true;
}

bool
mailbox_split(struct span s, struct span *name, struct span *address)
{
	const char	*open;

	s = span_trim(s);
	*name = SPAN("");
	*address = s;
	if (s.len > 0 && s.p[s.len - 1] == '>') {
		if ((open = memrchr(s.p, '<', s.len)) == NULL)
			return false;
		*address = span_of(open + 1, (size_t)(s.p + s.len - open - 2));
		*name = span_trim(span_of(s.p, (size_t)(open - s.p)));
		if (name->len >= 2 && name->p[0] == '"' && name->p[name->len - 1] == '"')
			*name = span_of(name->p + 1, name->len - 2);
	}
	for (size_t i = 0; i < name->len; i++)
		if (iscntrl((unsigned char)name->p[i]) || memchr("\"\\<>", name->p[i], 4) != NULL)
			return false;
	return mailbox_good(*address);
}

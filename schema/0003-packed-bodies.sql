-- Large bodies are kept packed: a long invoice needs a tenth of the disk.
-- Those of 8 KB and less stay as they came, so that SQL and the sqlite3 shell
-- read them; of a packed one `hookkeeper events show --raw` prints the body.

-- NULL: body is as it came.  Else so many bytes, and body is a blob that only
-- hookkeeper reads (src/base/pack.h).
ALTER TABLE event_body ADD COLUMN packed INTEGER CHECK (packed > 0);

// The kill -9 of tests/e2e/crash.test.mjs, for longer.  HK_EVENTS (50000).
process.env.HK_EVENTS ??= '50000';
await import('../e2e/crash.test.mjs');

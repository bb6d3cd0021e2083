// The random histories of tests/e2e/histories.test.mjs, a thousand of them, while
// worker and receivers are killed hard now and then.  HK_HISTORIES (1000).
process.env.HK_HISTORIES ??= '1000';
process.env.HK_KILLS ??= '1';
await import('../e2e/histories.test.mjs');

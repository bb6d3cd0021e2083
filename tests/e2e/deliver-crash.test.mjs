// The short form of tests/soak/deliver.test.mjs.
import { test } from 'node:test';
import { slow } from './lib/home.mjs';
import { killed } from './lib/kills.mjs';

test('kill -9 of the worker 5 times during 2,000 deliveries', { timeout: 600000 * slow }, (t) =>
  killed(t, { deliveries: 2000, kills: 5 }));

// The worker is killed 30 times while it sends 50,000 deliveries.
import { test } from 'node:test';
import { slow } from '../e2e/lib/home.mjs';
import { killed } from '../e2e/lib/kills.mjs';

test('kill -9 of the worker 30 times during 50,000 deliveries', { timeout: 600000 * slow }, (t) =>
  killed(t, { deliveries: Number(process.env.HK_EVENTS ?? 50000), kills: 30 }));

// SPDX-License-Identifier: Apache-2.0
// config-template.test - the file that init writes says what it claims

import { expect, test } from '@jest/globals';
import { BROKER_DEFAULTS } from '@mdp/broker';
import { parseConfig } from '../src/config-file.js';
import { configTemplate } from '../src/config-template.js';
import { OPTIONS, PROCESS_DEFAULTS } from '../src/options-table.js';
import { resolveSettings } from '../src/settings.js';

const TEMPLATE = configTemplate();

test('as it is, it says nothing', async () => {
  expect((await parseConfig(TEMPLATE, 'broker.yaml')).size).toBe(0);
});

test('with everything uncommented every option stands there once, with its default', async () => {
  const text = TEMPLATE.replaceAll(/^( *)#([A-Za-z]+:)/gm, '$1$2');
  const source = await parseConfig(text, 'broker.yaml');
  expect([...source.keys()]).toEqual(OPTIONS.map(({ key }) => key));
  const { broker, drainMs, logLevel, logFormat, threads } = resolveSettings(source);
  const { curve, allow, services, endpoints, ...rest } = broker;
  expect(rest).toEqual(
    Object.fromEntries(Object.entries(BROKER_DEFAULTS).filter(([key]) => OPTIONS.some(({ api }) => api === key))),
  );
  expect({ drainMs, logLevel, logFormat }).toEqual({ drainMs: 10_000, logLevel: 'info', logFormat: 'text' });
  expect(threads).toBeUndefined();
  expect(PROCESS_DEFAULTS.threads).toBe(1);
  expect([curve, allow, services, endpoints].includes(undefined)).toBe(false);
});

test('no line is longer than a terminal', () => {
  expect(Math.max(...TEMPLATE.split('\n').map(({ length }) => length))).toBeLessThan(120);
});

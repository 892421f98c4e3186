// SPDX-License-Identifier: Apache-2.0
// endpoint-values.test - what stands behind an endpoint on a command line

import { describe, expect, test } from '@jest/globals';
import { generateKeyPair } from '@mdp/protocol/node';
import { endpointFromText } from '../src/endpoint-values.js';

const read = (text: string): unknown => endpointFromText('--bind-url', text);

test('an endpoint says what differs from the others', () => {
  expect(read('tcp://*:1,role=worker,curve=no')).toEqual({ endpoint: 'tcp://*:1', role: 'worker', curve: false });
  expect(read('tcp://*:1,allow=a.keys,service=resize,allow=keys/,service=report.*,curve=yes')).toEqual({
    endpoint: 'tcp://*:1',
    curve: true,
    allow: ['a.keys', 'keys/'],
    services: ['resize', 'report.*'],
  });
  expect(read('ipc:///run/a,b,service=*')).toEqual({ endpoint: 'ipc:///run/a,b', services: ['*'] });
});

describe('what is wrong is named', () => {
  test.each([
    ['tcp://*:1,rolle=worker', '--bind-url: got "tcp://*:1,rolle=worker", allowed is ENDPOINT, then as needed ,role='],
    ['tcp://*:1,services=a', '; did you mean service?'],
    ['tcp://*:1,curve=maybe', '--bind-url (curve): got "maybe", allowed is true or false'],
    ['tcp://*:1,allow=', '--bind-url (allow): got "", allowed is the path of a file'],
    ['tcp://*:1,service=', '--bind-url (service): got "", allowed is the name of a service, with * at the end'],
    ['tcp://*:1,service=a*b', '--bind-url (service): got "a*b", allowed is the name of a service, with * at the end'],
    ['tcp://*:1,service=**', '--bind-url (service): got "**", allowed is the name of a service, with * at the end'],
    ['tcp://*:1,service=a\u0007', '--bind-url (service): got "a\\u0007", allowed is the name of a service: printable'],
  ])('%j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  test('a key in place of a file, and it is not shown', () => {
    expect(() => read(`tcp://*:1,allow=${generateKeyPair().secretKey}`)).toThrow(
      '--bind-url (allow): got 40 bytes, allowed is the path of a file, and no key itself',
    );
  });
});

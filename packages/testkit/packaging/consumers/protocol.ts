// SPDX-License-Identifier: Apache-2.0
// protocol - what a stranger does with @mdp/protocol, without any Node.js

import { TokenMint, decodeAtBroker, decodeAtClient, encodeRequest, encodeServiceName, toFrames } from '@mdp/protocol';
import { backoffMs } from '@mdp/protocol/internal';

function check(what: string, holds: boolean): void {
  if (!holds) throw new Error(`${what} does not hold`);
}

function main(): void {
  const frames = encodeRequest(
    'rfc18',
    encodeServiceName('echo'),
    toFrames([new Uint8Array([0, 255]), 'text'], 'body'),
  );
  const message = decodeAtBroker(frames);
  if (message.type !== 'request') throw new Error(`decoded as ${message.type}`);
  check('the service comes through', message.service === 'echo');
  check('the body comes through', message.body.map((frame) => frame.join()).join(' ') === '0,255 116,101,120,116');
  check('bytes that are no message are told', decodeAtClient('rfc18', [new Uint8Array(0)]).type === 'invalid');
  check('a token has 16 bytes', new TokenMint(new Uint8Array(8)).next().length === 16);
  check('the entry for siblings is there', backoffMs(1, { baseMs: 10, maxMs: 100 }, () => 1) === 10);
}

main();

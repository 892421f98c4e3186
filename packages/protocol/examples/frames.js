// SPDX-License-Identifier: Apache-2.0
// frames - one request from client to broker to worker and back, as frames, without a socket

// #region round-trip
import {
  TokenMint,
  bytes,
  decodeAtBroker,
  decodeAtClient,
  decodeAtWorker,
  encodeClientReply,
  encodeRequest,
  encodeServiceName,
  encodeWorkerReply,
  encodeWorkerRequest,
  text,
} from '@mdp/protocol';

const echo = encodeServiceName('echo');
const mint = new TokenMint(crypto.getRandomValues(new Uint8Array(8)));

// A client of Majortomo asks. Its ROUTER puts a routing id in front of what the broker receives.
const received = [bytes('route-1'), ...encodeRequest('majortomo', echo, [bytes('hello')])];

// The broker reads it from frame 1 on. Whatever a peer sends, decoders return a message or a reason, and never throw.
const request = decodeAtBroker(received, 1);
if (request.type !== 'request') throw new Error(`not a request: ${request.type}`);
console.log(request.dialect, request.service, request.body.map(text)); // majortomo echo [ 'hello' ]

// A worker of RFC 18 gets it, and answers. The token is all that it knows of the client.
const work = decodeAtWorker('rfc18', encodeWorkerRequest('rfc18', [], mint.next(), request.body));
if (work.type !== 'request') throw new Error(`not a request: ${work.type}`);
const final = decodeAtBroker(encodeWorkerReply('rfc18', 'final', work.token, work.body));
if (final.type !== 'final') throw new Error(`not a FINAL: ${final.type}`);

// The broker sends the body back by the way that the request came, in the client's own dialect.
const route = [bytes('route-1'), ...request.address];
const reply = decodeAtClient('majortomo', encodeClientReply('majortomo', route, 'final', echo, final.body).slice(1));
if (reply.type === 'invalid') throw new Error(`not a reply: ${reply.reason}`);
console.log(reply.type, reply.body.map(text)); // final [ 'hello' ]
// #endregion

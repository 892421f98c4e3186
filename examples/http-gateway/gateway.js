// SPDX-License-Identifier: Apache-2.0
// gateway - services for whoever speaks HTTP: POST /services/NAME, the body is the request, the answer is the reply
//
// Each part of a reply leaves as a chunk when it comes, the frames of a part joined. `Prefer: wait=5` bounds the whole answer to
// 5 seconds. Only services that are named can be asked, so nobody outside gets at mmi.* or at what is meant for the inside.

import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { answerFor, untilGone } from './answers.js';

/**
 * @param {import('@mdp/client').ClientLike} client
 * @param {{ services: string[], maxBytes?: number, maxWaitMs?: number }} options
 */
export function createGateway(client, { services, maxBytes = 1024 * 1024, maxWaitMs = 30_000 }) {
  return createServer((request, response) => {
    serve(request, response).catch((error) => {
      if (response.headersSent) {
        response.destroy(); // the answer ends before its last chunk: the only way to say that it is not whole
      } else {
        const { status, message } = answerFor(error);
        refuse(response, status, message);
      }
    });
  });

  async function serve(request, response) {
    const service = serviceOf(request.url);
    const length = Number(request.headers['content-length'] ?? NaN);
    if (!services.includes(service)) return refuse(response, 404, 'there is no such service');
    if (request.method !== 'POST') return refuse(response, 405, 'services are asked by POST', { allow: 'POST' });
    if (Number.isNaN(length)) return refuse(response, 411, 'the request must tell its length');
    if (length > maxBytes) return refuse(response, 413, `a request has at most ${maxBytes} bytes`);

    // #region request
    const signal = untilGone(response);
    const reply = client.request(service, await buffer(request), { timeoutMs: waitOf(request, maxWaitMs), signal });
    const first = await reply.receivePart(); // what fails before the first part still has a status of its own

    response.writeHead(200, { 'content-type': 'application/octet-stream' });
    await pipeline(async function* () {
      for (let part = first; part !== null; part = await reply.receivePart()) yield Buffer.concat(part);
    }, response); // reads on when the HTTP client does: a slow one slows the worker down
    // #endregion
  }
}

function refuse(response, status, message, headers = {}) {
  const retry = status === 503 ? { 'retry-after': '1' } : {};
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...retry, ...headers });
  response.end(`${JSON.stringify({ message })}\n`);
}

/** The service that a path names, or nothing. */
function serviceOf(url) {
  const [, name = ''] = /^\/services\/([^/?]+)(?:\?|$)/.exec(url) ?? [];
  try {
    return decodeURIComponent(name);
  } catch {
    return ''; // a broken escape is no name
  }
}

/** `Prefer: wait=SECONDS` of RFC 7240, in milliseconds, from 1 to `maxWaitMs`. */
function waitOf({ headers }, maxWaitMs) {
  const [, seconds] = /(?:^|[,;\s])wait=(\d{1,6})\b/.exec(headers.prefer ?? '') ?? [];
  return seconds === undefined ? maxWaitMs : Math.max(1, Math.min(Number(seconds) * 1000, maxWaitMs));
}

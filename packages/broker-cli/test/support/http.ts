// SPDX-License-Identifier: Apache-2.0
// http - one request by HTTP, with any headers, on a connection of its own unless it is told another

import type { Agent, IncomingHttpHeaders } from 'node:http';
import { request } from 'node:http';

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What to ask with. */
export interface HttpQuestion {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Who has the connections; left out, it is closed with the answer. */
  readonly agent?: Agent;
}

/** Ask. */
export function ask(
  url: string,
  { method = 'GET', headers = {}, body, agent }: HttpQuestion = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const { statusCode: status = 0, headers: got } = response;
        resolve({ status, headers: got, body: Buffer.concat(chunks).toString('utf8') });
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

// SPDX-License-Identifier: Apache-2.0
// answers - what HTTP has in common with requests: a status for each error, and an end when the caller has gone

/**
 * What an HTTP client is told about an error of `@mdp/client`. Messages of handlers that broke stay inside; what a handler
 * says with a status of 400 to 499 is meant for the caller.
 *
 * @param {{ code?: unknown, status?: number, attempts?: number, message: string }} error
 * @returns {{ status: number, message: string }}
 */
export function answerFor({ code, status, attempts, message }) {
  switch (code) {
    case 'MDP_REMOTE':
      if (status === 404) return { status: 503, message: 'no worker serves this now' };
      if (status === 429) return { status: 503, message: 'too much to do, come back later' };
      if (status >= 400 && status < 500) return { status, message };
      if (status === 503 || status === 504) return { status, message: 'not served in time' };
      return { status: status === 500 ? 500 : 502, message: 'the service failed' };
    case 'MDP_TIMEOUT':
      return { status: 504, message: 'not served in time' };
    case 'MDP_OVERLOADED':
    case 'MDP_CLOSED':
      return { status: 503, message: 'too much to do, come back later' };
    case 'MDP_DISCONNECTED':
    case 'MDP_REFUSED':
      // 503 says that it may be asked again: nothing was done. 502 leaves open whether anything was.
      return attempts === 0
        ? { status: 503, message: 'no broker can be reached' }
        : { status: 502, message: 'the connection to the broker broke' };
    default:
      return { status: 500, message: 'internal error' };
  }
}

/**
 * A signal that is aborted when the HTTP client goes away before it has its whole answer.
 *
 * @param {import('node:http').ServerResponse} response
 */
export function untilGone(response) {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the HTTP client went away'));
  });
  return controller.signal;
}

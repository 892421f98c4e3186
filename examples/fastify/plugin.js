// SPDX-License-Identifier: Apache-2.0
// plugin - a client for the routes of a Fastify application: app.mdp

import { Client } from '@mdp/client';
import { answerFor } from '../http-gateway/answers.js';

// #region plugin
/**
 * Adds `app.mdp`, a client that is closed with the application, and answers what its requests fail with.
 *
 * @param {import('fastify').FastifyInstance} app
 * @param {import('@mdp/client').ClientOptions & { endpoints: string | string[] }} options
 */
export async function mdp(app, { endpoints, ...options }) {
  const client = new Client(endpoints, options);
  app.decorate('mdp', client);
  app.addHook('onClose', () => client.close({ drainMs: 10_000 }));
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof Error && 'code' in error && String(error.code).startsWith('MDP_'))) throw error;
    const { status, message } = answerFor(error);
    if (status >= 500) request.log.error(error);
    return reply.code(status).send({ message });
  });
}

// What it adds is for the whole application, not only for routes that are registered inside of it.
mdp[Symbol.for('skip-override')] = true;
// #endregion

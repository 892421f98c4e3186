// SPDX-License-Identifier: Apache-2.0
// mx-silence.test - an MX connection on which nothing comes: whether the broker is still there is asked, and what follows

import { describe, expect, test } from '@jest/globals';
import { agreed } from './agreed.js';
import type { Call } from './harness.js';
import { Harness } from './harness.js';

describe('silence on the MX connection', () => {
  const impatient = { timeoutMs: 1_000 };

  test('makes a client ask again when a request ends unanswered; an answer, or any reply, ends the doubt', () => {
    const h = agreed();
    for (const speaks of [
      () => {
        h.state.checked(h.now, h.mx().link, 500);
      },
      () => {
        h.final(h.submit(), 'x');
      },
    ]) {
      const { asked } = h.mx();
      const call = h.submit('s', impatient);
      h.pass(1_000);
      expect(call.sink.error).toMatchObject({ code: 'MDP_TIMEOUT' });
      expect(h.mx().asked).toBe(asked + 1);
      speaks();
      h.pass(5_000);
      expect(h.submit().exchange.link).toBe(h.mx().link);
    }
  });

  /** Requests under way on a connection that was asked again. */
  function doubted(): { h: Harness; lost: Call; repeated: Call } {
    const h = agreed();
    const [lost, repeated] = [h.submit(), h.submit('s', { attempts: 2 })];
    h.submit('s', impatient);
    h.pass(1_000);
    return { h, lost, repeated };
  }

  test('that goes on: what is under way fails as on a lost connection, and a new one is made and asked', () => {
    const { h, lost, repeated } = doubted();
    h.pass(2_000);
    expect(lost.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED' });
    expect(h.liveMx()).toHaveLength(0);
    h.pass(200);
    h.connect();
    h.answer(500);
    expect(repeated.exchange.link).toBe(h.mx().link);
  });

  test('that ends with a no makes the endpoint strict', () => {
    const { h, lost, repeated } = doubted();
    h.state.checked(h.now, h.mx().link, undefined);
    expect(lost.sink.error).toMatchObject({ code: 'MDP_DISCONNECTED' });
    expect(h.liveMx()).toHaveLength(0);
    h.pass(200);
    h.connect();
    expect(h.linkOf(repeated).phase).toBe('busy');
  });

  test('is no doubt while other replies come, nor when the caller gave up', () => {
    const h = agreed();
    h.submit('s', impatient);
    h.pass(950);
    h.final(h.submit(), 'x');
    h.pass(50);
    const given = h.submit();
    h.pass(5_000);
    h.state.abort(h.now, given.exchange, 'enough');
    expect(h.mx().asked).toBe(1);
  });

  test('is a doubt although a reply came, when that was long ago', () => {
    const h = agreed();
    h.submit('s', impatient);
    h.pass(500);
    h.final(h.submit(), 'x');
    h.pass(500);
    expect(h.mx().asked).toBe(2);
  });

  test('where MX is spoken unasked: it is asked as well, and any answer will do', () => {
    const h = new Harness({ wire: 'mx' });
    h.submit('s', impatient);
    h.connect();
    expect(h.mx().asked).toBe(0);
    h.pass(1_000);
    expect(h.mx().asked).toBe(1);
    h.state.checked(h.now, h.mx().link, undefined);
    h.pass(5_000);
    expect(h.submit().exchange.link).toBe(h.mx().link);
  });

  test('where MX is spoken unasked: a connection that stays silent is made anew, long before TCP gives it up', () => {
    const h = new Harness({ wire: 'mx' });
    const repeated = h.submit('s', { attempts: 2 });
    h.connect();
    const { link } = h.mx();
    h.submit('s', impatient);
    h.pass(1_000);
    h.pass(2_000);
    expect(link.phase).toBe('closed');
    h.pass(200);
    h.connect();
    expect(h.mx().link).not.toBe(link);
    expect(repeated.exchange).toMatchObject({ phase: 'sent', attempts: 2 });
  });
});

// SPDX-License-Identifier: Apache-2.0
// agreed - clients of the wire `auto`, before and after their broker has said that it speaks MX

import type { StateOptions } from '../../src/state/client-state.js';
import { Harness } from './harness.js';

/** A client that speaks what its brokers do. */
export function auto(options: Partial<StateOptions> = {}): Harness {
  return new Harness({ wire: 'auto', ...options });
}

/** One strict request, answered. */
export function answered(h: Harness): void {
  const call = h.submit();
  h.connect();
  h.final(call, 'x');
}

/** A client whose broker at `a` has agreed. */
export function agreed(options: Partial<StateOptions> = {}, window = 500): Harness {
  const h = auto(options);
  answered(h);
  h.connect();
  h.answer(window);
  return h;
}

// SPDX-License-Identifier: Apache-2.0
// signals - SIGINT and SIGTERM stop a worker; a second one does not wait

/** What a signal stops. */
export interface Stoppable {
  stop(options: { drainMs: number }): Promise<void>;
}

/**
 * Stop on a signal: the first one drains; a second one closes everything and is then raised again without this
 * listener, so that it ends the process unless somebody else listens.
 *
 * @param signals - which signals
 * @param drainMs - how long the running requests may take after the first one, in milliseconds
 * @returns takes the listeners away
 */
export function stopOnSignals(target: Stoppable, signals: readonly NodeJS.Signals[], drainMs: number): () => void {
  let first = true;
  const remove = (): void => {
    for (const signal of signals) process.removeListener(signal, listener);
  };
  const listener = (signal: NodeJS.Signals): void => {
    if (first) {
      first = false;
      void target.stop({ drainMs });
      return;
    }
    void target.stop({ drainMs: 0 });
    remove();
    process.kill(process.pid, signal);
  };
  try {
    for (const signal of signals) process.on(signal, listener);
  } catch (error) {
    // Some signals cannot be listened to; none of the others shall be then.
    remove();
    throw error;
  }
  return remove;
}

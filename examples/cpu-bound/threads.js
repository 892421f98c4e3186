// SPDX-License-Identifier: Apache-2.0
// threads - jobs in threads of their own, one at a time in each, so that the event loop stays free

import { Worker as Thread } from 'node:worker_threads';

// #region threads
/** Threads that run one script. There are as many as jobs were ever under way at once; idle ones wait for the next. */
export class Threads {
  #script;
  #idle = [];

  /** @param {URL} script - answers each message with one message */
  constructor(script) {
    this.#script = script;
  }

  /**
   * Do a job. When the signal is aborted its thread is ended: nothing else stops a computation.
   *
   * @param {unknown} job - what the script is sent
   * @param {AbortSignal} signal
   */
  async run(job, signal) {
    signal.throwIfAborted();
    const thread = this.#idle.pop() ?? new Thread(this.#script);
    const stop = () => void thread.terminate();
    signal.addEventListener('abort', stop);
    try {
      const answer = await new Promise((resolve, reject) => {
        thread.once('message', resolve).once('error', reject); // an error is one that the script threw: the thread is gone
        thread.once('exit', () => reject(signal.reason ?? new Error('the thread ended without an answer')));
        thread.postMessage(job);
      });
      for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
      if (!signal.aborted) this.#idle.push(thread);
      return answer;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** End the idle threads; call it when no job runs. */
  async close() {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }
}
// #endregion

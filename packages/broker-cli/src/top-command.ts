// SPDX-License-Identifier: Apache-2.0
// top-command - shows what services do, over and over: a page on a terminal, lines elsewhere

import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { FullScreen } from './full-screen.js';
import { printable } from './printable.js';
import type { StopSignal } from './stop-signals.js';
import { forcedExitCode } from './stop-signals.js';
import type { Round } from './top-brokers.js';
import { TopBrokers } from './top-brokers.js';
import type { TopSettings } from './top-flags.js';
import { readTop } from './top-flags.js';
import { TopLines, topJson } from './top-lines.js';
import type { BrokerAnswer, TopSample } from './top-sample.js';
import { TopHistory } from './top-sample.js';
import { topScreen } from './top-screen.js';
import type { TopView } from './top-view.js';
import { CTRL_C, firstView, press } from './top-view.js';
import type { Environment } from './variables.js';
import { WaitingLine } from './waiting-line.js';

/** Where samples are shown. */
interface Display {
  /** @param first - of the first round, which has no rates yet */
  show(sample: TopSample, first: boolean): Promise<void>;
  close(): void;
}

/**
 * Run `mdp-broker top` until it is ended by a key or a signal, or `--count` is reached.
 *
 * @returns 0 when it was ended; when `--count` ended it, 0 if every broker answered the last time; when no broker answers the first
 * time, by the kind of that failure
 */
export async function runTop(flags: FlagValues, env: Environment): Promise<ExitCode> {
  const settings = readTop(flags, env);
  const stop = new AbortController();
  await using brokers = new TopBrokers(settings, stop.signal);
  const onSignal = (signal: StopSignal): void => {
    if (stop.signal.aborted) process.exit(forcedExitCode(signal));
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await watch(settings, brokers, stop);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function watch(settings: TopSettings, brokers: TopBrokers, stop: AbortController): Promise<ExitCode> {
  const history = new TopHistory();
  const stopped = (): boolean => stop.signal.aborted;
  let askedAt = performance.now();
  let { answers, code } = await firstRound(brokers);
  if (stopped()) return EXIT_CODES.OK;
  if (answers.every(({ snapshot }) => snapshot === undefined)) {
    answers.forEach(say);
    return code;
  }
  const display = openDisplay(settings, stop);
  try {
    await display.show(history.add(new Date(), answers), true);
    for (let shown = 0; shown < settings.count; shown++) {
      await pauseUntil(askedAt + settings.intervalMs, stop.signal);
      askedAt = performance.now();
      if (!stopped()) ({ answers, code } = await brokers.ask());
      if (stopped()) return EXIT_CODES.OK;
      await display.show(history.add(new Date(), answers), false);
    }
    return code;
  } finally {
    display.close();
  }
}

async function firstRound(brokers: TopBrokers): Promise<Round> {
  const waiting = new WaitingLine(process.stderr);
  try {
    return await brokers.ask();
  } finally {
    waiting.close();
  }
}

async function pauseUntil(atMs: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(Math.max(0, atMs - performance.now()), undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function openDisplay(settings: TopSettings, stop: AbortController): Display {
  const { plain, json, sort } = settings;
  if (process.stdout.isTTY && !plain && !json) return new PageDisplay(sort, stop);
  const lines = new TopLines(firstView(sort).sort);
  return new LineDisplay(json ? topJson : (sample) => lines.write(sample));
}

/** Lines on stdout; what is wrong with brokers goes to stderr, when it changes. */
class LineDisplay implements Display {
  readonly #format: (sample: TopSample) => string;
  readonly #failures = new Map<string, string | undefined>();

  constructor(format: (sample: TopSample) => string) {
    this.#format = format;
  }

  async show(sample: TopSample, first: boolean): Promise<void> {
    for (const answer of sample.brokers) {
      if (this.#failures.get(answer.broker) !== answer.failure) say(answer);
      this.#failures.set(answer.broker, answer.failure);
    }
    if (!first && !process.stdout.write(this.#format(sample))) await once(process.stdout, 'drain');
  }

  close(): void {
    // Lines stay.
  }
}

/** A page on the terminal, with keys. */
class PageDisplay implements Display {
  readonly #screen: FullScreen;
  readonly #stop: AbortController;
  #view: TopView;
  #sample: TopSample | undefined;
  #shown = 0;

  constructor(sort: string, stop: AbortController) {
    this.#stop = stop;
    this.#view = firstView(sort);
    const input = process.stdin.isTTY ? process.stdin : undefined;
    this.#screen = new FullScreen({ output: process.stdout, input }, { onKey: this.#press, onRedraw: this.#draw });
    this.#screen.open();
  }

  show(sample: TopSample): Promise<void> {
    if (!this.#view.paused) this.#sample = sample;
    this.#draw();
    return Promise.resolve();
  }

  close(): void {
    this.#screen.close();
  }

  readonly #press = (key: string): void => {
    if (key === 'q' || key === 'Q' || key === CTRL_C) this.#stop.abort();
    this.#view = press(this.#view, key, { rows: this.#sample?.rows.length ?? 0, shown: this.#shown });
    this.#draw();
  };

  readonly #draw = (): void => {
    const { lines, shown } = topScreen(this.#sample, this.#view, this.#screen.size);
    this.#shown = shown;
    this.#screen.draw(lines);
  };
}

function say({ broker, failure }: BrokerAnswer): void {
  const text = failure === undefined ? 'it answers again' : failure;
  process.stderr.write(`mdp-broker: ${printable(broker)}: ${text}\n`);
}

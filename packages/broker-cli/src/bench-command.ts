// SPDX-License-Identifier: Apache-2.0
// bench-command - puts load on a service, and tells how many requests it answers and how long they take

import { Client } from '@mdp/client';
import type { Frame } from '@mdp/protocol';
import { sameFrame } from '@mdp/protocol';
import type { CurveOptions } from '@mdp/protocol/node';
import type { Handler, WorkerRequest } from '@mdp/worker';
import { Worker } from '@mdp/worker';
import type { BenchSettings } from './bench-flags.js';
import { readBench } from './bench-flags.js';
import { reportJson, reportText } from './bench-report.js';
import { formatElapsed, formatLatency } from './durations.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import { Failures } from './failures.js';
import type { FlagValues } from './flags.js';
import { readFrames } from './frame-words.js';
import type { Answer, LoadPlan } from './load.js';
import { Load } from './load.js';
import { loadPeerKeys } from './peer-keys.js';
import type { Progress } from './progress-bar.js';
import { ProgressBar } from './progress-bar.js';
import { explainFailure } from './request-failure.js';
import type { StopSignal } from './stop-signals.js';
import { forcedExitCode } from './stop-signals.js';
import type { Environment } from './variables.js';
import { WaitingLine } from './waiting-line.js';

/** The most that a worker takes at once. */
const WORKER_CONCURRENCY = 256;

/**
 * Run `mdp-broker bench`: the result goes to stdout, everything else to stderr.
 *
 * @returns 0 when every request was answered; else by the kind of the first failure, 6 when an echo came back changed, 130 or
 * 143 when a signal ended it early: what was found until then is written
 */
export async function runBench(flags: FlagValues, env: Environment, words: readonly string[]): Promise<ExitCode> {
  const settings = readBench(flags, env, words);
  const frames = await framesOf(settings);
  const curve = loadPeerKeys(settings.keys);
  await using worker = settings.withWorker ? echoWorker(settings, curve) : undefined;
  await worker?.start();
  await using bench = new Bench(settings, frames, curve);
  const stop = (signal: StopSignal): void => {
    bench.stop(signal);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    return await bench.run();
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** All of them are the same bytes, which are sent again and again. */
function framesOf({ words, frames, size }: BenchSettings): Frame[] | Promise<Frame[]> {
  if (words.length > 0) return readFrames(words, { hex: false, stdin: process.stdin });
  const frame = Buffer.alloc(size, 'majordomo ');
  return Array.from({ length: frames }, () => frame);
}

/** Each frame comes back, as a part of its own where parts are told apart. */
function echoWorker(settings: BenchSettings, curve: CurveOptions | undefined): Worker {
  const { brokers, service, dialect, wire, concurrency } = settings;
  return new Worker(brokers, service, settings.stream ? echoByParts : echoWhole, {
    dialect,
    wire,
    concurrency: Math.min(concurrency, WORKER_CONCURRENCY),
    ...(curve === undefined ? {} : { curve }),
  });
}

const echoWhole: Handler = (request) => [...request.body];

function* echoByParts(request: WorkerRequest): Generator<Frame, Frame, undefined> {
  const last = request.body.length - 1;
  for (let i = 0; i < last; i++) yield request.body[i] as Frame;
  return request.body[last] as Frame;
}

/** The clients, and what they are made to do. */
class Bench implements AsyncDisposable {
  readonly #settings: BenchSettings;
  readonly #frames: readonly Frame[];
  readonly #clients: readonly Client[];
  readonly #abort = new AbortController();
  #load: Load | undefined;
  #stopped: StopSignal | undefined;
  #next = 0;

  constructor(settings: BenchSettings, frames: readonly Frame[], curve: CurveOptions | undefined) {
    const { brokers, dialect, wire, timeoutMs } = settings;
    this.#settings = settings;
    this.#frames = frames;
    const options = { dialect, wire, timeoutMs, curve, signal: this.#abort.signal, maxInFlight: settings.concurrency };
    this.#clients = Array.from({ length: settings.clients }, () => new Client(brokers, options));
  }

  /** End it early. What is under way is given up. */
  stop(signal: StopSignal): void {
    this.#stopped = signal;
    this.#load?.stop();
    this.#abort.abort();
  }

  async run(): Promise<ExitCode> {
    const settings = this.#settings;
    const { requests, durationMs, warmUpMs, concurrency, rate: perSecond } = settings;
    const failure = await this.#firstRequests();
    if (failure !== undefined) return failure;
    if (warmUpMs > 0) {
      await this.#run(
        { requests: Infinity, durationMs: warmUpMs, concurrency, perSecond },
        new Failures(),
        'warming up',
      );
    }
    const failures = new Failures();
    const load = await this.#run({ requests, durationMs, concurrency, perSecond }, failures);
    if (load !== undefined) this.#report(load);
    if (this.#stopped !== undefined) return forcedExitCode(this.#stopped);
    if (failures.count > 0) return this.#explain(failures.first);
    return load?.wrong === 0 ? EXIT_CODES.OK : EXIT_CODES.WRONG_REPLY;
  }

  /** One request of each client: whether there is a broker, whether it lets them in, and whether the service answers. */
  async #firstRequests(): Promise<ExitCode | undefined> {
    const waiting = new WaitingLine(process.stderr);
    try {
      await Promise.all(this.#clients.map((client) => this.#ask(client)));
      return undefined;
    } catch (error) {
      waiting.close();
      return this.#stopped === undefined ? this.#explain(error) : forcedExitCode(this.#stopped);
    } finally {
      waiting.close();
    }
  }

  /** @returns nothing when it was stopped before it began */
  async #run(plan: LoadPlan, failures: Failures, what?: string): Promise<Load | undefined> {
    if (this.#stopped !== undefined) return undefined;
    const load = new Load(plan, () => this.#ask(this.#nextClient()), failures);
    this.#load = load;
    const progress = new ProgressBar(process.stderr, () => progressOf(load, failures, what));
    await load.run();
    progress.close();
    return load;
  }

  #nextClient(): Client {
    this.#next = (this.#next + 1) % this.#clients.length;
    return this.#clients[this.#next] as Client;
  }

  async #ask(client: Client): Promise<Answer> {
    const { service, stream, withWorker } = this.#settings;
    const reply = client.request(service, this.#frames);
    if (!stream) {
      const frames = await reply;
      return { parts: 1, bytes: sizeOf(frames), right: !withWorker || this.#isEcho(frames) };
    }
    const frames: Frame[] = [];
    let parts = 0;
    let firstAt: number | undefined;
    for await (const part of reply) {
      firstAt ??= performance.now();
      parts += 1;
      frames.push(...part);
    }
    return {
      parts,
      bytes: sizeOf(frames),
      ...(firstAt === undefined ? {} : { firstAt }),
      right: !withWorker || this.#isEcho(frames),
    };
  }

  #isEcho(frames: readonly Frame[]): boolean {
    const sent = this.#frames;
    return frames.length === sent.length && frames.every((frame, nth) => sameFrame(frame, sent[nth] as Frame));
  }

  #report(load: Load): void {
    const { service, brokers, concurrency, clients, rate, stream, json } = this.#settings;
    const { elapsedMs, answered, answeredInTime, wrong, unsent, parts, bytes, latencies, firsts, failures } = load;
    const report = {
      ...{ service, brokers, wire: this.#wire(), concurrency, clients, perSecond: rate, stream },
      frames: this.#frames.map(({ length }) => length),
      ...{ elapsedMs, answered, answeredInTime, wrong, unsent, parts, bytes, latencies, firsts, failures },
    };
    process.stdout.write(json ? reportJson(report) : reportText(report));
  }

  #wire(): string {
    const wires = this.#clients.flatMap((client) => client.stats().endpoints.map(({ wire }) => wire));
    return Array.from(new Set(wires)).join(', ');
  }

  #explain(error: unknown): ExitCode {
    const [client] = this.#clients;
    const { text, code } = explainFailure(error, this.#settings, (client as Client).stats());
    const hint = code === EXIT_CODES.TIMEOUT && !this.#settings.withWorker ? ' --with-worker runs one.' : '';
    process.stderr.write(`mdp-broker: ${text}${hint}\n`);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

function sizeOf(frames: readonly Frame[]): number {
  return frames.reduce((total, { length }) => total + length, 0);
}

function progressOf(load: Load, failures: Failures, what: string | undefined): Progress {
  const { progress, answered, elapsedMs, latencies } = load;
  const rate = Math.round((answered / Math.max(1, elapsedMs)) * 1000).toLocaleString('en-US');
  return {
    share: progress,
    words: [
      ...(what === undefined ? [] : [what]),
      formatElapsed(elapsedMs),
      `${rate} a second`,
      `p99 ${formatLatency(latencies.percentile(0.99))}`,
      ...(failures.count === 0 ? [] : [`${failures.count.toLocaleString('en-US')} failed`]),
    ],
  };
}

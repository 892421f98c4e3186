// SPDX-License-Identifier: Apache-2.0
// load-generator - compiles native/mdpload.c where there is a C compiler, and runs it against a broker

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Dialect } from '@mdp/protocol';
import type { RunningBroker } from './contestants.js';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('../native/mdpload.c', import.meta.url));
/** The longest that one run may take beyond its warm-up and its measurement, in seconds. */
const GRACE_SECONDS = 30;

/** How long a broker's turn is, when several are loaded in turns, in seconds. */
const TURN_SECONDS = 0.1;

/** What a run asks of a broker. */
export interface Load {
  /** What is spoken to a broker that is not loaded over MX. */
  readonly dialect: Dialect;
  /** Clients, and requests that each has outstanding; without clients the workers only beat. */
  readonly clients: number;
  readonly window: number;
  /** Bytes of a request's body, 8 or more. */
  readonly bodyBytes: number;
  /** Workers that take the load. Default 64. */
  readonly workers?: number;
  /** Services over which the load and its workers go round robin. Default 1. */
  readonly services?: number;
  /** Workers that only register and beat. Default 0. */
  readonly idleWorkers?: number;
  /** Services of these; those beyond their number are known by one waiting request each. Default 0. */
  readonly idleServices?: number;
  /** PARTIALs of each reply, before its FINAL: clients with one request outstanding only, but over MX. Default 0. */
  readonly partials?: number;
  /** How long each broker warms up before it is measured, in seconds. */
  readonly warmSeconds: number;
  /** How long each broker is measured, in seconds. */
  readonly measureSeconds: number;
}

/** What a run found. */
export interface LoadReport {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Replies that were not the request's own body. */
  readonly errors: number;
  /** Requests that had no reply three seconds after the load had ended. */
  readonly lost: number;
  /** CPU time of the broker, per request, in microseconds. */
  readonly cpuUs: number;
  /** What of it was spent in the first thread: what the broker could do at most, had it cores enough. */
  readonly mainUs: number;
  /** The part of one core that the broker used while it was measured; above 1 when it used more than one. */
  readonly busyShare: number;
  /** The part of one core that the generator used meanwhile: near 1, it is what limits, and not the broker. */
  readonly generatorShare: number;
  /** Resident memory of the broker at the end, in KiB. */
  readonly rssKiB: number;
  /** The part of all processors' time that went to others than the broker and the generator, from 0 to 1. */
  readonly othersShare: number;
}

/** The load generator, compiled. */
export class LoadGenerator {
  readonly #folder: string;
  readonly #program: string;

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  /**
   * Compile it into a temporary folder, which goes when this process ends.
   *
   * @returns the generator, or why there is none: it needs Linux and a C compiler (`CC`, or `cc`)
   */
  static async compile(): Promise<LoadGenerator | string> {
    if (process.platform !== 'linux') return `the load generator needs Linux, this is ${process.platform}`;
    const compiler = process.env['CC'] ?? 'cc';
    const folder = await mkdtemp(join(tmpdir(), 'mdpload-'));
    const program = join(folder, 'mdpload');
    const generator = new LoadGenerator(folder, program);
    process.once('exit', () => {
      generator.remove();
    });
    try {
      await run(compiler, ['-O2', '-o', program, SOURCE]);
    } catch (error) {
      generator.remove();
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return `there is no C compiler (${compiler})`;
      throw error;
    }
    return generator;
  }

  /** Delete what was compiled; done anyway when this process ends. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /**
   * Load one broker, or several in turns of a fraction of a second, so that whatever else the machine does falls on all
   * of them alike.
   *
   * @returns a report for each broker, in the order given
   * @throws Error with what the generator printed when a broker refused, lost or answered wrongly
   */
  async run(brokers: readonly RunningBroker[], load: Load): Promise<LoadReport[]> {
    const limit = Math.ceil((load.warmSeconds + load.measureSeconds) * brokers.length * 1.5 + GRACE_SECONDS);
    const options: readonly (readonly [string, number | string | undefined])[] = [
      ['-p', brokers.map(({ endpoint }) => endpoint.slice(endpoint.lastIndexOf(':') + 1)).join(',')],
      ['-P', brokers.map(({ child }) => child.pid).join(',')],
      ['-d', brokers.map(({ wire = load.dialect }) => wire).join(',')],
      ['-c', load.clients],
      ['-W', load.window],
      ['-s', load.bodyBytes],
      ['-w', load.workers],
      ['-M', load.services],
      ['-E', load.idleWorkers],
      ['-F', load.idleServices],
      ['-R', load.partials],
      ['-u', load.warmSeconds],
      ['-D', load.measureSeconds],
      ['-T', TURN_SECONDS],
      ['-t', limit],
    ];
    const given = options.flatMap(([letter, value]) => (value === undefined ? [] : [letter, String(value)]));
    // It ends by itself within its limit; the timeout is for one that does not.
    const { stdout } = await run(this.#program, [...given, '-J'], {
      timeout: (limit + 5) * 1000,
      killSignal: 'SIGKILL',
    }).catch((error: unknown) => {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`the load generator gave up: ${stderr.trim()} ${stdout.trim()}`, { cause: error });
    });
    const reports = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as LoadReport);
    const [errors, lost] = [sum(reports, 'errors'), sum(reports, 'lost')];
    if (errors > 0 || lost > 0) throw new Error(`${String(errors)} wrong replies, ${String(lost)} lost requests`);
    return reports;
  }
}

function sum(reports: readonly LoadReport[], key: 'errors' | 'lost'): number {
  return reports.reduce((total, report) => total + report[key], 0);
}

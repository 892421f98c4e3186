// SPDX-License-Identifier: Apache-2.0
// commands - every command there is; none of them is loaded before it is asked for

import type { ExitCode } from './exit-codes.js';
import type { FlagSpec, FlagValues } from './flags.js';
import type { Environment } from './variables.js';

/** What a command is made of, once it is loaded. */
export interface LoadedCommand {
  readonly flags: readonly FlagSpec[];
  /**
   * Run it to its end.
   *
   * @param words - what else stands on its command line, for a command that takes words
   */
  readonly run: (values: FlagValues, env: Environment, words: readonly string[]) => Promise<ExitCode>;
}

/** One command. */
export interface Command {
  /** Its word; the broker itself has none. */
  readonly name?: string;
  readonly describe: string;
  /** What words it takes besides flags, as help shows them; left out when it takes none. */
  readonly words?: string;
  /** What its first word may be, for the shell to offer. */
  readonly choices?: readonly string[];
  /** Whether its first word is a service, for the shell to offer those that there are. */
  readonly takesService?: boolean;
  readonly load: () => Promise<LoadedCommand>;
  /** Command lines, without the program's name, and what they do. */
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
}

/** `mdp-broker` without a subcommand. */
export const RUN_COMMAND: Command = {
  describe: 'Run a broker',
  load: async () => {
    const [{ RUN_FLAGS }, { runBroker }] = await Promise.all([import('./run-flags.js'), import('./run-command.js')]);
    return { flags: RUN_FLAGS, run: runBroker };
  },
  examples: [
    ["-b 'tcp://*:5555'", 'listen on every interface'],
    ["-b 'tcp://*:5555,role=client' -b tcp://127.0.0.1:5556,role=worker", 'keep clients and workers apart'],
    ["--threads 4 -b 'tcp://*:5555'", 'four brokers in four threads, on the ports 5555 to 5558'],
    ['-c broker.yaml --log-format json', 'options from a file, a log for machines'],
    ['--curve-key broker.key_secret --allow alice.key', 'encrypted, for those who have one key; see keygen'],
  ],
};

/** The commands below `mdp-broker echo`. */
export const ECHO_COMMANDS: readonly Command[] = [
  {
    name: 'worker',
    describe: 'Answer every request with its own body',
    load: async () => {
      const [{ ECHO_WORKER_FLAGS }, { runEchoWorker }] = await Promise.all([
        import('./peer-flags.js'),
        import('./echo-worker.js'),
      ]);
      return { flags: ECHO_WORKER_FLAGS, run: runEchoWorker };
    },
    examples: [['echo worker -n slow-echo -d 3', 'another service, which takes 3 seconds for each request']],
  },
  {
    name: 'client',
    describe: 'Send requests to an echo worker and check that they come back',
    load: async () => {
      const [{ ECHO_CLIENT_FLAGS }, { runEchoClient }] = await Promise.all([
        import('./peer-flags.js'),
        import('./echo-client.js'),
      ]);
      return { flags: ECHO_CLIENT_FLAGS, run: runEchoClient };
    },
    examples: [
      ['echo client -m hello -r 3', 'send hello three times'],
      ['echo client --dialect majortomo', 'as clients of Majortomo do'],
    ],
  },
];

/** The commands with one word. */
export const TOP_COMMANDS: readonly Command[] = [
  {
    name: 'call',
    describe: 'Make a request and write the reply',
    words: 'SERVICE [FRAME...]',
    takesService: true,
    load: async () => {
      const { CALL_FLAGS, runCall } = await import('./call-command.js');
      return { flags: CALL_FLAGS, run: runCall };
    },
    examples: [
      ['call resize @photo.jpg 800 --raw > small.jpg', 'a frame from a file, a frame of text'],
      ['call report 2026-11 --json', 'each part of the reply as a line of JSON, when it comes'],
      ['call store -- -x', 'behind -- a frame may begin with a dash'],
    ],
  },
  {
    name: 'work',
    describe: 'Serve requests by running a command for each',
    words: 'SERVICE -- COMMAND [ARGUMENT...]',
    load: async () => {
      const { WORK_FLAGS, runWork } = await import('./work-command.js');
      return { flags: WORK_FLAGS, run: runWork };
    },
    examples: [
      ['work upper -- tr a-z A-Z', 'the request on its standard input, the reply on its standard output'],
      ['work count --args --lines -- seq', 'frames as arguments, each line a part of the reply'],
    ],
  },
  {
    name: 'services',
    describe: 'List the services of a broker',
    load: async () => {
      const { SERVICES_FLAGS, runServices } = await import('./services-command.js');
      return { flags: SERVICES_FLAGS, run: runServices };
    },
    examples: [['services --json', 'for programs']],
  },
  {
    name: 'top',
    describe: 'Watch what services do: rates, queues, latencies',
    load: async () => {
      const [{ TOP_FLAGS }, { runTop }] = await Promise.all([import('./top-flags.js'), import('./top-command.js')]);
      return { flags: TOP_FLAGS, run: runTop };
    },
    examples: [
      ['top --sort p99', 'a live table on a terminal, the slowest service first'],
      ['top --count 1 --json', 'one line of JSON, over a second'],
    ],
  },
  {
    name: 'ping',
    describe: 'Ask a broker how it is',
    load: async () => {
      const [{ PING_FLAGS }, { runPing }] = await Promise.all([import('./peer-flags.js'), import('./ping-command.js')]);
      return { flags: PING_FLAGS, run: runPing };
    },
    examples: [['ping -b tcp://10.0.0.1:5555', 'exit code 0 when it answers, 4 when it does not']],
  },
  {
    name: 'bench',
    describe: 'Put load on a service, and tell how fast it answers',
    words: '[SERVICE [FRAME...]]',
    takesService: true,
    load: async () => {
      const [{ BENCH_FLAGS }, { runBench }] = await Promise.all([
        import('./bench-flags.js'),
        import('./bench-command.js'),
      ]);
      return { flags: BENCH_FLAGS, run: runBench };
    },
    examples: [
      ['bench --with-worker', 'what the broker itself can do'],
      ['bench resize @photo.jpg 800 -j 8 -d 1m', 'a request of its own, 8 at once, for a minute'],
      ['bench resize -r 500 --json', '500 requests a second, whatever comes back'],
    ],
  },
  {
    name: 'init',
    describe: 'Write a config file in which every option is explained',
    words: '[FILE]',
    load: async () => {
      const { runInit } = await import('./init-command.js');
      return { flags: [], run: runInit };
    },
    examples: [['init -', 'show it, and write nothing']],
  },
  {
    name: 'check-config',
    describe: 'Say whether a broker would take its options, and where each comes from',
    words: '[FILE] [options of the broker]',
    load: async () => {
      const [{ RUN_FLAGS }, { runCheckConfig }] = await Promise.all([
        import('./run-flags.js'),
        import('./check-config-command.js'),
      ]);
      return { flags: RUN_FLAGS, run: runCheckConfig };
    },
    examples: [['check-config broker.yaml', 'exit code 0 when it is right, 2 when it is not']],
  },
  {
    name: 'keygen',
    describe: 'Make keys for encryption and access',
    words: '[NAME...]',
    load: async () => {
      const { KEYGEN_FLAGS, runKeygen } = await import('./keygen-command.js');
      return { flags: KEYGEN_FLAGS, run: runKeygen };
    },
    examples: [
      ['keygen broker alice', 'a key for the broker, and one for a peer that it shall let in'],
      ['keygen --dir keys --expires 2027-01-31 bob', 'a key that is good until that day'],
    ],
  },
  {
    name: 'completion',
    describe: 'Print a script with which the shell completes command lines',
    words: '[bash|zsh|fish]',
    choices: ['bash', 'zsh', 'fish'],
    load: async () => {
      const { runCompletion } = await import('./completion-command.js');
      return { flags: [], run: runCompletion };
    },
    examples: [['completion bash', 'for the running shell: source <(mdp-broker completion bash)']],
  },
];

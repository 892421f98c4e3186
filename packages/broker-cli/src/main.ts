// SPDX-License-Identifier: Apache-2.0
// main - runs the program and turns whatever comes of it into an exit code

import { PROGRAM, readCommandLine } from './command-line.js';
import { COMPLETE_FLAG, completions } from './completion.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import { goesToJournal, journalText } from './journal.js';
import { printable } from './printable.js';
import { endFirstProcess } from './stop-signals.js';

/**
 * Run the program.
 *
 * @param args - the command line, without Node.js and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  outliveClosedStreams();
  endFirstProcess();
  try {
    const [flag, ...words] = args;
    if (flag === COMPLETE_FLAG) {
      const found = await completions(words, process.env);
      process.stdout.write(found.map((word) => `${word}\n`).join(''));
      return EXIT_CODES.OK;
    }
    const found = await readCommandLine(args);
    if (found === undefined) return EXIT_CODES.OK;
    const { run } = await found.command.load();
    return await run(found.values, process.env, found.words);
  } catch (error) {
    if (error instanceof UsageError || errorCode(error) === 'MDP_INVALID_ARGUMENT') {
      complain(`${PROGRAM}: ${printable(errorMessage(error), 2000)}\nTry '${PROGRAM} --help'.`);
      return EXIT_CODES.USAGE;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    complain(`${PROGRAM}: unexpected failure: ${text}`);
    return EXIT_CODES.FAILURE;
  }
}

/** What ends the program; as an error where systemd's journal gets it. */
function complain(text: string): void {
  process.stderr.write(`${goesToJournal(process.env) ? journalText('error', text) : text}\n`);
}

/**
 * Without its log a broker goes on, whatever keeps it from writing: a reader that went away, a full disk. Each line is tried, so
 * the log goes on, too, when it can. Without a reader of its results (`… | head`) there is nothing left to do; a broker writes none.
 */
function outliveClosedStreams(): void {
  process.stderr.on('error', () => {
    // There is nowhere to tell it.
  });
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    process.exit(EXIT_CODES.CLOSED_PIPE);
  });
}

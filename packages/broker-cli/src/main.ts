// SPDX-License-Identifier: Apache-2.0
// main - finds the command and runs it; what a command needs is loaded only when it is asked for

import { createRequire } from 'node:module';
import type { Argv } from 'yargs';
import yargs from 'yargs';
import type { Command } from './commands.js';
import { ECHO_COMMANDS, RUN_COMMAND, TOP_COMMANDS } from './commands.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError, errorCode, errorMessage } from './exit-codes.js';
import type { FlagSpec, ParsedArguments } from './flags.js';
import { PARSER_CONFIGURATION, declareFlags, explainParserComplaint, readFlags } from './flags.js';
import { printable } from './printable.js';
import { didYouMean } from './suggest.js';

const PROGRAM = 'mdp-broker';
const HELP_WIDTH = 110;

/** A command that was found on the command line, with its flags read: what is left is to run it. */
type Action = () => Promise<ExitCode>;

/**
 * Run the program.
 *
 * @param args - the command line, without Node.js and the script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<ExitCode> {
  outliveClosedStreams();
  try {
    const action = await findAction(args);
    return action === undefined ? EXIT_CODES.OK : await action();
  } catch (error) {
    if (error instanceof UsageError || errorCode(error) === 'MDP_INVALID_ARGUMENT') {
      process.stderr.write(`${PROGRAM}: ${printable(errorMessage(error), 2000)}\n`);
      process.stderr.write(`Try '${PROGRAM} --help'.\n`);
      return EXIT_CODES.USAGE;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${PROGRAM}: unexpected failure: ${text}\n`);
    return EXIT_CODES.FAILURE;
  }
}

/** @returns what to do; nothing when help or the version was shown */
async function findAction(args: readonly string[]): Promise<Action | undefined> {
  let action: Action | undefined;
  let flagsInUse: readonly FlagSpec[] = [];
  const add = (parser: Argv, command: Command, siblings: readonly Command[] = []): void => {
    parser.command({
      command: command.name ?? '$0',
      describe: command.describe,
      builder: async (sub: Argv) => {
        for (const [line, meaning] of command.examples ?? []) sub.example(`$0 ${line}`, meaning);
        flagsInUse = (await command.load()).flags;
        return declareFlags(sub, flagsInUse);
      },
      handler: async (found: ParsedArguments) => {
        const words = wordsOf(found);
        const own = words.indexOf(command.name ?? '') + 1;
        refuseUnknownCommand(words.slice(own), siblings);
        const { flags, run } = await command.load();
        const values = readFlags(found, flags, own);
        action = () => run(values, process.env);
      },
    });
  };

  const parser = yargs([...args])
    .scriptName(PROGRAM)
    .exitProcess(false)
    .detectLocale(false)
    .locale('en')
    .parserConfiguration(PARSER_CONFIGURATION)
    .usage('$0 [options]\n\nThe broker of the Majordomo Protocol, MDP/0.2 (ZeroMQ RFC 18).')
    .help('help', 'Show this')
    .alias('h', 'help')
    .version('version', 'Show the version', version())
    .wrap(Math.min(HELP_WIDTH, process.stdout.isTTY ? process.stdout.columns : HELP_WIDTH))
    .fail(false);
  parser.command({
    command: 'echo',
    describe: 'Try a broker out: echo worker, echo client',
    builder: (sub: Argv) => {
      sub.usage('$0 echo worker|client [options]');
      for (const command of ECHO_COMMANDS) add(sub, command);
      return sub;
    },
    handler: (found: ParsedArguments) => {
      refuseUnknownCommand(wordsOf(found).slice(1), ECHO_COMMANDS);
      throw new UsageError('echo alone does nothing, allowed is echo worker, echo client');
    },
  });
  for (const command of TOP_COMMANDS) add(parser, command);
  add(parser, RUN_COMMAND, [{ ...RUN_COMMAND, name: 'echo' }, ...TOP_COMMANDS]);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'YError') throw error;
    throw new UsageError(explainParserComplaint(error.message, flagsInUse));
  }
  return action;
}

function wordsOf(found: ParsedArguments): string[] {
  return (found['_'] as readonly unknown[]).map(String);
}

/** A word where a command could stand is most often a misspelt one. */
function refuseUnknownCommand(words: readonly string[], commands: readonly Command[]): void {
  const [word] = words;
  if (word === undefined || commands.length === 0) return;
  const known = commands.flatMap((command) => command.name ?? []);
  const guess = didYouMean(word, known);
  throw new UsageError(`unknown command ${JSON.stringify(word)}, allowed is ${known.join(', ')}${guess}`);
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  return manifest.version;
}

/** A reader that went away (`mdp-broker | head`, a log collector that died) is no reason to end. */
function outliveClosedStreams(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

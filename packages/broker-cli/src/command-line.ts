// SPDX-License-Identifier: Apache-2.0
// command-line - finds the command and its flags; yargs does the words and the help, and nothing else

import { createRequire } from 'node:module';
import type { Argv } from 'yargs';
import yargs from 'yargs';
import { didYouMean, isZ85Key } from '@mdp/protocol/internal';
import type { Command } from './commands.js';
import { ECHO_COMMANDS, RUN_COMMAND, TOP_COMMANDS } from './commands.js';
import { UsageError } from './exit-codes.js';
import type { FlagSpec, FlagValues, ParsedArguments } from './flags.js';
import { PARSER_CONFIGURATION, declareFlags, explainParserComplaint, readFlags } from './flags.js';

/** The program's name. */
export const PROGRAM = 'mdp-broker';

const HELP_WIDTH = 110;

/** A command that was asked for. */
export interface FoundCommand {
  readonly command: Command;
  readonly values: FlagValues;
  /** The words besides flags; only for a command that takes some. */
  readonly words: readonly string[];
}

/**
 * Read a command line. Help and the version are printed at once.
 *
 * @param args - without Node.js and the script
 * @returns what to run; nothing when help or the version was all that was asked for
 * @throws {@link UsageError} for an unknown command, an unknown flag, a flag without its value, a word too many
 */
export async function readCommandLine(args: readonly string[]): Promise<FoundCommand | undefined> {
  let found: FoundCommand | undefined;
  let flagsInUse: readonly FlagSpec[] = [];
  const add = (parser: Argv, command: Command, siblings: readonly string[] = []): void => {
    parser.command({
      command: command.name ?? '$0',
      describe: command.describe,
      builder: async (sub: Argv) => {
        if (command.words !== undefined) sub.usage(`$0 ${command.name ?? ''} ${command.words} [options]`);
        for (const [line, meaning] of command.examples ?? []) sub.example(`$0 ${line}`, meaning);
        flagsInUse = (await command.load()).flags;
        return declareFlags(sub, flagsInUse);
      },
      handler: (parsed: ParsedArguments) => {
        const words = wordsOf(parsed);
        const own = words.indexOf(command.name ?? '') + 1;
        refuseUnknownCommand(words.slice(own), siblings);
        const takesWords = command.words !== undefined;
        found = {
          command,
          values: readFlags(parsed, flagsInUse, takesWords ? words.length : own),
          words: takesWords ? words.slice(own) : [],
        };
      },
    });
  };

  const parser = yargs(joinKeys(args))
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
    handler: (parsed: ParsedArguments) => {
      refuseUnknownCommand(wordsOf(parsed).slice(1), namesOf(ECHO_COMMANDS));
      throw new UsageError('echo alone does nothing, allowed is echo worker, echo client');
    },
  });
  for (const command of TOP_COMMANDS) add(parser, command);
  add(parser, RUN_COMMAND, ['echo', ...namesOf(TOP_COMMANDS)]);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'YError') throw error;
    throw new UsageError(explainParserComplaint(error.message, flagsInUse));
  }
  return found;
}

/** A key may begin with a dash. The parser would take it for a flag; behind `=` it does not. */
function joinKeys(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (before === '--server-key' && isZ85Key(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function namesOf(commands: readonly Command[]): string[] {
  return commands.flatMap((command) => command.name ?? []);
}

function wordsOf(parsed: ParsedArguments): string[] {
  return (parsed['_'] as readonly unknown[]).map(String);
}

/** A word where a command could stand is most often a misspelt one. */
function refuseUnknownCommand(words: readonly string[], known: readonly string[]): void {
  const [word] = words;
  if (word === undefined || known.length === 0) return;
  throw new UsageError(
    `unknown command ${JSON.stringify(word)}, allowed is ${known.join(', ')}${didYouMean(word, known)}`,
  );
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };
  return manifest.version;
}

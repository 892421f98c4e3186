// SPDX-License-Identifier: Apache-2.0
// completion-command - scripts with which shells complete command lines: they ask this program

import { ArgumentError } from '@mdp/protocol';
import { COMPLETE_FLAG } from './completion.js';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES, UsageError } from './exit-codes.js';
import type { FlagValues } from './flags.js';
import { quoted } from './printable.js';
import type { Environment } from './variables.js';

/** The shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof SHELLS)[number];

/** bash itself takes words apart at colons: what stands before the last one is there already. */
const BASH = `# bash completion of mdp-broker; put this into ~/.bashrc: source <(mdp-broker completion bash)
_mdp_broker() {
  local -a words found
  local line=\${COMP_LINE:0:COMP_POINT} word before=
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local current=\${words[-1]}
  [[ $current == *:* ]] && before=\${current%"\${current##*:}"}
  mapfile -t found < <(mdp-broker ${COMPLETE_FLAG} "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  for word in "\${found[@]}"; do COMPREPLY+=("\${word#"$before"}"); done
}
complete -o default -F _mdp_broker mdp-broker
`;

const ZSH = `#compdef mdp-broker
# zsh completion of mdp-broker; put this into ~/.zshrc, behind compinit: source <(mdp-broker completion zsh)
_mdp_broker() {
  local -a found
  found=("\${(@f)$(mdp-broker ${COMPLETE_FLAG} "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then compadd -- "\${(@)found}"; else _files; fi
}
compdef _mdp_broker mdp-broker
`;

const FISH = `# fish completion of mdp-broker; put this into ~/.config/fish/completions/mdp-broker.fish: mdp-broker completion fish | source
function __mdp_broker
    set -l words (commandline -opc)
    set -l found (mdp-broker ${COMPLETE_FLAG} $words[2..-1] (commandline -ct) 2>/dev/null)
    if set -q found[1]
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c mdp-broker -f -a '(__mdp_broker)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/**
 * Run `mdp-broker completion`: the script goes to stdout.
 *
 * @param words - the shell; none is the one that the variable `SHELL` names, or bash
 * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT`, {@link UsageError}
 */
export function runCompletion(_flags: FlagValues, env: Environment, words: readonly string[]): Promise<ExitCode> {
  const [given, more] = words;
  if (more !== undefined) throw new UsageError(`unexpected argument ${quoted(more)}: completion takes one SHELL`);
  process.stdout.write(SCRIPTS[given === undefined ? usualShell(env) : readShell(given)]);
  return Promise.resolve(EXIT_CODES.OK);
}

function readShell(given: string): Shell {
  const shell = SHELLS.find((one) => one === given);
  if (shell === undefined) throw new ArgumentError('SHELL', given, SHELLS.join(', '));
  return shell;
}

function usualShell(env: Environment): Shell {
  return SHELLS.find((one) => env['SHELL']?.endsWith(`/${one}`) === true) ?? 'bash';
}

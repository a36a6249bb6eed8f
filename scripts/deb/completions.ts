/** Completion of a program's commands, options and choices for three shells, from its tree of commands. */
import type { CommandTree } from "./commands.ts";

const below = (tree: CommandTree): readonly CommandTree[] => tree.commands.filter(({ name }) => name !== "help");
const longs = (tree: CommandTree): string[] => tree.options.flatMap(({ long }) => (long === null ? [] : [long]));

interface Place {
  /** `curtailctl limit`, the words that lead here. */
  readonly path: string;
  readonly tree: CommandTree;
}

const places = (tree: CommandTree, parents = ""): Place[] => {
  const path = `${parents}${tree.name}`;
  return [{ path, tree }, ...below(tree).flatMap((child) => places(child, `${path} `))];
};

const choices = (tree: CommandTree): string[] => tree.arguments.flatMap(({ choices: words }) => [...words]);

export function bashCompletion(program: CommandTree): string {
  const common = longs(program);
  const cases = places(program).map(({ path, tree }) => {
    const words = [...below(tree).map(({ name }) => name), ...choices(tree), ...new Set([...longs(tree), ...common])];
    return `    ${JSON.stringify(path)}) words="${words.join(" ")}" ;;`;
  });
  const known = places(program).map(({ path }) => `"${path}"`).join("|");
  return `# bash completion for ${program.name}; made from its commands
_${program.name}() {
  local path="${program.name}" word words="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$path $word" in
      ${known}) path="$path $word" ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}")
  [ \${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")
}
complete -o filenames -F _${program.name} ${program.name}
`;
}

export function zshCompletion(program: CommandTree): string {
  const common = program.options.filter(({ long }) => long !== null);
  const cases = places(program).map(({ path, tree }) => {
    const words = [...below(tree).map(({ name, description }) => [name, description]), ...choices(tree).map((word) => [word, ""])];
    const flags = [...tree.options.filter(({ long }) => long !== null), ...(tree === program ? [] : common)];
    return `    ${quoted(path)})
      words_here=(${words.map(([word = "", text = ""]) => quoted(`${word}:${text.replaceAll(":", ",")}`)).join(" ")})
      flags_here=(${flags.map(({ long, description }) => quoted(`${long ?? ""}:${description.replaceAll(":", ",")}`)).join(" ")}) ;;`;
  });
  return `#compdef ${program.name}
# made from its commands
local place=${quoted(program.name)} word
local -a words_here flags_here
for word in \${words[2,CURRENT-1]}; do
  case "$place $word" in
    ${places(program).map(({ path }) => quoted(path)).join("|")}) place="$place $word" ;;
  esac
done
case $place in
${cases.join("\n")}
esac
(( \${#words_here} )) && _describe command words_here
_describe option flags_here
_files
`;
}

export function fishCompletion(program: CommandTree): string {
  const lines = places(program).flatMap(({ path, tree }) => {
    const chain = path.split(" ").slice(1);
    const when = chain.length === 0 ? "__fish_use_subcommand" : chain.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
    const here = `complete -c ${program.name} -n ${quoted(when)}`;
    return [
      ...below(tree).map(({ name, description }) => `${here} -f -a ${name} -d ${quoted(description)}`),
      ...choices(tree).map((word) => `${here} -f -a ${word}`),
      ...tree.options.flatMap(({ long, takes, description }) => (long === null ? [] : [`${chain.length === 0 ? `complete -c ${program.name}` : here} -l ${long.slice(2)}${takes ? " -r" : ""} -d ${quoted(description)}`])),
    ];
  });
  return `# made from the commands of ${program.name}\n${lines.join("\n")}\n`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "’")}'`;

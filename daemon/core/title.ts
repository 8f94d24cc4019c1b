// Control characters, which neither a terminal nor a commit message may get from a prompt, and white space of every kind.
const BLANK = /[\s\u0000-\u001f\u007f-\u009f]+/g;

/** What of a line a title can come from: patterns that look for its end again and again see no more. */
const LOOKED_AT = 500;

/** A run's title at once: the first sentence or line of the prompt, at most 80 characters, cut at a word. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split(/\n/, 1)[0]!.replace(BLANK, ' ').trim().slice(0, LOOKED_AT);
  const sentence = /^(.{8,}?[.!?])(\s|$)/.exec(line)?.[1] ?? line;
  const text = sentence.replace(/[.\s]+$/, '');
  if (text === '') return 'Untitled';
  if (text.length <= 80) return text;
  const cut = text.slice(0, 79);
  const space = cut.lastIndexOf(' ');
  // A character outside the basic plane is two units: never half of one.
  return `${(space > 40 ? cut.slice(0, space) : cut).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A run's title at once: the first sentence or line of the prompt, at most 80 characters, cut at a word. */
export function titleOf(prompt: string): string {
  const line = prompt.trim().split(/\n/, 1)[0]!.replace(/\s+/g, ' ');
  const sentence = /^(.{8,}?[.!?])(\s|$)/.exec(line)?.[1] ?? line;
  const text = sentence.replace(/[.\s]+$/, '');
  if (text.length <= 80) return text;
  const cut = text.slice(0, 79);
  const space = cut.lastIndexOf(' ');
  return `${space > 40 ? cut.slice(0, space) : cut}…`;
}

/** Lines of a table whose cells are wrapped to the widths of their columns. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[], widths: readonly number[]): string {
  const rule = widths.map((width) => '-'.repeat(width)).join('-+-');
  return [line(head, widths), rule, ...rows.map((row) => line(row, widths))].join('\n');
}

function line(cells: readonly string[], widths: readonly number[]): string {
  const wrapped = cells.map((cell, index) => wrap(cell, widths[index]!));
  const height = Math.max(...wrapped.map(({ length }) => length));
  return Array.from({ length: height }, (_, row) =>
    wrapped
      .map((cell, index) => (cell[row] ?? '').padEnd(widths[index]!))
      .join(' | ')
      .trimEnd(),
  ).join('\n');
}

/** Words in lines of at most so many letters; a longer word is cut. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, 'g')) ?? [])) {
    const last = lines.at(-1)!;
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

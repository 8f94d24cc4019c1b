import { describe, test } from 'vitest';
import { visiblePieces } from '#shared/ui/visible-text.ts';
import { readCodexLine, scriptOf } from '../../daemon/adapters/codex/json-lines.ts';
import { judgeCommand } from '../../daemon/adapters/codex/judge/command-rules.mjs';
import { readPatch } from '../../daemon/adapters/git/patch-read.ts';
import { titleOf } from '../../daemon/core/title.ts';
import { openAnsi } from '../../daemon/page/ansi.ts';
import { markChanged, parsePatch } from '../../daemon/page/diff-lines.ts';
import { maskText } from '../../extension/capture/find-secrets.ts';

const LENGTH = 400_000;

/** What patterns go over again and again when they are written carelessly, and an end that they do not want. */
// biome-ignore format: a list of signs
const PIECES = ['a', ' ', '.', 'a.', '/', '(', '$(', "'", '\\', '<<E\n', '-a\n', '+a\n', '\r', '\u001b[', '\u001b]', '\u202e', '@@ -1 +1 @@\n', 'eyJa.', '=']
const TEXTS = PIECES.map((piece) => `${piece.repeat(LENGTH / piece.length)}!`);

/** What reads a text that an agent, a page or a stranger wrote. */
const READERS: readonly [string, (text: string) => unknown][] = [
  ['a title', titleOf],
  ['a log', (text) => openAnsi().write(text)],
  ['a line that is shown', visiblePieces],
  ['a diff that is shown', (text) => markChanged(parsePatch(`@@ -1 +1 @@\n-${text.slice(0, 999)}\n+${text}`))],
  ['a proposed patch', (text) => readPatch(`--- a/x\n+++ b/x\n@@ -1 +1 @@\n-${text}\n+${text}\n`)],
  ['a line of Codex', (text) => [readCodexLine(text), scriptOf(`bash -lc '${text}'`)]],
  ['a command', (text) => judgeCommand(text, { deny: ['git push *'] })],
  ['a page that is masked', (text) => maskText(text.slice(0, LENGTH / 8))],
];

describe('DOS-06 a text made to take long comes to an end', () => {
  // Time in proportion to the square of the length would be minutes each, which no test is given.
  test.each(READERS)('as %s', (_what, read) => {
    for (const text of TEXTS) read(text);
  });
});

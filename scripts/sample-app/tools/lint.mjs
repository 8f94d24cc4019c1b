import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SKIPPED = /^(node_modules|vendor|data|\.git)(\/|$)/;
const KINDS = /\.(mjs|css|sql|jsonc?|md)$/;
const MAX_LINE = 240;

const files = readdirSync(ROOT, { recursive: true })
  .filter((path) => KINDS.test(path) && !SKIPPED.test(path))
  .sort();
const problems = (
  await Promise.all(files.map(async (path) => [...problemsIn(path, readFileSync(join(ROOT, path), 'utf8')), ...(await parse(path))]))
).flat();

for (const problem of problems) console.error(problem);
console.log(`${files.length} files, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** What is wrong with the text of one file, a line each. */
function problemsIn(path, text) {
  const found = [];
  text.split('\n').forEach((line, index) => {
    const at = `${path}:${index + 1}`;
    if (/\s$/.test(line)) found.push(`${at}: space at the end of the line`);
    if (line.includes('\t')) found.push(`${at}: tab instead of spaces`);
    if (!path.endsWith('.mjs')) return;
    if (line.length > MAX_LINE && !line.includes('<p>')) found.push(`${at}: longer than ${MAX_LINE} characters`);
    if (/^\s*(debugger\b|var\s)|\bconsole\.debug\(/.test(line)) found.push(`${at}: no debugger, console.debug or var`);
  });
  if (!text.endsWith('\n') || text.endsWith('\n\n')) found.push(`${path}: must end with one newline`);
  if (path.endsWith('.sql') && !/^\d{4}_[a-z0-9_]+\.sql$/.test(path.split('/').at(-1)))
    found.push(`${path}: migrations are named 0001_words.sql`);
  return found;
}

/** What Node says of a file that it cannot parse. */
function parse(path) {
  if (!path.endsWith('.mjs')) return [];
  return new Promise((resolve) => {
    execFile(process.execPath, ['--check', join(ROOT, path)], (error, _, said) => {
      const reason = said.split('\n').find((line) => line.includes('Error'));
      resolve(error === null ? [] : [`${path}: ${reason ?? 'does not parse'}`]);
    });
  });
}

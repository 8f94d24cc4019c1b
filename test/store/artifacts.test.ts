import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openArtifacts } from '../../daemon/store/artifacts.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';

const hashOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');
const files = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

async function* chunks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

describe('bytes kept by their hash', () => {
  test('are found under it, once, and only their owner can read them', async () => {
    const folder = temporaryFolder('artifacts');
    const artifacts = openArtifacts(folder);
    const bytes = Buffer.from('héllo');
    expect(artifacts.put('héllo')).toEqual({ hash: hashOf(bytes), bytes: 6 });
    expect(await artifacts.take(chunks(bytes.subarray(0, 2), bytes.subarray(2)), 6)).toEqual({ ok: true, hash: hashOf(bytes), bytes: 6 });
    expect(artifacts.put(bytes).hash).toBe(hashOf(bytes));
    expect(files(folder)).toHaveLength(1);
    expect(artifacts.text(hashOf(bytes))).toBe('héllo');
    expect(statSync(artifacts.pathOf(hashOf(bytes))).mode & 0o777).toBe(0o600);
    expect(readFileSync(artifacts.pathOf(hashOf(bytes)))).toEqual(bytes);
  });

  test('that are empty are bytes too', async () => {
    const artifacts = openArtifacts(temporaryFolder('artifacts'));
    expect(await artifacts.take(chunks(), 0)).toEqual({ ok: true, hash: hashOf(''), bytes: 0 });
    const opened = artifacts.open(hashOf(''))!;
    expect(opened.bytes).toBe(0);
    expect(await opened.stream.toArray()).toEqual([]);
  });

  test.each([
    ['one byte too many', [Buffer.alloc(4), Buffer.alloc(1)]],
    ['far too many in one piece', [Buffer.alloc(5_000)]],
  ])('that are %s leave nothing', async (_what, parts) => {
    const folder = temporaryFolder('artifacts');
    const artifacts = openArtifacts(folder);
    expect(await artifacts.take(chunks(...parts), 4)).toEqual({ ok: false, why: 'too_large' });
    expect(files(folder)).toEqual([]);
  });

  test('whose sender breaks off leave nothing', async () => {
    const folder = temporaryFolder('artifacts');
    const artifacts = openArtifacts(folder);
    await expect(artifacts.take(chunks(Buffer.from('half'), new Error('gone')), 100)).rejects.toThrow('gone');
    expect(files(folder)).toEqual([]);
  });

  test('that a killed daemon left half written are gone at the next start, and the whole ones are there', () => {
    const folder = temporaryFolder('artifacts');
    const { hash } = openArtifacts(folder).put('whole');
    writeFileSync(join(folder, 'incoming', 'abcdef'), 'half');
    const again = openArtifacts(folder);
    expect(files(folder)).toHaveLength(1);
    expect(again.text(hash)).toBe('whole');
  });

  test('that nobody has are absent', () => {
    const artifacts = openArtifacts(temporaryFolder('artifacts'));
    expect([artifacts.open(hashOf('x')), artifacts.text(hashOf('x')), artifacts.has(hashOf('x'))]).toEqual([undefined, undefined, false]);
  });
});

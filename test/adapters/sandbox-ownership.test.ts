import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRoot, openTestSandbox, type TestSandbox } from './sandbox-support.ts';

let box: TestSandbox;
let outside: string;
beforeAll(async () => {
  box = await openTestSandbox();
  outside = join(box.state, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'precious'), 'precious', { mode: 0o600 });
});
afterAll(() => box.remove());

describe('a folder given to a seat', () => {
  it.runIf(isRoot)('belongs to it with everything in it, and links out of it are not followed', async () => {
    const folder = join(box.state, 'given');
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    writeFileSync(join(folder, 'deep/er/file'), '');
    symlinkSync(outside, join(folder, 'to-folder'));
    symlinkSync(join(outside, 'precious'), join(folder, 'deep/to-file'));
    await box.sandbox.own(folder, 3);
    for (const path of ['', 'deep', 'deep/er', 'deep/er/file', 'to-folder', 'deep/to-file']) {
      expect(lstatSync(join(folder, path)), path).toMatchObject({ uid: 64_003, gid: 64_003 });
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const path of [outside, join(outside, 'precious'), box.state]) expect(statSync(path), path).toMatchObject({ uid: 0, gid: 0 });
  });

  it.runIf(isRoot)('passes on to another seat; what already is its own is not touched', async () => {
    const folder = join(box.state, 'passed');
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    await box.sandbox.own(folder, 1);
    const before = statSync(join(folder, 'file')).ctimeMs;
    await box.sandbox.own(folder, 1);
    expect(statSync(join(folder, 'file')).ctimeMs).toBe(before);
    await box.sandbox.own(folder, 2);
    expect(statSync(join(folder, 'file'))).toMatchObject({ uid: 64_002, gid: 64_002 });
  });

  it('must be a folder, not a link to one, and of a seat that is', async () => {
    symlinkSync(outside, join(box.state, 'link'));
    await expect(box.sandbox.own(join(box.state, 'link'), 1)).rejects.toThrow('not a folder');
    await expect(box.sandbox.wipe(join(box.state, 'link'))).rejects.toThrow('not a folder');
    await expect(box.sandbox.own(outside, -1)).rejects.toThrow('seat');
    await expect(box.sandbox.own(outside, 64)).rejects.toThrow('seat');
    expect(readdirSync(outside)).toEqual(['precious']);
  });
});

describe('a folder that is wiped', () => {
  it('FS-05: is empty whatever was left in it, and nothing outside is touched', async () => {
    const script = `
      mkdir -p shut/inner 'odd name
x' && touch shut/inner/file ./-rf 'odd name
x/file' && ln -s "$1" to-folder && ln -s "$1/precious" to-file && ln -s loop loop && mkfifo pipe
      i=0; deep=.; while [ $i -lt 400 ]; do mkdir aaaaaaaaaaaaaaaaaaaa && cd aaaaaaaaaaaaaaaaaaaa; i=$((i+1)); done; cd /app
      chmod 0000 shut/inner shut; echo done`;
    const { text, outcome } = await box.read({ argv: ['sh', '-c', script, 'sh', outside] });
    expect(outcome).toMatchObject({ end: 'exited', code: 0 });
    expect(text).toBe('done\n');
    expect(readdirSync(box.app).toSorted()).toEqual(['-rf', 'a'.repeat(20), 'loop', 'odd name\nx', 'pipe', 'shut', 'to-file', 'to-folder']);
    const before = statSync(box.app);
    await box.sandbox.wipe(box.app);
    expect(readdirSync(box.app)).toEqual([]);
    expect(statSync(box.app)).toMatchObject({ uid: before.uid, ino: before.ino });
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious');
  });

  it('may itself have been closed, or not exist', async () => {
    const folder = join(box.state, 'closed');
    mkdirSync(folder);
    writeFileSync(join(folder, 'file'), '');
    chmodSync(folder, 0o000);
    await box.sandbox.wipe(folder);
    expect(readdirSync(folder)).toEqual([]);
    await box.sandbox.wipe(join(box.state, 'never'));
    expect(existsSync(join(box.state, 'never'))).toBe(false);
  });
});

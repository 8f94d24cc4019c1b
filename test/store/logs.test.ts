import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type LogChunk, openLogs } from '../../daemon/store/logs.ts';
import { randomFrom } from '../core/random.ts';
import { temporaryFolder } from '../scripts/temporary-folder.ts';

const RUN = `run_${'0'.repeat(26)}`;
const KEY = 'sk-proj-0123456789+/abcdef';
const setup = (secrets: readonly string[] = []) => {
  const folder = temporaryFolder('logs');
  return { folder, file: join(folder, RUN, 'agent.log'), logs: openLogs(folder, secrets) };
};
const MIXED = 'plain é ✓ 漢字 😀 end\n';

/** Reads from an offset as a client does: again from where the last piece ended. */
function readOn(logs: ReturnType<typeof openLogs>, from: number, max?: number): { text: string; next: number; finished: boolean } {
  let text = '';
  for (;;) {
    const part = logs.read(RUN, 'agent', from, max)!;
    text += part.text;
    if (part.finished || part.next === from) return { text, next: part.next, finished: part.finished };
    from = part.next;
  }
}

describe('reading by offset', () => {
  test.each([4, 5, 7, 64, 65_536])('in pieces of %i bytes no character is lost, repeated or torn, finished or not', async (max) => {
    const { logs } = setup();
    const sink = logs.open(RUN, 'agent');
    sink.write(MIXED.repeat(40));
    expect(readOn(logs, 0, max)).toMatchObject({ text: MIXED.repeat(40), finished: false });
    await sink.close();
    expect(readOn(logs, 0, max)).toEqual({ text: MIXED.repeat(40), next: Buffer.byteLength(MIXED) * 40, finished: true });
  });

  test('from every byte: what follows is whole, and the offset after it is the true one', async () => {
    const { logs } = setup();
    const sink = logs.open(RUN, 'agent');
    sink.write(MIXED);
    await sink.close();
    const bytes = Buffer.from(MIXED);
    for (let from = 0; from <= bytes.length; from++) {
      const read = logs.read(RUN, 'agent', from)!;
      expect(read.next).toBe(bytes.length);
      expect(read.text).toBe(bytes.subarray(from).toString('utf8'));
    }
    expect(logs.read(RUN, 'agent', bytes.length + 50)).toMatchObject({ text: '', finished: true });
  });

  test('a character that a program wrote in two halves is one', async () => {
    const { logs } = setup();
    const sink = logs.open(RUN, 'agent');
    for (const byte of Buffer.from(MIXED)) sink.write(Uint8Array.of(byte));
    await sink.close();
    expect(logs.read(RUN, 'agent', 0)?.text).toBe(MIXED);
  });

  test('half a character left by a killed daemon is taken off before more is written', async () => {
    const { logs, file, folder } = setup();
    mkdirSync(join(folder, RUN));
    for (const [index, tail] of [[0xe6], [0xe6, 0xbc], [0xf0, 0x9f, 0x98], [0xc3]].entries()) {
      writeFileSync(file, 'before\n');
      appendFileSync(file, Uint8Array.from(tail));
      const sink = logs.open(RUN, 'agent');
      sink.write(`after ${index}\n`);
      await sink.close();
      expect(readFileSync(file, 'utf8')).toBe(`before\nafter ${index}\n`);
    }
  });

  test('SEC neither a run nor a name of it can lead out of the folder', () => {
    const { logs, folder } = setup();
    writeFileSync(join(folder, '..', 'outside.log'), 'secret');
    onTestFinished(() => rmSync(join(folder, '..', 'outside.log')));
    for (const [runId, name] of [
      ['..', 'outside'],
      [RUN, '../../outside'],
      ['.', '../outside'],
      ['', '../outside'],
      [RUN, `a\0`],
    ] as const)
      expect(logs.read(runId, name, 0)).toBeUndefined();
    let told = 0;
    const stop = logs.follow({ runId: '..', stream: 'outside', offset: 0, onOutput: () => told++ >= 0 });
    stop();
    expect(told).toBe(0);
  });
});

describe('following', () => {
  test('resumes by offset from wherever it was cut, without loss and without repeat', async () => {
    const random = randomFrom(5);
    const { logs } = setup();
    const sink = logs.open(RUN, 'agent');
    let text = '';
    let offset = 0;
    let seen = '';
    let stop = () => {};
    const onOutput = (chunk: LogChunk) => {
      expect(chunk.offset).toBe(offset);
      seen += chunk.data;
      offset = chunk.next;
      return true;
    };
    for (let step = 0; step < 300; step++) {
      if (random.chance(0.3)) {
        stop();
        stop = logs.follow({ runId: RUN, stream: 'agent', offset, onOutput });
      }
      const bytes = Buffer.from(random.pick([MIXED, '😀', 'é', 'x'.repeat(70_000)]));
      const cut = random.below(bytes.length);
      text += bytes.toString();
      sink.write(bytes.subarray(0, cut));
      sink.write(bytes.subarray(cut));
    }
    stop();
    stop = logs.follow({ runId: RUN, stream: 'agent', offset, onOutput });
    await sink.close();
    stop();
    expect(offset).toBe(Buffer.byteLength(text));
    expect(seen === text).toBe(true);
  });

  test('begins before the log does, hears its end once, and nothing after it stopped', async () => {
    const { logs } = setup();
    const heard: LogChunk[] = [];
    const stopped: LogChunk[] = [];
    logs.follow({ runId: RUN, stream: 'agent', offset: 0, onOutput: (chunk) => heard.push(chunk) > 0 });
    logs.follow({ runId: RUN, stream: 'agent', offset: 0, onOutput: (chunk) => stopped.push(chunk) > 0 })();
    const sink = logs.open(RUN, 'agent');
    sink.write('one\n');
    await sink.close();
    await sink.close();
    expect(heard.map(({ data }) => data).join('')).toBe('one\n');
    expect(heard.filter(({ finished }) => finished)).toHaveLength(1);
    expect(stopped).toEqual([]);
  });
});

describe('what is kept', () => {
  test('SEC-03 no secret reaches the disk, in any of its spellings, however the output is cut', async () => {
    const { logs, file } = setup([KEY, 'line one\nline two']);
    const spellings = [
      KEY,
      encodeURIComponent(KEY),
      JSON.stringify('line one\nline two').slice(1, -1),
      ...['', 'a', 'ab'].map((before) => Buffer.from(`${before}${KEY}:x`).toString('base64')),
    ];
    const sink = logs.open(RUN, 'agent');
    for (const spelling of spellings)
      for (let cut = 0; cut <= spelling.length; cut++) {
        sink.write(spelling.slice(0, cut));
        sink.write(Buffer.from(`${spelling.slice(cut)}\n`));
      }
    await sink.close();
    const kept = readFileSync(file, 'utf8');
    for (const spelling of [KEY, encodeURIComponent(KEY), 'one\\nline two']) expect(kept).not.toContain(spelling);
    for (const [index, before] of ['', 'a', 'ab'].entries())
      expect(kept).not.toContain(
        Buffer.from(`${before}${KEY}:x`)
          .toString('base64')
          .slice(3 + index, 30),
      );
    expect(kept.split('\n').filter((line) => !line.includes('[redacted]') && line !== '')).toEqual([]);
  });

  test('20 MiB and one line that says how much more there was; the hash is of what is on disk', async () => {
    const { logs, file } = setup();
    let kept: { hash: string; bytes: number } | undefined;
    const sink = logs.open(RUN, 'agent', (info) => {
      kept = info;
    });
    const block = `${'x'.repeat(1_048_575)}\n`;
    for (let times = 0; times < 21; times++) sink.write(block);
    sink.write('late\n');
    await sink.close();
    const bytes = readFileSync(file);
    expect(bytes.subarray(20 * 1_048_576).toString()).toBe(`\n[the log is full: ${1_048_576 + 5} more bytes were not kept]\n`);
    expect(kept).toEqual({ hash: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length });
    expect(logs.list(RUN)).toEqual([{ name: 'agent', bytes: bytes.length, finished: true }]);
  });

  test('a step that is repeated goes on in the same log', async () => {
    const { logs } = setup();
    for (const text of ['first\n', 'second\n']) {
      const sink = logs.open(RUN, 'agent');
      sink.write(text);
      expect(logs.list(RUN)[0]?.finished).toBe(false);
      await sink.close();
      sink.write('after its end\n');
    }
    expect(logs.read(RUN, 'agent', 0)).toMatchObject({ text: 'first\nsecond\n', finished: true });
  });
});

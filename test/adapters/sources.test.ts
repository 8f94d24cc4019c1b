import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CapturedElement } from '#shared/capture.ts';
import type { SourceCandidate } from '#shared/source.ts';
import { openSourceFinder } from '../../daemon/adapters/sources/open-source-finder.ts';
import { SHAPES, type SourceShape } from '../support/source-shapes.ts';
import { type Fixture, never, setUp } from './git-support.ts';

const clock = { elapsed: () => performance.now() };
const placeOf = ({ file, line }: SourceCandidate) => `${file}:${line ?? '?'}`;

async function candidatesFor(fixture: Fixture, elements: readonly CapturedElement[]): Promise<readonly (readonly SourceCandidate[])[]> {
  const found = [];
  // As many as a request may carry at a time.
  for (let at = 0; at < elements.length; at += 20) {
    const { elements: some } = await openSourceFinder({ repository: fixture.repository, clock }).find({
      commit: fixture.main,
      elements: elements.slice(at, at + 20),
      signal: never,
    });
    found.push(...some.map(({ candidates }) => candidates));
  }
  return found;
}

describe.each(SHAPES.map((make) => make()))('elements of a page of $name', (shape: SourceShape) => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await setUp({ ...shape.files });
  });
  afterAll(() => fixture.cleanUp());

  test('are found at the line where they are written', async () => {
    const found = await candidatesFor(
      fixture,
      shape.elements.map(({ element }) => element),
    );
    const missed: string[] = [];
    let [known, top1, top3] = [0, 0, 0];
    for (const [at, { at: wanted, element }] of shape.elements.entries()) {
      const places = found[at]!.map(placeOf);
      if (wanted === undefined) {
        if (places.length > 0) missed.push(`${element.selector}: should be unknown, is ${places[0]}`);
        continue;
      }
      known++;
      if (places[0] === wanted) top1++;
      else missed.push(`${element.selector}: ${wanted}, not ${places.slice(0, 3).join(' ') || 'unknown'}`);
      if (places.slice(0, 3).includes(wanted)) top3++;
    }
    process.stdout.write(
      `sources ${shape.name}: top-1 ${top1}/${known}, top-3 ${top3}/${known}\n${missed
        .slice(0, 6)
        .map((line) => `  ${line}\n`)
        .join('')}`,
    );
    expect(top1 / known).toBeGreaterThanOrEqual(0.9);
    expect(top3 / known).toBeGreaterThanOrEqual(0.95);
  });
});

describe('what a page says', () => {
  let fixture: Fixture;
  beforeAll(async () => {
    fixture = await setUp({
      'src/Cart.jsx':
        'export function Cart() {\n  return (\n    <section>\n      <h2>What you buy</h2>\n      <button id="pay-now">Pay now</button>\n    </section>\n  );\n}\n',
      'src/Other.jsx': 'export function Other() {\n  return <p>Something else</p>;\n}\n',
      'etc/passwd': 'not the one of the machine\n',
      'src/-e.txt': 'nothing\n',
    });
    symlinkSync('/etc/passwd', join(fixture.person.folder, 'src/link.jsx'));
    fixture.person.git('add', '-A');
    fixture.person.git('commit', '-qm', 'a link');
    fixture = { ...fixture, main: (await fixture.repository.syncFromUpstream(never)).main };
  });
  afterAll(() => fixture.cleanUp());
  const find = async (element: Partial<CapturedElement>) =>
    (await candidatesFor(fixture, [{ selector: 'button', html: '<button>Pay now</button>', text: 'Pay now', ...element }]))[0]!;

  test('is exact only when the code at that line agrees', async () => {
    const right = await find({ hints: { 'react source': '/x/src/Cart.jsx:5:7' } });
    expect(right[0]).toMatchObject({ file: 'src/Cart.jsx', line: 5, confidence: 'exact' });
    const wrongLine = await find({ hints: { 'react source': '/x/src/Other.jsx:2:10' } });
    expect(wrongLine[0]).toMatchObject({ file: 'src/Cart.jsx', line: 5 });
    expect(wrongLine.find(({ file }) => file === 'src/Other.jsx')?.confidence).not.toBe('exact');
    const beyond = await find({ text: '', html: '<button></button>', hints: { 'react source': '/x/src/Other.jsx:900:1' } });
    expect(beyond.map(({ confidence }) => confidence)).not.toContain('exact');
    expect(beyond.every(({ line }) => line === undefined || line <= 4)).toBe(true);
  });

  test('leads to no file but those of the commit', async () => {
    const files = new Set(['src/Cart.jsx', 'src/Other.jsx', 'etc/passwd', 'src/link.jsx', 'src/-e.txt']);
    for (const hint of [
      '/etc/passwd:1:1',
      '../../../../etc/passwd:1',
      'file:///etc/shadow.txt:1',
      'src/link.jsx:1',
      '--output=/tmp/x.jsx',
      '/proc/self/environ.txt:1',
    ]) {
      const found = await find({ text: '', html: '<b></b>', hints: { 'react source': hint, 'data-source': hint } });
      expect(
        found.map(({ file }) => file).filter((file) => !files.has(file)),
        hint,
      ).toEqual([]);
      expect(JSON.stringify(found)).not.toContain('root:');
    }
  });

  test('is unknown when nothing of it stands anywhere', async () => {
    expect(await find({ text: 'Quite another thing', html: '<button>Quite another thing</button>' })).toEqual([]);
    expect(await find({ text: '', html: '', hints: {} })).toEqual([]);
  });

  test('cannot make the search long or wide', async () => {
    const noise = '(a+)+$'.repeat(2_000);
    const element: CapturedElement = {
      selector: 'x'.repeat(2_000),
      html: `<a ${'id="'.repeat(3_000)}`,
      text: `${noise}\n--no-index\n-f/etc/passwd\n${'[email] '.repeat(500)}`,
      name: noise.slice(0, 500),
      hints: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`h${at}`, `${'../'.repeat(600)}a${at}.ts:1`])),
    };
    const found = await candidatesFor(
      fixture,
      Array.from({ length: 20 }, () => element),
    );
    expect(found).toHaveLength(20);
    expect(Math.max(...found.map(({ length }) => length))).toBeLessThanOrEqual(5);
  });
});

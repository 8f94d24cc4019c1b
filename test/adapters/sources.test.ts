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

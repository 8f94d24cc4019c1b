import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { writeBrief } from '../../daemon/core/brief.ts';
import { EXAMPLES } from '../../scripts/demo-model/examples.mjs';
import { startDemoModel } from '../../scripts/demo-model/server.mjs';
import { type DemoRun, runDemo } from './run-demo.ts';
import { makeSample, runNode } from './run-sample.ts';

const CHECKS = [{ name: 'unit', command: 'node --test', required: true }];

/** A copy of the sample to ask for changes. */
export interface DemoRepo {
  repo: string;
  /** One request; in a thread of its own unless `resume` names one. `raw` sends the words as they are, without a brief around them. */
  ask(prompt: string, more?: { model?: string; resume?: string; raw?: boolean }): Promise<DemoRun>;
  text(path: string): string;
}

/** Starts the demo model for the tests of one file, and answers what makes copies of the sample. All of it is gone afterwards. */
export function useDemo(): { open(): DemoRepo; baseUrl(): string } {
  // Codex refuses a home below the temporary folder.
  const folder = mkdtempSync('/var/tmp/cb-demo-');
  let model: Awaited<ReturnType<typeof startDemoModel>>;
  let sample: string;
  let copies = 0;
  beforeAll(async () => {
    model = await startDemoModel();
    sample = await makeSample(folder);
  });
  afterAll(async () => {
    await model.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    baseUrl: () => model.baseUrl,
    open() {
      const repo = join(folder, `repo-${++copies}`);
      cpSync(sample, repo, { recursive: true });
      return {
        repo,
        ask: (prompt, more = {}) =>
          runDemo({ repo, home: `${repo}-codex`, baseUrl: model.baseUrl, brief: more.raw === true ? prompt : briefOf(prompt), ...more }),
        text: (path) => readFileSync(join(repo, path), 'utf8'),
      };
    },
  };
}

function briefOf(prompt: string): string {
  return writeBrief({
    title: prompt,
    prompt,
    fence: 'f00',
    checks: CHECKS,
    hasMigrate: true,
    screenshots: [],
    resumed: false,
    safeMode: false,
    constraints: true,
    files: [],
  });
}

/** The words of the example of one kind. */
export function promptOf(kind: string): string {
  const example = EXAMPLES.find((candidate) => candidate.kind === kind);
  if (example === undefined) throw new Error(`there is no example of ${kind}`);
  return example.prompt;
}

/** A migrated data folder for a repository, beside it. */
export function dataFor(repo: string): string {
  runNode(repo, ['migrate.mjs'], `${repo}-data`);
  return `${repo}-data`;
}

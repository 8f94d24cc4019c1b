import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { approve, must, request, untilState } from '../support/daemon-process.ts';
import { changeWords } from '../support/edits.ts';
import { get } from '../support/production-probe.ts';

let live: AppDaemon;
let { app, daemon, state } = {} as AppDaemon;

test.beforeAll(async () => {
  live = await startAppDaemon({ script: (app) => ({ watched: changeWords(app, app.words, 'words-that-break') }) });
  ({ app, daemon, state } = live);
});

test.afterAll(async () => {
  await live.end();
});

test('a release that breaks after it went live is said on every screen, with the way back beside it', async ({ page }) => {
  const asked = await request(daemon, 'Change the words. SCENARIO=watched', `${daemon.gateway}${app.route}`);
  await must(approve(daemon, await untilState(daemon, asked.id, 'needs_approval')));
  const merged = await untilState(daemon, asked.id, 'merged');
  await page.goto(daemon.open);
  await expect(page.getByLabel('What should change?')).toBeVisible();
  await page.goto(new URL('/codex/releases', daemon.control).href);
  const live = page.getByRole('listitem').filter({ hasText: 'from a run' });
  await expect(live).toContainText(`Errors are watched for, on ${app.route} and in people's requests:`);
  await expect(live.getByRole('button')).toHaveCount(0);

  breakRelease(merged.releaseId!);
  const seen = `${app.route} answered 502 twice in a row; before the deploy it answered 200`;
  await expect(live).toContainText(`Errors have risen since it went live: ${seen}`);
  // Beside it stands that production is down, as long as it is.
  await expect(page.getByRole('alert').filter({ hasText: `went live: ${seen}` })).toHaveCount(1);
  await page.goto(new URL(`/codex/runs/${asked.id}`, daemon.control).href);
  await expect(page.getByRole('heading', { name: 'After the deploy' })).toBeVisible();
  await expect(page.getByText(seen).first()).toBeVisible();
  await page.getByRole('link', { name: 'Roll back on the Releases page' }).click();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect((await get(daemon.gatewayPort, 'app.localhost', app.route)).text).not.toContain(app.words);

  await live.getByRole('button', { name: 'Roll back…' }).click();
  await live.getByRole('button', { name: 'Roll back now' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Back to:' })).toContainText('Live');
  expect((await get(daemon.gatewayPort, 'app.localhost', app.route)).text).toContain(app.words);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

/** Takes away a file that the release reads for each page. Its process ends, and each start of it ends at once. */
function breakRelease(releaseId: string): void {
  const root = join(state, 'releases');
  const note = readdirSync(root).find((name) => name.endsWith('.json') && readNote(join(root, name)) === releaseId)!;
  const folder = join(root, note.slice(0, -'.release.json'.length));
  rmSync(join(folder, app.file));
}

function readNote(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { releaseId: string }).releaseId;
}

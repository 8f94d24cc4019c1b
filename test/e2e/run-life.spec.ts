import { expect, type Page, test } from '@playwright/test';
import { type AppDaemon, startAppDaemon } from '../support/app-daemon.ts';
import { changeWords } from '../support/edits.ts';
import type { GeneratedApp } from '../support/generated-app.ts';
import { pairCode } from '../support/pairing.ts';
import { type Scenarios, say } from '../support/scripted-model.ts';
import { headingAt } from '../support/visit.ts';

let live: AppDaemon;
let { app, daemon } = {} as AppDaemon;

test.beforeAll(async () => {
  live = await startAppDaemon({ script });
  ({ app, daemon } = live);
});

test.afterAll(() => live.end());

const script = (of: GeneratedApp): Scenarios => ({
  first: changeWords(of, of.words, 'first-try'),
  second: changeWords(of, 'first-try', 'second-try'),
  proposal: [
    say(
      JSON.stringify({
        patch: `--- a/${of.file}\n+++ b/${of.file}\n@@ -1 +1 @@\n-${of.words}\n+proposed-words\n`,
        summary: 'Proposes other words.',
        files: [of.file],
        risks: [],
        howToVerify: [],
        followUps: ['Give the page a title'],
      }),
    ),
  ],
});

/** Asks in the box at home and opens the run. */
async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByLabel('What should change?').fill(prompt);
  await page.keyboard.press('Control+Enter');
  await page.getByRole('link', { name: prompt }).first().click();
  await expect(page.getByRole('heading', { name: prompt, level: 1 })).toBeVisible();
}

/** Clicks as a person who has had the decision in sight: it takes no click before. It may have been armed for an earlier state, where it is blocked. */
async function decide(page: Page, name: string): Promise<void> {
  await expect(page.getByRole('button', { name })).toBeEnabled({ timeout: 90_000 });
  await expect(page.locator('[data-armed="true"]')).toBeVisible({ timeout: 90_000 });
  await page.getByRole('button', { name }).click();
}

const wordsAt = (page: Page, origin: string) => headingAt(page.context(), new URL(app.route, origin).href);

test('a line is commented on, the revision does it, goes live, and is taken back', async ({ page }) => {
  await page.goto(daemon.open);
  await ask(page, 'Say it better, SCENARIO=first');
  await expect(page.getByRole('button', { name: /Request Revision/ })).toBeVisible({ timeout: 90_000 });
  const parent = page.url();

  // From the keyboard: the second changed line is the one that was added.
  await page.getByRole('tab', { name: /Diff/ }).click();
  await expect(page.locator('.patch-open')).toBeVisible();
  await page.keyboard.press('n');
  await page.keyboard.press('n');
  await page.keyboard.press('c');
  await page.keyboard.type('Once more, please. SCENARIO=second');
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(page.getByText('Once more, please. SCENARIO=second')).toBeVisible();
  await expect(page.getByText('1 comment, not sent')).toBeVisible();
  await page.locator('.review-tray').getByRole('button').click();
  await expect(page.getByRole('list', { name: 'Comments to send' })).toContainText(`${app.file}:1`);
  await page.getByRole('button', { name: 'Send 1 comment' }).click();

  await expect(page).not.toHaveURL(parent);
  await expect(page.getByText('What this revision was asked to change')).toBeVisible();
  await expect(page.locator('.review-comments')).toContainText(`${app.file}:1`);
  await expect(page.locator('.review-comments')).toContainText('first-try');
  await expect(page.getByRole('button', { name: /Approve and Merge/ })).toBeVisible();
  await expect(page.getByRole('link', { name: /Open Preview/ })).toBeVisible({ timeout: 90_000 });
  expect(await wordsAt(page, (await page.getByRole('link', { name: /Open Preview/ }).getAttribute('href')) ?? '')).toBe('second-try');
  await page.getByText('Revision of').getByRole('link').click();
  await expect(page.getByText('Revised', { exact: true })).toBeVisible();
  await page.getByRole('list', { name: 'Runs that came from this one' }).getByRole('link').click();

  await decide(page, 'Approve and Merge');
  await expect(page.getByText('Merged', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  expect(await wordsAt(page, daemon.gateway)).toBe('second-try');

  await page.getByRole('button', { name: 'Revert…' }).click();
  await page.getByRole('button', { name: 'Make the revert' }).click();
  await expect(page.getByRole('heading', { name: /^Revert: /, level: 1 })).toBeVisible();
  await expect(page.getByText('Up to date with main')).toBeVisible({ timeout: 90_000 });
  await decide(page, 'Approve and Merge');
  await expect(page.getByText('Merged', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  expect(await wordsAt(page, daemon.gateway)).toBe(app.words);

  await page.getByRole('button', { name: 'Archive' }).click();
  await expect(page.getByText('Archived', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Runs' }).first().click();
  await expect(page.getByRole('link', { name: 'Say it better, SCENARIO=first', exact: true }).first()).toBeVisible();
  await expect(page.getByRole('link', { name: /^Revert: / })).toHaveCount(0);
  await page.getByRole('combobox', { name: 'State' }).selectOption('Archived');
  await expect(page.getByRole('link', { name: /^Revert: / })).toBeVisible();
});

test('in safe mode nothing happens until the patch was read and applied; what Codex leaves for later stays an idea', async ({ page }) => {
  await page.goto((await pairCode(daemon)).url);
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('checkbox', { name: /Safe mode/ }).check();
  await ask(page, 'Propose something, SCENARIO=proposal');
  await expect(page.getByRole('heading', { name: /Apply the proposed patch/ })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByText('Patch proposed', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Read the patch' }).click();
  await expect(page.getByText('proposed-words')).toBeVisible();
  expect(await wordsAt(page, daemon.gateway)).toBe(app.words);
  await decide(page, 'Apply the patch');

  const preview = page.getByRole('link', { name: /Open Preview/ });
  await expect(preview).toBeVisible({ timeout: 90_000 });
  expect(await wordsAt(page, (await preview.getAttribute('href')) ?? '')).toBe('proposed-words');

  await page.getByRole('link', { name: 'Runs' }).first().click();
  await page.getByText('Ideas from agents').click();
  await expect(page.getByText('Give the page a title')).toBeVisible();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByText('None is waiting.')).toBeVisible();
});

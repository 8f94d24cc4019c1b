/** Files of more than 250 lines, each with the reason why it is better whole. A file that became shorter must leave this list. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'daemon/core/run.ts': 'what each fact makes of a run, side by side',
  'daemon/daemon.ts': 'starts and stops all parts: the order is the content',
  'daemon/page/ansi.ts': 'one state machine, read as one table of modes',
  'shared/link.ts': 'one connection’s life: handshake, calls, notices and reconnecting share its state',
  'daemon/page/run/overview-tab.tsx': 'the facts of a run in the order they are shown',
  'daemon/page/styles/diff.css': 'the look of a diff, its lines, gutters and comments together',
  'daemon/ports.ts': 'every port in one place: the contract between the rooms is read as one text',
  'extension/capture/capture.css': 'the look of picker, payload view and editor together: the overlay takes one sheet',
  'daemon/store/queries.ts': 'the reading statements side by side, each with the row it makes',
  'migrations/0001_ledger.sql': 'the whole first schema: a migration is one step',
  'shared/ui/theme.css': 'every colour and size, light and dark side by side',
  'test/adapters/deploy.test.ts': 'one release’s life, with a kill at each step',
  'test/adapters/git-furnish.test.ts': 'everything a checkout needs besides its commit, each made for real',
  'test/adapters/git-merge.test.ts': 'one merge and all that may happen around it',
  'test/adapters/git-upstream.test.ts': 'every way upstream and we can differ',
  'test/adapters/git-worktree.test.ts': 'everything that may stand in a worktree’s way, against one repository',
  'test/adapters/sandbox.test.ts': 'one promise of the sandbox after another, tried for real in one place',
  'test/bad-days/table.ts': 'one bad day beside the other: the table is the content',
  'test/cli/doctor.test.ts': 'everything that may be wrong with a machine, one after another',
  'test/daemon/contract.test.ts': 'one daemon, and every operation of its document: what one test makes, the next ones call with',
  'test/cli/trouble.test.ts': 'one bad line after another, against one daemon',
  'test/daemon/main-job.test.ts': 'one request’s whole way, read from top to bottom',
  'test/e2e/popup.spec.ts': 'one person’s afternoon in the popup, each part going on where the one before ended',
  'test/gateway/releases.test.ts': 'one gateway process, found, steered and killed',
  'test/http/doors.test.ts': 'every door with its refusals',
  'test/http/socket-session.test.ts': 'one conversation on one socket, and each way to break it',
  'test/support/source-shapes.ts': 'one framework beside the other, each with where its elements are written',
  'test/local/shapes.ts': 'one repository beside the other, each with what must be guessed of it',
};

/** Lines a file may have without saying why. */
export const LONG = 250;

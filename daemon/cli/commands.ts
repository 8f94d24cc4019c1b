import type { Handler } from './command.ts';
import type { CommandName } from './command-table.ts';
import { audit, devices, flags, open, pair } from './commands/access.ts';
import { approve } from './commands/approve.ts';
import { completion } from './commands/completion.ts';
import { serve, stop } from './commands/daemon.ts';
import { apply, reject, revise, send } from './commands/decisions.ts';
import { restore, retry, revert } from './commands/descend.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { drafts } from './commands/drafts.ts';
import { init } from './commands/init.ts';
import { logs } from './commands/logs.ts';
import { checks, commands, preview } from './commands/look.ts';
import { release, releases, rollback, takeOver } from './commands/releases.ts';
import { cycle, request } from './commands/request.ts';
import { archive, cancel, read, runs, unarchive, unread } from './commands/runs.ts';
import { schema } from './commands/schema.ts';
import { installService, uninstallService } from './commands/service.ts';
import { show } from './commands/show.ts';
import { signIn } from './commands/sign-in.ts';
import { slots } from './commands/slots.ts';
import { watch } from './commands/watch.ts';

/** Who does each command of the table. */
export const HANDLERS: { [Name in CommandName]: Handler<Name> } = {
  init,
  doctor,
  'sign-in': signIn,
  schema,
  completion,
  'install-service': installService,
  'uninstall-service': uninstallService,
  request,
  cycle,
  runs,
  show,
  watch,
  logs,
  commands,
  send,
  cancel,
  retry,
  archive,
  unarchive,
  read,
  unread,
  drafts,
  diff,
  checks,
  preview,
  approve,
  reject,
  revise,
  apply,
  restore,
  revert,
  slots,
  releases,
  rollback,
  release,
  'take-over': takeOver,
  serve,
  open,
  pair,
  devices,
  flags,
  audit,
  stop,
};

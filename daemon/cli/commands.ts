import type { Handler } from './command.ts';
import type { CommandName } from './command-table.ts';
import { completion } from './commands/completion.ts';
import { serve, stop } from './commands/daemon.ts';
import { approve, reject } from './commands/decisions.ts';
import { doctor } from './commands/doctor.ts';
import { init } from './commands/init.ts';
import { releases, rollback } from './commands/releases.ts';
import { cancel, request, runs, show } from './commands/runs.ts';
import { schema } from './commands/schema.ts';
import { installService, uninstallService } from './commands/service.ts';
import { open, pair } from './commands/sign-in.ts';
import { slots } from './commands/slots.ts';

/** Who does each command of the table. */
export const HANDLERS: { [Name in CommandName]: Handler<Name> } = {
  init,
  doctor,
  schema,
  completion,
  'install-service': installService,
  'uninstall-service': uninstallService,
  request,
  runs,
  show,
  approve,
  reject,
  cancel,
  slots,
  releases,
  rollback,
  serve,
  open,
  pair,
  stop,
};

import * as z from 'zod/mini';
import { RunDetail, Status } from '#shared/api.ts';
import { AuditEntry, Device } from '#shared/audit.ts';
import { Capture } from '#shared/capture.ts';
import { Check } from '#shared/check.ts';
import { ErrorBody } from '#shared/errors.ts';
import { Policy } from '#shared/policy.ts';
import { Readiness } from '#shared/readiness.ts';
import { Release } from '#shared/release.ts';
import { Approval, Attempt, CommandRecord, Diff } from '#shared/review.ts';
import { Draft, LogInfo, Message, Preview, Run, RunEvent, Standing } from '#shared/run.ts';
import { Slot } from '#shared/slot.ts';
import { ClientFrame, DaemonFrame } from '#shared/socket.ts';
import { Notice } from '#shared/stream.ts';
import { strictly } from './strict-parse.ts';

export type Json = Record<string, unknown>;

const NOUNS = {
  Approval,
  Attempt,
  AuditEntry,
  Capture,
  Check,
  ClientFrame,
  CommandRecord,
  DaemonFrame,
  Device,
  Diff,
  Draft,
  Error: ErrorBody,
  LogInfo,
  Message,
  Notice,
  Policy,
  Preview,
  Readiness,
  Release,
  Run,
  RunDetail,
  RunEvent,
  Slot,
  Standing,
  Status,
};
const COMPONENTS = '#/components/schemas/';
const nouns = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NOUNS)) nouns.add(schema, { id });

/** What clients read stays open: a newer daemon may say more. */
const open: NonNullable<Parameters<typeof z.toJSONSchema>[1]>['override'] = ({ jsonSchema }) => {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

/** The nouns of the wire, by name. */
export function nounSchemas(): Json {
  const { schemas } = z.toJSONSchema(nouns, { uri: (id) => COMPONENTS + id, override: open });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, schema]) => {
      const { $schema: _dialect, $id: _id, ...rest } = schema as Json;
      return [id, rest];
    }),
  );
}

/** Of something the daemon answers; a noun is referred to. */
export function replySchema(schema: z.core.$ZodType): Json {
  const noun = nouns.get(schema);
  if (noun !== undefined) return { $ref: COMPONENTS + noun.id };
  const { $schema: _dialect, $defs: _nouns, ...rest } = z.toJSONSchema(schema, { metadata: nouns, override: open }) as Json;
  return JSON.parse(JSON.stringify(rest).replaceAll('"#/$defs/', `"${COMPONENTS}`)) as Json;
}

/** Of something a client sends: closed, because a key that is not known is refused. */
export function inputSchema(schema: z.core.$ZodType): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(strictly(schema), { io: 'input' }) as Json;
  return rest;
}

import { writeBrief } from '../../core/brief.ts';
import { titleOf } from '../../core/title.ts';
import type { Handlers } from '../handlers.ts';
import type { DoorParts } from './parts.ts';

/** What a brief takes from main. */
export interface BriefSources {
  settingsAt(commit: string): Promise<
    | {
        ok: true;
        settings: {
          folder: string;
          checks: readonly { name: string; command: string; required: boolean }[];
          deploy: { migrate?: string | undefined };
        };
      }
    | { ok: false; problems: readonly string[] }
  >;
  codebaseMap(commit: string): Promise<string>;
}

/** The door that shows what an agent would be told today. The run's own brief also names what its setup installed. */
export function briefDoor(
  { repository, artifacts, flags, ids }: Pick<DoorParts, 'repository' | 'artifacts' | 'flags' | 'ids'>,
  { settingsAt, codebaseMap }: BriefSources,
): Pick<Handlers, 'previewBrief'> {
  return {
    async previewBrief({ body }) {
      const main = (await repository.head('refs/heads/main'))!;
      const at = await settingsAt(main);
      if (!at.ok)
        return { ok: false, code: 'wrong_state', message: `codex-builder.jsonc on main cannot be used: ${at.problems.join('; ')}` };
      const { folder, checks, deploy } = at.settings;
      const brief = writeBrief({
        title: titleOf(body.prompt),
        prompt: body.prompt,
        ...(body.context === undefined ? {} : { context: body.context }),
        fence: ids.randomHex(8),
        checks,
        hasMigrate: deploy.migrate !== undefined,
        screenshots: (body.context?.screenshots ?? []).map((_hash, index) => `/in/screenshot-${index + 1}.png`),
        resumed: false,
        safeMode: body.safeMode === true || flags.safeMode(),
        constraints: body.constraints !== false,
        files: (body.files ?? []).map(({ path, artifact }) => ({ path, text: artifacts.text(artifact) ?? '' })),
        ...(body.map === true ? { map: await codebaseMap(main) } : {}),
        place: { folder, made: [], submodules: [] },
      });
      return { ok: true, body: { brief, tokens: Math.ceil(brief.length / 4) } };
    },
  };
}

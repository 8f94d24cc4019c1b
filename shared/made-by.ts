/**
 * With each answer of a preview the gateway says which run it shows, in a `Server-Timing` entry of this name: the one header that a
 * document keeps for those who ask later. A slot goes from run to run, and a tab that stayed open still shows the one before.
 */
export const MADE_BY = 'codex-builder-run';

/** How main in the person's repository stands to ours, as last seen; shown, never decided upon. */
export interface UpstreamSeen {
  state: 'in_step' | 'ahead' | 'diverged' | 'offline' | 'unknown';
  detail?: string;
  /** Since when it is in this state. */
  since?: number;
  /** Diverged because main there was rewritten: a person decides what main is to be. */
  rewritten?: Rewritten;
  /** Diverged, and why the two cannot be made one without a person. */
  held?: Held;
  /** On main, come from there, and not live. */
  notLive?: NotLive;
}

export interface Rewritten {
  /** Where main is there now. */
  commit: string;
  /** How many commits of our main it lacks, and titles of the runs that were merged among them. */
  dropped: number;
  runs: readonly string[];
}

/** `conflict`: both changed the same lines. `refused`: a required check failed on the merge. */
export interface Held {
  why: 'conflict' | 'refused';
  detail: string;
}

export interface NotLive {
  commits: number;
  /** `manual`: nobody has said yet that they go live. `failed`: it was tried, `detail` says what came of it. */
  why: 'manual' | 'failed';
  detail?: string;
}

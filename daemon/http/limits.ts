/** How much of anything a client may ask of the door. Times in milliseconds, sizes in bytes. */
export interface HttpLimits {
  headerBytes: number;
  headersMs: number;
  requestMs: number;
  checkMs: number;
  /** A connection without any traffic for so long is closed; streams send heartbeats. */
  idleMs: number;
  connections: number;
  bodyBytes: number;
  artifactBytes: number;
  /** Sockets open at once, and of these not yet proved. */
  sockets: number;
  strangers: number;
  proofMs: number;
  frameBytes: number;
  /** Frames a second, and how many may come at once after a pause. */
  framesPerSecond: number;
  frameBurst: number;
  /** Logs one socket may follow at once. */
  follows: number;
  /** A live reader that has so much unread is dropped and resumes by sequence number. */
  unreadBytes: number;
  /** While the past is sent, reading it pauses at so much unread … */
  replayBytes: number;
  /** … and a reader that takes nothing for so long is dropped. */
  stallMs: number;
  heartbeatMs: number;
  drainMs: number;
}

const KiB = 1_024;
const MiB = 1_024 * KiB;

export const HTTP_LIMITS: HttpLimits = {
  headerBytes: 8 * KiB,
  headersMs: 5_000,
  requestMs: 10_000,
  checkMs: 1_000,
  idleMs: 60_000,
  connections: 2_048,
  bodyBytes: MiB,
  artifactBytes: 32 * MiB,
  sockets: 64,
  strangers: 8,
  proofMs: 3_000,
  frameBytes: 256 * KiB,
  framesPerSecond: 50,
  frameBurst: 200,
  follows: 16,
  unreadBytes: MiB,
  replayBytes: 256 * KiB,
  stallMs: 10_000,
  heartbeatMs: 15_000,
  drainMs: 2_000,
};

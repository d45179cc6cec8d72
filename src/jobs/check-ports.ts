/**
 * What a job is given that asks others for a signal.
 */
import type pg from 'pg';
import type { Http } from '../delivery/egress.ts';
import type { Command } from '../model/commands.ts';
import type { LoadedProgram } from '../model/program.ts';
import type { Clock } from './clock.ts';

export interface CheckPorts {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly http: Pick<Http, 'send'>;
  readonly programByNo: (no: number) => LoadedProgram;
  readonly unseal: (programNo: number, version: number, sealed: Buffer) => string;
  readonly tell: (programNo: number, command: Command) => Promise<unknown>;
  readonly log: (fields: object, message: string) => void;
}

/** So long may one answer take. */
export const TRY_MS = 10_000;
/** So long nobody else asks. */
export const LEASE_MS = 60_000;

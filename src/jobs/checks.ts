/**
 * What signals ask of others: registries about domains, lists and services about networks.
 * Promises: one loop a program; no transaction is open while the network is used. Must never: decide anything; the
 * engine is told.
 */
import { createLoops, type Loops } from '../delivery/loops.ts';
import type { CheckPorts } from './check-ports.ts';
import { askDomains } from './domain-checks.ts';
import { askNetworks } from './network-checks.ts';

export interface Checks extends Loops {
  /** Asks what is due, each once; returns how many. */
  runDue(programNo: number): Promise<number>;
}

export function createChecks(ports: CheckPorts): Checks {
  const runDue = async (programNo: number) =>
    (await askDomains(ports, programNo)) + (await askNetworks(ports, programNo));
  const failed = (program: number, err: unknown) => ports.log({ program, err }, 'what signals ask could not be asked');
  return { runDue, ...createLoops(runDue, failed) };
}

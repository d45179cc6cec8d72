/**
 * How the records of what signals ask of others lie in the database.
 */
import { table } from './tables.sql.ts';

export const NETWORK_CHECKS = table('network_checks', ['ipHash'], {
  ipHash: 'text',
  refereeId: 'bigint',
  createdAt: 'timestamptz',
  toldAt: 'timestamptz',
  country: 'text',
  asn: 'bigint',
  kinds: 'text',
});

/** The columns that the engine writes; when a registry is asked again is the job's. */
export const DOMAIN_CHECKS = table('domain_checks', ['domainHash'], {
  domainHash: 'text',
  refereeId: 'bigint',
  createdAt: 'timestamptz',
  toldAt: 'timestamptz',
  registeredAt: 'timestamptz',
});

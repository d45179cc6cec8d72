/**
 * Visits and claims as the fold reads them; it never writes them.
 */
import { table } from './tables.sql.ts';

export const VISITS = table('visits', ['visitorHash', 'codeKey'], {
  visitorHash: 'text',
  codeKey: 'text',
  firstAt: 'timestamptz',
  lastAt: 'timestamptz',
});
export const VISIT_CLAIMS = table('visit_claims', ['emailHash', 'visitorHash', 'codeKey'], {
  id: 'bigint',
  emailHash: 'text',
  visitorHash: 'text',
  codeKey: 'text',
  firstClaimedAt: 'timestamptz',
  claimedAt: 'timestamptz',
  firstClickAt: 'timestamptz',
  lastClickAt: 'timestamptz',
  networkHash: 'text',
});

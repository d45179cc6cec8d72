/**
 * What browsers told of visitors, as the fold reads it.
 * Promises: times are by our own clock; who and where are keyed hashes. Must never: be changed by the fold: visits are
 * written beside the inbox.
 */
/** A visitor's clicks on one code, by our own clock. */
export interface Visit {
  readonly visitorHash: string;
  readonly codeKey: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** A visitor who had clicked the code sent a form with this address. */
export interface VisitClaim {
  readonly id: bigint;
  readonly emailHash: string;
  readonly visitorHash: string;
  readonly codeKey: string;
  readonly firstClaimedAt: Date;
  /** Lately. */
  readonly claimedAt: Date;
  readonly firstClickAt: Date;
  readonly lastClickAt: Date;
  readonly networkHash: string | null;
}

/** How many addresses were claimed from one network within a day of this time. */
export interface VisitPlace {
  readonly networkHash: string;
  readonly claimedAt: Date;
  readonly addresses: number;
}

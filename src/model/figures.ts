/**
 * What signals read beside the people and payments at hand: figures of a referrer, and what others were asked.
 * Promises: figures are never saved but counted anew, and what stands in the world itself is not in them, so that both
 * together are everything.
 */

export interface ReferrerFigures {
  readonly personId: bigint;
  /** Referees that qualified, and those whose time to qualify ran out. */
  readonly qualified: number;
  readonly unqualified: number;
  /** Referees who used credit and have had their time to pay, and those of them who did. */
  readonly consumers: number;
  readonly paying: number;
  /** The referrer's own shares within the time that is looked at. */
  readonly payments: number;
  readonly earned: bigint;
  readonly reversed: bigint;
}

/** The newest clicks on somebody's links. */
export interface ClickFigures {
  readonly personId: bigint;
  readonly clicks: number;
  /** How many networks they came from. */
  readonly networks: number;
}

/** What the network of an address is: asked of a list or a service, and told by it. */
export interface NetworkCheck {
  readonly ipHash: string;
  /** Whose sealed address is asked about. */
  readonly refereeId: bigint;
  readonly createdAt: Date;
  readonly toldAt: Date | null;
  readonly country: string | null;
  readonly asn: bigint | null;
  /** Joined by commas; null: nobody said. */
  readonly kinds: string | null;
}

/** How old an e-mail domain is: asked of a registry, and told by it. */
export interface DomainCheck {
  readonly domainHash: string;
  /** Whose address has its name. */
  readonly refereeId: bigint;
  readonly createdAt: Date;
  readonly toldAt: Date | null;
  readonly registeredAt: Date | null;
}

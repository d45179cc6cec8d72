/**
 * The languages that we have texts in.
 * Promises: each has its file in texts/. Must never: depend on who reads.
 */
export const LANGUAGES = ['en', 'de'] as const;

export type Language = (typeof LANGUAGES)[number];

// What did not fit the document since the last test; apart, so that a test without HTTP loads nothing for it.
export const breaches: string[] = [];

// After each test: every answer that it saw fitted the document.
import { afterAll, afterEach, expect } from 'vitest';
import { breaches } from './breaches.ts';

const none = () => expect(breaches.splice(0)).toEqual([]);
afterEach(none);
afterAll(none);

// How the tests run: one embedded PostgreSQL for the whole run (support/global-setup.ts), two workers at most, since
// each test file brings its own database and often its own server. Every answer that a test sees is held against the
// OpenAPI document (support/document.ts).
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    setupFiles: ['test/support/document-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Files share what they import: loading the service anew for each took a tenth of the time. So a test file keeps
    // nothing in modules of src, and mocks none.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    watch: false,
  },
});

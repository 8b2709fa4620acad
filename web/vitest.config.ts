import { defineConfig } from 'vitest/config'

// Only pure modules are tested here; what needs a browser is tested in e2e
// with the real one. The zone is fixed so that dates in words have one answer.
export default defineConfig({
  test: { include: ['src/**/*.test.ts'], env: { TZ: 'Europe/Berlin' } },
})

import { defineConfig, type Plugin } from 'vite'
import react from '@vitejs/plugin-react'
import { gzipSync } from 'node:zlib'
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// The Go side sends the twin where the browser takes gzip, so that nothing is
// compressed while somebody waits.
function gzTwins(): Plugin {
  return {
    name: 'gz-twins',
    apply: 'build',
    writeBundle({ dir = 'dist' }) {
      for (const file of [...under(join(dir, 'assets')), join(dir, 'index.html')]) {
        if (!/\.(js|css|html|svg)$/.test(file)) continue
        writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
      }
    },
  }
}

// dist/placeholder.html is tracked and must outlive every build, so the folder
// is not emptied as a whole.
function clearAssets(): Plugin {
  return {
    name: 'clear-assets',
    apply: 'build',
    buildStart() {
      rmSync('dist/assets', { recursive: true, force: true })
    },
  }
}

function under(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? under(path) : [path]
  })
}

export default defineConfig({
  plugins: [react(), clearAssets(), gzTwins()],
  build: {
    outDir: 'dist',
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: { polyfill: false },
    manifest: 'assets/manifest.json',
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // The parts every page uses are fetched once, with the shell; without
        // this the build makes two dozen files of a few hundred bytes each.
        codeSplitting: {
          groups: [{ name: 'parts', test: /src\/(api|text\/(?:en|speech)|words|ui\/(?!form|person|timeline|find))/ }],
        },
      },
    },
  },
  server: { strictPort: true, port: 5173 },
})

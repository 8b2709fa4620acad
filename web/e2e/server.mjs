// Starts the real program on an empty data folder, with its sandbox, on ports
// the system chooses.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const readyWithin = 30_000

export async function startServer() {
  const binary = process.env.SIGNOFF_BIN
  if (!binary) throw new Error('SIGNOFF_BIN names the program to test')
  const data = mkdtempSync(join(tmpdir(), 'signoff-e2e-'))
  const child = spawn(
    binary,
    ['serve', '--sandbox', '--data', data, '--listen', '127.0.0.1:0', '--sandbox-smtp', '127.0.0.1:0', '--sandbox-imap', '127.0.0.1:0', '--sandbox-https', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)))
  const ended = new Promise((resolve) => child.once('exit', resolve))

  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(data, { recursive: true, force: true })
  }
  try {
    const { server } = await announced(join(data, 'sandbox.json'), ended, said)
    return { url: server, data, said, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

// The program writes the file once it listens; until then there is nothing to hear.
async function announced(file, ended, said) {
  const until = Date.now() + readyWithin
  let gone = false
  void ended.then(() => (gone = true))
  for (;;) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch (error) {
      if (gone || Date.now() > until) throw new Error(`the server did not come up:\n${said.join('')}`, { cause: error })
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

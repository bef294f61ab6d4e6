// assetitFetch(url, options) is fetch with AssetIT's header. As a program: node assetit.mjs URL
import http from 'node:http'
import { pathToFileURL } from 'node:url'

const socketPath = process.env.ASSETIT_TOKEND_SOCKET ?? '/run/assetit-tokend/api.sock'

const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const options = { socketPath, method, path: `/v1/profiles/default/${path}`, timeout: 30_000 }
    const request = http.request(options, async (answer) => {
      let text = ''
      for await (const piece of answer) text += piece
      answer.statusCode < 300
        ? resolve(answer.headers.authorization ?? text)
        : reject(new Error(`assetit-tokend: ${text}`))
    })
    request.on('timeout', () => request.destroy(new Error('assetit-tokend does not answer')))
    request.on('error', reject).end(body)
  })

export async function assetitFetch(url, options = {}) {
  const send = (header) => fetch(url, { ...options, headers: { ...options.headers, Authorization: header } })
  const header = await ask('GET', 'header')
  const answer = await send(header)
  if (answer.status !== 401) return answer
  // Where the daemon has no other header, AssetIT's own 401 is the answer.
  const another = await ask('POST', 'rejected', header).catch(() => null)
  return another ? send(another) : answer
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const answer = await assetitFetch(process.argv[2])
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  console.log(await answer.text())
}

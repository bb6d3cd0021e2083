// A peer that speaks FastCGI record by record, to say what no web server says.
import net from 'node:net';

export const BEGIN = 1, ABORT = 2, END = 3, PARAMS = 4, STDIN = 5, STDOUT = 6, GET_VALUES = 9;

export function record(type, content = '', { id = 1, padding = 0, version = 1 } = {}) {
  const bytes = Buffer.from(content);
  const head = Buffer.from([version, type, id >> 8, id & 255, bytes.length >> 8, bytes.length & 255, padding, 0]);
  return Buffer.concat([head, bytes, Buffer.alloc(padding, 0xff)]);
}

export const begin = ({ role = 1, keep = 0, ...how } = {}) =>
  record(BEGIN, Buffer.from([0, role, keep, 0, 0, 0, 0, 0]), how);

function length(n) {
  if (n < 128) return Buffer.from([n]);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((n | 0x80000000) >>> 0);
  return four;
}

export const pair = (name, value) => {
  const [n, v] = [Buffer.from(name), Buffer.from(value)];
  return Buffer.concat([length(n.length), length(v.length), n, v]);
};

// Bytes as records of a stream, without the empty one that ends it.
export function stream(type, bytes, { chunk = 65528, ...how } = {}) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += chunk) parts.push(record(type, bytes.subarray(at, at + chunk), how));
  return Buffer.concat(parts);
}

// The parameters of a POST; headers as { 'svix-id': '...' } or a list of pairs.
export function params(headers, body, { uri = '/', method = 'POST' } = {}) {
  const list = [['REQUEST_METHOD', method], ['REQUEST_URI', uri], ['QUERY_STRING', ''], ['REMOTE_ADDR', '192.0.2.66'],
    ['CONTENT_LENGTH', String(body.length)]];
  for (const [name, value] of Array.isArray(headers) ? headers : Object.entries(headers))
    list.push([name === 'content-type' ? 'CONTENT_TYPE' : `HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]);
  return Buffer.concat(list.map(([name, value]) => pair(name, value)));
}

// A whole request, in the order of its records: a list to be tampered with.
export function post(headers, text, { chunk, padding, uri, method } = {}) {
  const body = Buffer.from(text);
  return [begin({ padding }), stream(PARAMS, params(headers, body, { uri, method }), { chunk, padding }), record(PARAMS, '', { padding }),
    stream(STDIN, body, { chunk, padding }), record(STDIN, '', { padding })];
}

// The answer's records together: { status, json }; status 0 when there is none.
export function read(bytes) {
  let text = '';
  for (let at = 0; at + 8 <= bytes.length;) {
    const n = bytes.readUInt16BE(at + 4);
    if (bytes[at + 1] === STDOUT) text += bytes.subarray(at + 8, at + 8 + n);
    at += 8 + n + bytes[at + 6];
  }
  const status = Number(/^Status: (\d+)/.exec(text)?.[1] ?? 0);
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  let json;
  try { json = JSON.parse(body); } catch { json = undefined; }
  return { status, json, text };
}

// Send bytes and wait for the connection's end, whoever ends it; ms: how long at most.
// more(socket): called when all is written.
export function ask(path, bytes, { ms = 60000, more } = {}) {
  return new Promise((done, fail) => {
    const parts = [];
    const socket = net.connect(path);
    const late = setTimeout(() => { socket.destroy(); fail(new Error(`not closed within ${ms} ms`)); }, ms);
    socket.on('data', (d) => parts.push(d));
    socket.on('error', (error) => { if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') { clearTimeout(late); fail(error); } });
    socket.on('close', () => { clearTimeout(late); done(read(Buffer.concat(parts))); });
    socket.write(Array.isArray(bytes) ? Buffer.concat(bytes) : bytes, () => more?.(socket));
  });
}

// Only a connection; resolves when it is there.
export const connected = (path) => new Promise((done, fail) => {
  const socket = net.connect(path, () => done(socket));
  socket.on('error', fail);
});

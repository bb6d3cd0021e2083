// A home with the pages behind lighttpd, people who may log in, and what a test
// needs to be one of them without a browser.
import { Home, until } from './home.mjs';
import { lighttpd } from './servers.mjs';

// Just enough of a cookie jar.
export class Jar {
  cookies = new Map();

  header() {
    return [...this.cookies].map(([k, v]) => `${k}=${v}`).join('; ');
  }

  async fetch(url, { headers = {}, ...more } = {}) {
    const answer = await fetch(url, {
      redirect: 'manual', ...more, headers: { accept: 'text/html', cookie: this.header(), ...headers },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  post(url, fields = {}, { headers = {}, ...more } = {}) {
    return this.fetch(url, {
      method: 'POST', body: new URLSearchParams(fields),
      headers: { origin: new URL(url).origin, ...headers }, ...more,
    });
  }
}

export class Site {
  static async open({ worker = true, settings } = {}) {
    const site = new this();
    site.home = new Home({ settings });
    site.passwords = {};
    for (const role of ['admin', 'operator', 'viewer']) await site.person(role, role);
    site.web = await lighttpd(site.home);
    if (worker) site.worker = site.home.worker();
    await until('admin.fcgi answers', async () =>
      (await fetch(site.url('/login'), { redirect: 'manual' })).status === 200);
    return site;
  }

  // Somebody of this name; the command prints the password it made up, once.
  async person(name, role) {
    const made = this.home.hk(['admin', 'add', name, '--role', role, '--json']);
    if (made.status !== 0) throw new Error(`admin add: ${made.err}${made.out}`);
    this.passwords[name] = JSON.parse(made.out).password;
  }

  // The web server and its programs anew, at the same address: settings are read at the start.
  async restart() {
    await this.home.stop(this.web.child);
    const { port } = this.web;
    this.web = await lighttpd(this.home, { port });
    await until('admin.fcgi answers', async () =>
      (await fetch(this.url('/login'), { redirect: 'manual' })).status === 200);
  }

  url(where = '/') {
    return this.web.url(`/admin${where}`);
  }

  close() {
    return this.home.close();
  }

  // Cookies of a login without a browser, for fetch().
  async session(name = 'admin') {
    const jar = new Jar();
    const form = await jar.fetch(this.url('/login'));
    const token = /name="form_token" value="([^"]+)"/.exec(await form.text())[1];
    const done = await jar.post(this.url('/login'), { form_token: token, name, password: this.passwords[name] });
    if (done.status !== 303) throw new Error(`login of ${name}: ${done.status}`);
    const page = await (await jar.fetch(this.url('/me'))).text();
    jar.token = /name="form_token" value="([^"]+)"/.exec(page)[1];
    return jar;
  }
}

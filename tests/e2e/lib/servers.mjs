// Real web servers as ordinary processes on free ports of 127.0.0.1, with the
// configuration files that the project ships in cgi-bin/.  What is idle is kept for
// long: to be closed just as it is used again is not what the tests are about.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { root, until } from './home.mjs';

const unused = () => new Promise((done, fail) => {
  const probe = net.createServer();
  probe.once('error', fail);
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => done(port));
  });
});

// Each once: who was given one may not have begun to listen.
const given = new Set();
export async function freePort() {
  let port;
  do port = await unused(); while (given.has(port));
  given.add(port);
  return port;
}

export const listening = (port) => new Promise((done) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.once('connect', () => { socket.destroy(); done(true); });
  socket.once('error', () => done(false));
});

// A socket's file is there before anybody listens on it, and to connect would be
// a request's beginning to whoever does.
const acceptsConnections = 0x10000;
export const socketListens = (file) => fs.readFileSync('/proc/net/unix', 'latin1').split('\n').some((line) => {
  const [, , , flags, , , , name] = line.split(/\s+/);
  return name === file && (parseInt(flags, 16) & acceptsConnections) !== 0;
});

async function serving(home, child, port, what) {
  await until(() => `${what} listens on ${port}\n${home.logText()}`, async () => {
    if (child.failed) throw child.failed;
    if (child.exitCode !== null) throw new Error(`${what} ended:\n${home.logText()}`);
    return listening(port);
  });
}

const shipped = (name) => fs.readFileSync(path.join(root, 'cgi-bin', name), 'utf8');

// FastCGI by cgi-bin/lighttpd.conf; the same programs as plain CGI under /cgi/.
// processes: how many of each; sockets: { stripe: path } of running programs.
export async function lighttpd(home, { processes = 1, port: wanted } = {}) {
  const port = wanted ?? await freePort();
  const dir = home.folder(`run/${port}${wanted ? `-${Date.now()}` : ''}`);
  const conf = path.join(dir, 'lighttpd.conf');
  home.write(conf, `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${home.dir}/www"
server.errorlog = "${home.log}"
server.max-keep-alive-idle = 300
server.upload-dirs = ( "${dir}" )
server.modules = ( "mod_alias", "mod_cgi" )
alias.url = ( "/cgi/" => "${home.bin}/" )
$HTTP["url"] =~ "^/cgi/" { cgi.assign = ( ".fcgi" => "" ) }
var.hookkeeper_bin = "${home.bin}"
var.hookkeeper_conf = "${home.conf}"
var.hookkeeper_run = "${dir}"
${shipped('lighttpd.conf').replaceAll('"max-procs" => 1', `"max-procs" => ${processes}`)}`);
  const child = home.start('lighttpd', ['-D', '-f', conf]);
  await serving(home, child, port, 'lighttpd');
  return { child, port, url: (name) => `http://127.0.0.1:${port}${name}` };
}

// One program on a UNIX socket, in the foreground under our own eyes.
export async function spawnFcgi(home, name, { env = {}, program = path.join(home.bin, `${name}.fcgi`), args = [],
  socket = path.join(home.dir, 'run', `${name}-${Math.random().toString(36).slice(2)}.sock`) } = {}) {
  const child = home.start('spawn-fcgi',
    ['-n', '-s', socket, '-M', '0660', '-b', '1024', '--', program, ...args], { env });
  await until(`${name} on its socket`, () => {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${home.logText()}`);
    return socketListens(socket);
  });
  return { child, socket };
}

// lighttpd in front of sockets: { '/path': socket }.
export async function lighttpdFor(home, places, { more = '' } = {}) {
  const port = await freePort();
  const conf = path.join(home.dir, `lighttpd-${port}.conf`);
  home.write(conf, `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${home.dir}/www"
server.errorlog = "${home.log}"
server.max-keep-alive-idle = 300
server.upload-dirs = ( "${home.dir}/run" )
server.modules = ( "mod_fastcgi" )
${more}
fastcgi.server = ( ${Object.entries(places).map(([at, socket]) =>
    `"${at}" => (( "socket" => "${socket}", "check-local" => "disable", "disable-time" => 0 ))`).join(',\n')} )
`);
  const child = home.start('lighttpd', ['-D', '-f', conf]);
  await serving(home, child, port, 'lighttpd');
  return { child, port, url: (name) => `http://127.0.0.1:${port}${name}` };
}

const modules = '/usr/lib/apache2/modules';
const load = (names) => names.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n');

// One Apache with a port for each way to run us: fcgid (cgi-bin/apache.conf),
// proxy (mod_proxy_fcgi to running programs), cgi (cgi-bin/htaccess in the site's
// own folder, as on a shared host).  ways: which of them.
// sockets: cgi-bin/apache-sockets.conf in front of the folder `sockets_in`.
// prefork: processes without threads, and mod_cgi, as hosts with PHP have it.
// host: lines of the host's own configuration; htaccess, alter: what
// somebody made of ours.
export async function apache(home, { ways, sockets = {}, sockets_in: socketsIn, prefork = false, host = '', port: wanted, htaccess = (text) => text, alter = (text) => text }) {
  const run = home.folder(`run/${await freePort()}`);
  const conf = path.join(run, 'apache.conf');
  const fcgid = ways.some((way) => way.endsWith('fcgid'));
  const ports = {};
  for (const way of ways) ports[way] = wanted ?? await freePort();
  const www = path.join(home.dir, 'site');
  fs.mkdirSync(www, { recursive: true });
  for (const name of fs.readdirSync(home.bin)) fs.copyFileSync(path.join(home.bin, name), path.join(www, name));
  fs.writeFileSync(path.join(www, '.htaccess'), htaccess(shipped('htaccess')));
  if (process.getuid() === 0) home.give(www);

  const site = `DocumentRoot "${www}"
<Directory "${www}">
	AllowOverride FileInfo Options AuthConfig
	Require all granted
</Directory>`;
  const hosts = {
    fcgid: `DocumentRoot "${home.dir}/www"\n${alter(shipped('apache.conf'))}`,
    cgi: site,
    sockets: `DocumentRoot "${home.dir}/www"\n<Directory "${home.dir}/www">\nRequire all granted\n</Directory>\n${shipped('apache-sockets.conf')}`,
    'htaccess-fcgid': site,
    proxy: `DocumentRoot "${home.dir}/www"\n${Object.entries(sockets).map(([name, socket]) => (name === 'stream' ? `
<Proxy "fcgi://hookkeeper-stream/" flushpackets=on>
</Proxy>
<Location "/stream">
	SetHandler "proxy:unix:${socket}|fcgi://hookkeeper-stream/"
	CGIPassAuth On
	Require all granted
</Location>` : `<Location "/webhooks/${name}">\nSetHandler "proxy:unix:${socket}|fcgi://localhost/"\nRequire all granted\n</Location>`)).join('\n')}`,
  };
  home.write(conf, `ServerName localhost
ServerRoot "${home.dir}"
PidFile "${run}/apache.pid"
ErrorLog "${home.log}"
LogLevel warn
Mutex file:${run} default
${load([prefork ? 'mpm_prefork' : 'mpm_event', 'authz_core', 'alias', 'env', 'rewrite', 'mime', prefork ? 'cgi' : 'cgid', 'proxy', 'proxy_fcgi', ...(fcgid ? ['fcgid'] : [])])}
TypesConfig /dev/null
${prefork ? '' : `ScriptSock ${run}/cgisock`}
${fcgid ? `FcgidIPCDir ${run}/fcgid\nFcgidProcessTableFile ${run}/fcgid.shm` : ''}
Define HOOKKEEPER_BIN ${home.bin}
Define HOOKKEEPER_CONF ${home.conf}
${socketsIn ? `Define HOOKKEEPER_RUN ${socketsIn}` : ''}
${host}
<Directory />
	Require all denied
</Directory>
${ways.map((way) => `Listen 127.0.0.1:${ports[way]}
<VirtualHost 127.0.0.1:${ports[way]}>
${hosts[way]}
</VirtualHost>`).join('\n')}
`);
  const child = home.start('apache2', ['-DFOREGROUND', '-f', conf]);
  for (const way of ways) await serving(home, child, ports[way], 'Apache');
  return {
    child,
    url: (way, name) => `http://127.0.0.1:${ports[way]}${name}`,
    ports,
  };
}

// ---- programs on sockets, all seven: for who starts none itself ------------------

const programs = ['stripe', 'clerk', 'resend', 'custom', 'admin', 'api', 'stream'];

// By cgi-bin/spawn-fcgi.sh, which leaves: to be stopped by stop().
export async function spawned(home) {
  const run = home.folder('run/spawned'), file = path.join(run, 'spawn-fcgi.sh');
  home.write(file, shipped('spawn-fcgi.sh'));
  const script = async (what) => {
    const child = home.start('sh', [file, what], {
      env: { HOOKKEEPER_BIN: home.bin, HOOKKEEPER_RUN: run, HOOKKEEPER_CONF: home.conf } });
    const { code } = await child.gone;
    if (code !== 0) throw new Error(`spawn-fcgi.sh ${what}: ${code}\n${home.logText()}`);
  };
  await script('start');
  return { run, stop: () => script('stop') };
}

// As systemd does with hookkeeper@.socket and StandardInput=socket: it listens, and
// when the first request knocks starts the program with the socket on fd 0 and 3.
const activation = `use Socket;
my ($path, $program) = @ARGV;
$^F = 10;
socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
bind($s, pack_sockaddr_un($path)) or die "bind: $!";
chmod 0660, $path; listen($s, 1024) or die "listen: $!";
my $knock = ''; vec($knock, fileno($s), 1) = 1;
select(my $r = $knock, undef, undef, undef);
require POSIX; POSIX::dup2(fileno($s), 0); POSIX::dup2(fileno($s), 3);
$ENV{LISTEN_FDS} = 1; $ENV{LISTEN_PID} = $$; $ENV{LISTEN_FDNAMES} = 'hookkeeper';
exec $program or die "exec: $!";`;

export async function activated(home) {
  const run = home.folder('run/activated');
  const children = programs.map((name) => home.start('perl',
    ['-e', activation, path.join(run, `${name}.sock`), path.join(home.bin, `${name}.fcgi`)],
    { env: { HOOKKEEPER_CONF: home.conf } }));
  await until('all sockets are there', () => {
    if (children.some((child) => child.exitCode !== null)) throw new Error(home.logText());
    return programs.every((name) => socketListens(path.join(run, `${name}.sock`)));
  });
  return { run, children };
}

// A web server in front of a folder of sockets, by the file that is shipped for it.
export async function lighttpdSockets(home, sockets) {
  const port = await freePort();
  const conf = path.join(home.dir, `lighttpd-${port}.conf`);
  home.write(conf, `server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${home.dir}/www"
server.errorlog = "${home.log}"
server.max-keep-alive-idle = 300
server.upload-dirs = ( "${home.dir}/run" )
server.modules = ( )
var.hookkeeper_run = "${sockets}"
${shipped('lighttpd-sockets.conf')}`);
  const child = home.start('lighttpd', ['-D', '-f', conf]);
  await serving(home, child, port, 'lighttpd');
  return { child, port, url: (name) => `http://127.0.0.1:${port}${name}` };
}

export async function nginx(home, sockets, { site = (text) => text } = {}) {
  const port = await freePort();
  const dir = home.folder(`run/nginx-${port}`);
  const conf = path.join(dir, 'nginx.conf');
  home.write(conf, `daemon off;
worker_processes 1;
pid ${dir}/pid;
error_log ${home.log} warn;
events { }
http {
	access_log off;
${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `	${name}_temp_path ${dir}/${name};`).join('\n')}
	server {
		listen 127.0.0.1:${port};
		root ${home.dir}/www;
${site(shipped('nginx.conf').replaceAll('/run/hookkeeper', sockets))}
	}
}
`);
  const child = home.start('nginx', ['-p', dir, '-e', home.log, '-c', conf]);
  await serving(home, child, port, 'nginx');
  return { child, port, url: (name) => `http://127.0.0.1:${port}${name}` };
}

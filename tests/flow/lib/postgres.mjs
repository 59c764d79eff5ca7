// A PostgreSQL server of a test's own: in a folder, on a socket there and on no port, as an
// unprivileged user, ended with the test.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { atEnd } from './ending.mjs';
import { testDir } from './gate.mjs';
import { until } from './wait.mjs';

// The folder of its programs; null when it is not installed.
export function findPostgres() {
	try {
		const version = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))[0];
		return path.join('/usr/lib/postgresql', version, 'bin');
	} catch {
		return null;
	}
}

// Answers its URL.
export async function startPostgres(t) {
	const bin = findPostgres();
	const dir = testDir(t);
	const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	const who = process.getuid() === 0 ? { uid: id('-u'), gid: id('-g') } : {};
	if (who.uid !== undefined) {
		chownSync(dir, who.uid, who.gid);
		chmodSync(dir, 0o700);
	}
	const data = path.join(dir, 'data');
	const options = { ...who, cwd: dir, env: { PATH: process.env.PATH, LC_ALL: 'C' } };
	execFileSync(path.join(bin, 'initdb'), ['-D', data, '-U', 'gatehouse', '-A', 'trust', '-N', '-E', 'UTF8', '--locale=C'], { ...options, stdio: 'ignore' });
	const child = spawn(path.join(bin, 'postgres'), ['-D', data, '-k', dir, '-c', 'listen_addresses=', '-F'], { ...options, stdio: 'ignore' });
	const exited = new Promise((resolve) => { child.once('exit', resolve); });
	atEnd(t, async () => {
		child.kill('SIGINT');
		await exited;
	});
	await until('the database answers', () => {
		try {
			execFileSync(path.join(bin, 'pg_isready'), ['-q', '-h', dir], options);
			return true;
		} catch {
			return false;
		}
	});
	return `postgresql://gatehouse@/postgres?host=${dir}`;
}

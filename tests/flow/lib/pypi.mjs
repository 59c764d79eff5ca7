// Programs from PyPI, each in an environment of its own under build/pypi, kept for the
// next run. Where PyPI cannot be reached the answer says why, and the test is skipped. Test
// files that run at once and want the same wait for the one that fetches it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './gate.mjs';
import { run } from './process.mjs';
import { until } from './wait.mjs';

const PACKAGES = {
	healthomics: 'awslabs.aws-healthomics-mcp-server==0.1.5',
	cloudwatch: 'awslabs.cloudwatch-applicationsignals-mcp-server==0.2.1',
	sitewise: 'awslabs.aws-iot-sitewise-mcp-server==11.0.23',
	moto: 'moto[server]==5.2.5',
	mcp: 'mcp==2.3.0',
	schemathesis: 'schemathesis==4.32.5',
};
const MINUTES = 60000;

// { bin: folder of its programs } or { why: the reason to skip }.
export async function fromPypi(name) {
	const want = PACKAGES[name];
	const dir = path.join(ROOT, 'build/pypi', name);
	const stamp = path.join(dir, '.ready');
	const found = { bin: path.join(dir, 'bin') };
	const isReady = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === want;
	if (isReady())
		return found;
	const unlock = await lock(`${dir}.lock`);
	try {
		const wrong = isReady() ? undefined : await fetchInto(dir, want);
		if (wrong)
			return wrong;
		writeFileSync(stamp, want);
		return found;
	} finally {
		unlock();
	}
}

// Held by the process whose id is in the file; one that is gone holds nothing.
async function lock(file) {
	mkdirSync(path.dirname(file), { recursive: true });
	await until(`${file} is free`, () => {
		try {
			writeFileSync(file, String(process.pid), { flag: 'wx' });
			return true;
		} catch {
			if (!isHeld(file))
				rmSync(file, { force: true });
			return false;
		}
	}, 20 * MINUTES);
	return () => rmSync(file, { force: true });
}

function isHeld(file) {
	try {
		process.kill(Number(readFileSync(file, 'utf8')), 0);
		return true;
	} catch {
		return false;
	}
}

// Answers what went wrong, if anything did.
async function fetchInto(dir, want) {
	rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
	const made = await run(['python3', '-m', 'venv', dir], { ms: 2 * MINUTES });
	if (made.code !== 0)
		return { why: `python3 -m venv does not work here: ${lastLine(made)}` };
	const pip = await run([path.join(dir, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '20', want],
		{ ms: 15 * MINUTES });
	if (pip.code !== 0)
		return { why: `PyPI not reachable (${lastLine(pip)})` };
	return undefined;
}

function lastLine(r) {
	return (r.err || r.out).trim().split('\n').pop();
}

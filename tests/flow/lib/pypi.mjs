// Programs from PyPI, each in an environment of its own under build/pypi, kept for the
// next run. Where PyPI cannot be reached the answer says why, and the test is skipped.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './gate.mjs';
import { run } from './process.mjs';

const PACKAGES = {
	healthomics: 'awslabs.aws-healthomics-mcp-server==0.1.5',
	cloudwatch: 'awslabs.cloudwatch-applicationsignals-mcp-server==0.2.1',
	sitewise: 'awslabs.aws-iot-sitewise-mcp-server==11.0.23',
	moto: 'moto[server]==5.2.5',
	mcp: 'mcp==2.3.0',
};
const MINUTES = 60000;

// { bin: folder of its programs } or { why: the reason to skip }.
export async function fromPypi(name) {
	const want = PACKAGES[name];
	const dir = path.join(ROOT, 'build/pypi', name);
	const stamp = path.join(dir, '.ready');
	const found = { bin: path.join(dir, 'bin') };
	if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want)
		return found;
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(path.dirname(dir), { recursive: true });
	const made = await run(['python3', '-m', 'venv', dir], { ms: 2 * MINUTES });
	if (made.code !== 0)
		return { why: `python3 -m venv does not work here: ${lastLine(made)}` };
	const pip = await run([path.join(dir, 'bin/pip'), 'install', '--quiet', '--disable-pip-version-check', '--retries', '1', '--timeout', '20', want],
		{ ms: 15 * MINUTES });
	if (pip.code !== 0)
		return { why: `PyPI not reachable (${lastLine(pip)})` };
	writeFileSync(stamp, want);
	return found;
}

function lastLine(r) {
	return (r.err || r.out).trim().split('\n').pop();
}

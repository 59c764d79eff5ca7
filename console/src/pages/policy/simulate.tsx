// What the policy as it is written now would have decided otherwise: recorded calls of a period, replayed as a job.
import { useState } from 'preact/hooks';
import { api, asError, seg } from '../../app/api';
import type { ApiError } from '../../app/api';
import type { Simulation } from '../../app/types';
import { useJob } from '../../app/use';
import { Button, Decision, Note, Problem, Progress, Select, Table, count, many } from '../../ui';

const PERIODS = [{ value: '24', label: 'Last 24 hours' }, { value: '168', label: 'Last 7 days' }, { value: '720', label: 'Last 30 days' }];
type Change = Simulation['changes'][number];

const Became = ({ decision, rule }: { decision: string; rule?: string }) => <span class="b-became"><Decision decision={decision} />{rule && <code class="small muted wrap">{rule}</code>}</span>;

export function Result({ of }: { of: Simulation }) {
	if (!of.calls)
		return <Note title="No calls were recorded in this time">Take a longer period, or look again when agents have worked for a while.</Note>;
	const unknown = of.unknown > 0 && <p class="muted small">{many(of.unknown, 'call')} cannot be told: their decision depends on values of arguments, which are not recorded.</p>;
	if (!of.changed)
		return <><Note tone="good" title={`Nothing changes for ${many(of.calls, 'recorded call')}`}>{unknown || 'All would be decided as they were.'}</Note></>;
	return (
		<div class="stack-small">
			<p><strong>{count(of.changed)} of {many(of.calls, 'call')}</strong> would be decided differently.</p>
			<Table<Change> label="Calls that would be decided differently" rows={of.changes} keyOf={(c) => `${c.server} ${c.tool} ${c.from_rule} ${c.to_rule} ${c.from} ${c.to}`} columns={[
				{ key: 'tool', title: 'Tool', isMain: true, render: (c) => <span class="mono">{c.tool}<small class="b-of"> {c.server}</small></span> },
				{ key: 'from', title: 'Was', render: (c) => <Became decision={c.from} rule={c.from_rule} /> },
				{ key: 'to', title: 'Would be', render: (c) => <Became decision={c.to} rule={c.to_rule} /> },
				{ key: 'calls', title: 'Calls', align: 'end', render: (c) => count(c.calls) },
				{ key: 'example', title: 'Example', render: (c) => (c.example ? <a href={`/activity/${seg(c.example)}`} target="_blank" rel="noreferrer">One record</a> : '–') },
			]} />
			{unknown}
		</div>
	);
}

export function Simulate({ text, server, isValid }: { text: string; server: string; isValid: boolean }) {
	const [hours, setHours] = useState('24'), [started, setStarted] = useState<{ id: string; text: string } | undefined>();
	const [error, setError] = useState<ApiError>(), [isStarting, setStarting] = useState(false);
	const { job, error: lost } = useJob<Simulation>(started?.id);
	const start = async () => {
		setError(undefined);
		setStarting(true);
		try {
			const until = new Date(), since = new Date(until.getTime() - Number(hours) * 3600000);
			const r = await api.post<{ job: string }>('/policies/simulate', { text, ...(server ? { server } : {}), since: since.toISOString(), until: until.toISOString() });
			setStarted({ id: r.job, text });
		} catch (e) {
			setError(asError(e));
		}
		setStarting(false);
	};
	const cancel = () => {
		if (started)
			api.del(`/jobs/${seg(started.id)}`).catch(() => undefined);
		setStarted(undefined);
	};
	const isRunning = !!started && (!job || job.state === 'running') && !lost;
	return (
		<div class="stack">
			<div class="row b-simulate-head"><Select label="Period" isLabelHidden value={hours} onChange={setHours} options={PERIODS} />
				{isRunning ? <Button onClick={cancel} icon="close">Cancel</Button>
					: <Button kind={started ? 'default' : 'primary'} icon="history" disabled={!isValid} isBusy={isStarting} onClick={start}>{started ? 'Look again' : 'Replay recorded calls'}</Button>}
				<span class="muted small">{server ? `Calls to ${server}.` : 'Calls to all servers.'} Nothing is called again.</span></div>
			{!isValid && <p class="muted small">The policy has mistakes; they must be gone first.</p>}
			{error && <Problem error={error} />}
			{lost && <Problem error={lost} />}
			{isRunning && <Progress done={job?.done ?? 0} total={job?.total ?? 0} label="Replaying" />}
			{job?.state === 'failed' && <Note tone="bad" title="The replay did not finish">{job.error}</Note>}
			{job?.state === 'done' && job.result && <>{started!.text !== text && <Note tone="warn">The policy was changed since this replay.</Note>}<Result of={job.result} /></>}
		</div>
	);
}

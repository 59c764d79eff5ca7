// The chain over all records: checked on demand, with its public key for those who check it elsewhere.
import { useEffect, useState } from 'preact/hooks';
import { api } from '../../app/api';
import { useAction, useApi, useJob } from '../../app/use';
import { Badge, Button, Copy, KeyValues, Note, Problem, Progress, Section, Skeleton, Time, count, many } from '../../ui';

export interface Verified { is_whole: boolean; records: number; checkpoints: number; unsigned_links: number; signed_at?: string; broken?: { seq: number; id?: string; why: string } }
interface Audit {
	public_key?: string; retention_s?: number; links?: number; unsigned_links?: number;
	checkpoint?: { seq?: number; signed_at?: string };
	last_verified?: Verified & { at?: string } | null;
}

// 0 is for ever.
function keptText(s: number): string {
	if (s === 0)
		return 'for ever';
	return s % 86_400 === 0 ? `for ${many(s / 86_400, 'day')}` : `for ${many(Math.round(s / 3600), 'hour')}`;
}

function Result({ v }: { v: Verified }) {
	if (!v.is_whole)
		return (
			<Note tone="bad" title="The chain is broken">
				<p>{v.broken ? <>At link {count(v.broken.seq)}: {v.broken.why}. {v.broken.id && <a href={`/activity/${v.broken.id}`}>Look at that record</a>}</> : 'A row does not fit.'}</p>
				<p>Somebody changed the database beside the gate, or the disk is damaged. Keep a copy of the database before you do anything else.</p>
			</Note>);
	return (
		<Note tone="good" title="Every record is as it was written">
			{many(v.records, 'record')} and {many(v.checkpoints, 'signed checkpoint')} fit together{v.signed_at && <>, the last one signed <Time at={v.signed_at} /></>}.
			{v.unsigned_links > 0 && ` ${many(v.unsigned_links, 'link')} since then will be signed with the next.`}
		</Note>);
}

export function Chain() {
	const read = useApi<Audit>('/audit');
	const [job, setJob] = useState<string>();
	const running = useJob<Verified>(job);
	const start = useAction(async () => setJob((await api.post<{ job: string }>('/audit/verify', {})).job));
	const stop = useAction(async () => { await api.del(`/jobs/${encodeURIComponent(job!)}`, { ifMatch: '*' }); });
	const state = running.job?.state;
	useEffect(() => { if (state === 'done') read.reload(); }, [state]);
	const isRunning = !!job && !running.error && (!running.job || state === 'running');
	const a = read.data, last = a?.checkpoint;
	const result = state === 'done' ? running.job?.result : undefined;
	return (
		<Section title="Chain of records" lead="Each record carries a seal over the one before it. Whoever changes, removes or inserts one is found out."
			actions={isRunning ? <Button size="small" onClick={() => void stop.run()} isBusy={stop.isBusy}>Stop</Button> : <Button size="small" kind="primary" icon="audit" isBusy={start.isBusy} onClick={() => void start.run()}>Verify now</Button>}>
			{start.error && <Problem error={start.error} />}
			{isRunning && <div role="status"><Progress done={running.job?.done ?? 0} total={running.job?.total ?? 0} label="Going through all records" /></div>}
			{running.error && <Problem error={running.error} />}
			{(state === 'failed' || state === 'cancelled') && <Note tone="warn">{running.job?.error ?? 'It was stopped before it was through.'}</Note>}
			{result ? <div role="status"><Result v={result} /></div> : a?.last_verified?.records !== undefined && !isRunning && <Result v={a.last_verified} />}
			{read.error ? <Problem error={read.error} onRetry={read.reload} /> : !a ? <Skeleton rows={3} /> : (
				<KeyValues items={[
					['Last verified', a.last_verified?.at ? <><Time at={a.last_verified.at} /> {a.last_verified.is_whole ? <Badge tone="good">Whole</Badge> : <Badge tone="bad">Broken</Badge>}</> : 'Not yet by this gate'],
					['Last checkpoint', last && <><Time at={last.signed_at} />{last.seq !== undefined && <span class="muted"> at link {count(last.seq)}</span>}</>],
					['Links', a.links !== undefined && <>{count(a.links)}{!!a.unsigned_links && <span class="muted">, {count(a.unsigned_links)} not signed yet</span>}</>],
					['Records are kept', a.retention_s !== undefined && keptText(a.retention_s)],
					['Public key', a.public_key && <><code class="wrap">{a.public_key}</code> <Copy text={a.public_key} /><p class="field-hint">With it anybody checks a copy of the database elsewhere: <code>gatehouse audit verify --public-key KEY</code></p></>],
				]} />)}
		</Section>
	);
}

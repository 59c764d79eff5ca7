// A new grant: who, which servers under which policies, until when. Then its token, once, and how a client is told.
import { useState } from 'preact/hooks';
import { api } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useEvent } from '../../app/events';
import { useMay } from '../../app/session';
import { useAction } from '../../app/use';
import type { Binding, CallRecord, Grant } from '../../app/types';
import { Button, Decision, Empty, Form, Note, Page, Problem, Section, Select, Skeleton, TextField } from '../../ui';
import { LIFETIMES, bindingProblem, expiryOf, tagsOf } from '../grants/grant';
import { Bindings, Snippets, TokenOnce, useNames } from '../grants/parts';

interface Typed { label: string; subject: string; tags: string; bindings: Binding[]; lifetime: string; date: string }
const NOTHING: Typed = { label: '', subject: '', tags: '', bindings: [], lifetime: '90d', date: '' };
interface Made { grant: Grant; token: string }

// The first call of the new grant, as soon as it comes.
function FirstCall({ grant }: { grant: Grant }) {
	const [call, setCall] = useState<CallRecord>();
	useEvent<CallRecord>('record', (r) => { if (r['grant.id'] === grant.id) setCall((c) => c ?? r); });
	if (!call)
		return <p class="waiting muted"><span class="spin" aria-hidden="true" /> Waiting for the first call of this agent. It appears here by itself.</p>;
	return <Note tone="good" title="The first call has come" actions={<Button size="small" href={`/activity/${call.id}`}>Look at it</Button>}><code>{call['gen_ai.tool.name'] ?? call['mcp.method.name']}</code> of {call.server} <Decision decision={call.decision} /></Note>;
}

function Ready({ made }: { made: Made }) {
	const { grant, token } = made;
	return (
		<Page title={`${grant.label || 'The grant'} is ready`} isNarrow back={{ href: '/grants', label: 'Grants' }} actions={<Button href={`/grants/${grant.id}`}>Open the grant</Button>}>
			<Section title="Its token"><TokenOnce token={token} /></Section>
			<Section title="Tell your client" lead="The token is already in it."><Snippets id={grant.id} servers={grant.bindings.map((b) => b.server)} token={token} /></Section>
			<Section title="Try it"><div role="status"><FirstCall grant={grant} /></div></Section>
		</Page>
	);
}

export default function NewGrant() {
	const may = useMay(), names = useNames();
	const [typed, setTyped, clear] = useDraft<Typed>('grant:new', { ...NOTHING, ...fromAddress() });
	const [made, setMade] = useState<Made>();
	const set = (change: Partial<Typed>) => setTyped((t) => ({ ...t, ...change }));
	const mint = useAction(async () => {
		const expires = expiryOf(typed.lifetime, typed.date, Date.now());
		const tags = tagsOf(typed.tags);
		return api.post<Made>('/grants', {
			label: typed.label.trim(), bindings: typed.bindings, ...(typed.subject.trim() ? { subject: typed.subject.trim() } : {}),
			...(tags.length ? { tags } : {}), ...(expires ? { expires_at: expires } : {}),
		});
	});
	const submit = async () => {
		const m = await mint.run();
		if (m) {
			clear();
			setMade(m);
		}
	};
	const back = { href: '/grants', label: 'Grants' };
	if (made)
		return <Ready made={made} />;
	if (!may('manage'))
		return <Page title="New grant" back={back}><Empty icon="key" title="Only an administrator can make grants"><p>Ask one to make it, or to give you the role admin.</p></Empty></Page>;
	const e = mint.error;
	const at = (p: string) => e?.at(p);
	const ofBinding = (i: number, field: string) => e?.errors.find((x) => { const b = bindingProblem(x.pointer ?? ''); return b?.at === i && b.field === field; })?.detail;
	const isShown = e && !e.errors.some((x) => x.pointer);
	return (
		<Page title="New grant" isNarrow back={back} lead="The agent that gets its token may call these servers, as far as the policies allow.">
			<Form onSubmit={() => void submit()}>
				<Section title="Who">
					<TextField label="Label" value={typed.label} onInput={(label) => set({ label })} error={at('/label')} placeholder="Claude Code on my laptop" autoFocus maxLength={128} hint="How you recognise it in lists and records." />
					<TextField label="Works for" isOptional value={typed.subject} onInput={(subject) => set({ subject })} error={at('/subject')} placeholder="ann@example.com" hint="The person behind the agent. That person can never approve its calls; records name them." />
					<TextField label="Tags" isOptional value={typed.tags} onInput={(tags) => set({ tags })} error={at('/tags') ?? e?.errors.find((x) => x.pointer?.startsWith('/tags/'))?.detail} placeholder="laptop, trial" hint="Policies can look at them." />
				</Section>
				<Section title="What" lead="Each server with the policy that decides on its tools.">
					{names.error ? <Problem error={names.error} onRetry={names.reload} /> : names.isLoading && names.servers.length === 0 ? <Skeleton rows={2} /> : names.servers.length === 0
						? <Note title="There is no server yet" actions={<Button size="small" href="/servers/add">Add a server</Button>}>What you typed here is kept.</Note>
						: <Bindings value={typed.bindings} onChange={(bindings) => set({ bindings })} servers={names.servers} policies={names.policies} errorAt={ofBinding} />}
					{at('/bindings') && <p class="field-error">{at('/bindings')}</p>}
				</Section>
				<Section title="How long">
					<div class="row">
						<Select label="Expires" value={typed.lifetime} onChange={(lifetime) => set({ lifetime })} options={[...LIFETIMES, { value: 'date', label: 'On a day…' }]} error={typed.lifetime === 'date' ? undefined : at('/expires_at')} />
						{typed.lifetime === 'date' && <TextField label="On" type="datetime-local" value={typed.date} onInput={(date) => set({ date })} error={at('/expires_at')} />}
					</div>
				</Section>
				{isShown && <Problem error={e} onRetry={e.status === 0 || e.status >= 500 ? () => void submit() : undefined} />}
				{e && !isShown && <p class="field-error" role="alert">{e.message}: see what is marked above.</p>}
				<div class="form-actions"><Button kind="primary" type="submit" isBusy={mint.isBusy}>Make the grant</Button><Button kind="quiet" href="/grants">Cancel</Button></div>
			</Form>
		</Page>
	);
}

// /grants/new?server=files&policy=files: from the page of a server.
function fromAddress(): Partial<Typed> {
	const q = new URLSearchParams(location.search), server = q.get('server');
	return server ? { bindings: [{ server, policy: q.get('policy') }] } : {};
}
